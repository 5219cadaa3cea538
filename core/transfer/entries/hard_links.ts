/**
 * Which name of a hard-linked file is copied, and where the other names link to.
 *
 * The first name that any thread meets is copied like every file. Other names that the same thread meets are linked at once;
 * names that another thread meets are deferred until everything is copied.
 *
 * @module
 */

import type { Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { FirstName } from "../threads/job.ts";
import type { SharedState } from "../threads/shared_state.ts";

/** What to do with a name of a file that has several. */
export type LinkClaim =
  | { kind: "first" }
  | { kind: "link"; first: ByteString }
  | { kind: "defer"; file: string };

/** The first names that one engine has met. */
export class HardLinks {
  readonly #firsts = new Map<string, ByteString>();
  readonly #unfinished = new Set<string>();
  readonly #rewritten = new Set<string>();
  /** Files whose first name this thread has given up: the next name that it meets is the first. */
  readonly #withoutFirst = new Set<string>();

  constructor(readonly thread: number, readonly shared: SharedState | undefined) {}

  /** Decides about one name. `path` is asked for only when this is the first. */
  claim(stat: Stat, path: () => ByteString): LinkClaim {
    const file = fileKey(stat);
    const first = this.#firsts.get(file);
    if (first !== undefined) return this.#unfinished.has(file) ? { kind: "defer", file } : { kind: "link", first };
    const claim = this.shared?.claimLink(stat.dev, stat.inoHigh, stat.inoLow, this.thread);
    // With a full table this thread can only speak for itself: a name met by another thread becomes a file of its own.
    if (claim !== undefined && !claim.isNew && !this.#withoutFirst.delete(file)) return { kind: "defer", file };
    this.#firsts.set(file, path());
    return { kind: "first" };
  }

  /** A dry run would write the first name anew, so that other names that are its links now would no longer be. */
  markRewritten(stat: Stat): void {
    this.#rewritten.add(fileKey(stat));
  }

  /** Whether {@linkcode markRewritten} was called for this file. */
  isRewritten(stat: Stat): boolean {
    return this.#rewritten.has(fileKey(stat));
  }

  /** This name, if it is the first one, does not count as that after all. */
  forget(stat: Stat, path: ByteString): void {
    const file = fileKey(stat);
    if (this.#firsts.get(file) !== path) return;
    this.#firsts.delete(file);
    this.#withoutFirst.add(file);
  }

  /** The first name is being copied in ranges: its other names have to wait. */
  markUnfinished(stat: Stat): void {
    this.#unfinished.add(fileKey(stat));
  }

  /** The first name of a file, if this engine has it. */
  find(file: string): FirstName | undefined {
    const path = this.#firsts.get(file);
    return path === undefined ? undefined : { path, isRewritten: this.#rewritten.has(file) };
  }

  /** The first names that this engine has of these files. */
  findAll(files: readonly string[]): Map<string, FirstName> {
    const found = new Map<string, FirstName>();
    for (const file of files) {
      const first = this.find(file);
      if (first !== undefined) found.set(file, first);
    }
    return found;
  }
}

function fileKey({ dev, inoHigh, inoLow }: Stat): string {
  return `${dev}:${inoHigh}:${inoLow}`;
}
