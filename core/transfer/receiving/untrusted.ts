/**
 * What a client may not decide about a server's disk unless it is trusted: owners, set-id bits, device nodes, and attributes that
 * give rights.
 *
 * @module
 */

import type { Attributes, Stat } from "../../fs/types.ts";
import type { WireEntry } from "../../wire/mod.ts";

const SET_ID_BITS = 0o6000;
/** Attributes that their owner may set, and lists of who may do what with his files. The rest is the system's. */
const HARMLESS = /^(user\.|system\.posix_acl_)/;

/** Takes privileges away from what a client says, and remembers which there were. */
export class Untrusted {
  readonly #dropped = new Set<string>();

  /** @param keepsOwners owners could be set here at all, so that leaving them out is worth a word */
  constructor(readonly keepsOwners: boolean) {}

  /** The entry without them; `undefined` for one that is nothing else. */
  entry(entry: WireEntry): WireEntry | undefined {
    const { stat, attributes } = entry;
    if (stat.kind === "block-device" || stat.kind === "character-device") {
      this.#dropped.add("device nodes");
      return undefined;
    }
    const own = this.stat(stat);
    if (own === stat && attributes === undefined) return entry;
    const harmless = this.attributes(attributes);
    const { attributes: _, ...rest } = entry;
    return { ...rest, stat: own, ...(harmless === undefined ? {} : { attributes: harmless }) };
  }

  stat(stat: Stat): Stat {
    if (this.keepsOwners && (stat.uid !== 0 || stat.gid !== 0)) this.#dropped.add("owners");
    if ((stat.mode & SET_ID_BITS) === 0) return stat;
    this.#dropped.add("set-id bits");
    return { ...stat, mode: stat.mode & ~SET_ID_BITS };
  }

  attributes(attributes: Attributes | undefined): Attributes | undefined {
    if (attributes === undefined) return undefined;
    const harmless = new Map([...attributes].filter(([name]) => HARMLESS.test(name)));
    if (harmless.size < attributes.size) this.#dropped.add("system attributes");
    return harmless.size === 0 ? undefined : harmless;
  }

  /** What to say about it. */
  notices(): string[] {
    if (this.#dropped.size === 0) return [];
    const what = [...this.#dropped].sort().join(", ");
    return [`Left out ${what}: the module is not trusted with them`];
  }
}
