/**
 * What the file system knows of one entry, or of the root of a module.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import type { Directory, Stat } from "../../core/fs/types.ts";
import { joinPath, splitPath } from "../../core/paths/byte_path.ts";
import { asByteString, type ByteString } from "../../core/paths/bytes.ts";
import type { Work } from "../../core/scan/slices.ts";
import { createIdentify, identitiesBeneath, identitiesUpwards } from "../../core/transfer/run/identity.ts";
import { MOST_IDENTITIES } from "../../core/wire/control/identities.ts";
import { type ModuleAccess, withShownPath } from "../exports.ts";
import { describeEntry, openUnproven } from "./listing.ts";
import type { LookedAt, LookOrder, WalkPlace } from "./orders.ts";
import { Patience } from "./patience.ts";

/** A look at an entry. */
export class SingleLook implements Work<LookedAt> {
  readonly isFull = true;
  readonly #access: ModuleAccess;
  readonly #place: WalkPlace;
  readonly #withIdentities: boolean;
  readonly #parent: Directory;
  readonly #patience = new Patience();
  #entry: LookedAt | undefined;

  /**
   * Opens the directory of the entry.
   *
   * @throws {BlitError} where there is none, here or at the first step
   */
  constructor(access: ModuleAccess, { place, withIdentities }: LookOrder) {
    this.#access = access;
    this.#place = place;
    this.#withIdentities = withIdentities;
    this.#parent = openUnproven(access, { ...place, path: place.path.slice(0, -1) }, "inspect");
  }

  get pauseMs(): number {
    return this.#patience.pauseMs;
  }

  step(): boolean {
    const look = (): void => void (this.#entry = this.#describe());
    return !this.#patience.attempt(() => withShownPath("inspect", this.#place.shown, look));
  }

  take(): LookedAt | undefined {
    const entry = this.#entry;
    this.#entry = undefined;
    return entry;
  }

  close(): void {
    this.#parent.close();
  }

  #describe(): LookedAt {
    const name = this.#place.path.at(-1);
    const entry = name === undefined
      ? { name: asByteString(""), stat: this.#parent.stat(), target: undefined }
      : describeEntry(this.#parent, name);
    if (entry === undefined) throw new BlitError("not-found", "");
    return { ...entry, identities: this.#withIdentities ? this.#identitiesOf(entry.stat) : [] };
  }

  #identitiesOf(stat: Stat): string[] {
    const identify = createIdentify(this.#access.fileSystem);
    if (identify === undefined) return [];
    const { module, path } = this.#place;
    if (path.length === 0) return identitiesUpwards(identify, module.path);
    const open = (beneath: ByteString): Directory =>
      openUnproven(this.#access, { ...this.#place, path: splitPath(beneath) }, "inspect");
    const parent = { path: joinPath(path.slice(0, -1)), above: module.path, most: MOST_IDENTITIES - 1 };
    return [identify(stat), ...identitiesBeneath(identify, open, parent)];
  }
}
