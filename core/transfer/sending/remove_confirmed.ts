/**
 * The end of a move on the source's side: what is safe at the destination is removed.
 *
 * An entry goes only while it is what was confirmed. A directory goes when nothing is left in it, deepest first, so those that
 * are not empty when they are confirmed wait until the sink is done.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory, EntryKind, Stat } from "../../fs/types.ts";
import { lastName, parentPath } from "../../paths/byte_path.ts";
import { type ByteString, joinBytes } from "../../paths/bytes.ts";
import { admitAll } from "../../scan/filter.ts";
import type { ConfirmedEntry, ConfirmedRecord, FailureRecord } from "../../wire/records.ts";
import type { DirectoryHandles } from "./handles.ts";
import type { SourceTree } from "./tree.ts";

/** What {@linkcode ConfirmedRemovals} works with. */
export interface ConfirmedRemovalsOptions {
  readonly tree: SourceTree;
  readonly handles: DirectoryHandles;
  /** When the run began, in seconds since 1970 by the clock of the source. */
  readonly startedSeconds: number;
  /** Called for each entry that is gone. */
  readonly onRemoved?: ((path: ByteString, kind: EntryKind) => void) | undefined;
}

/** Removes what is confirmed. Both generators yield what could not be removed. */
export class ConfirmedRemovals {
  /** Entries that are gone. */
  removed = 0;
  readonly #options: ConfirmedRemovalsOptions;
  readonly #directories = new Set<ByteString>();

  constructor(options: ConfirmedRemovalsOptions) {
    this.#options = options;
  }

  /** Removes entries of one directory; `undefined` is yielded after each that needs no word. */
  *remove({ path: components, entries }: ConfirmedRecord): Generator<FailureRecord | undefined> {
    const { tree, handles } = this.#options;
    const parent = components.join("/") as ByteString;
    for (const entry of entries) {
      try {
        // Asked for each time: between two entries others may use their handles.
        yield this.#removeEntry(handles.use(parent), parent, entry);
      } catch (error) {
        // The sink names everything that it has, also where nothing came from here.
        if (!this.#mayHaveBeenSent(parent)) return;
        yield tree.failure(joinBytes(parent, entry.name), error);
      }
    }
  }

  /** Removes the directories that were not empty yet. What is left in one has been told, or takes no part. */
  *finish(): Generator<FailureRecord | undefined> {
    const { tree, handles } = this.#options;
    for (const path of [...this.#directories].sort((a, b) => depthOf(b) - depthOf(a))) {
      try {
        if (this.#removeDirectory(handles.use(parentPath(path)), path, lastName(path))) this.#count(path, "directory");
        yield undefined;
      } catch (error) {
        yield tree.failure(path, error);
      }
    }
  }

  /** Whether a directory has been listed to the sink, as far as can be told now: every component is there and takes part. */
  #mayHaveBeenSent(path: ByteString): boolean {
    if (path === "") return true;
    const parent = parentPath(path);
    try {
      if (!this.#mayHaveBeenSent(parent)) return false;
      const stat = this.#options.handles.use(parent).statEntry(lastName(path));
      return stat !== undefined && this.#takesPart(path, stat);
    } catch {
      return true; // something is in the way that has been sent itself
    }
  }

  #removeEntry(directory: Directory, parent: ByteString, entry: ConfirmedEntry): FailureRecord | undefined {
    const { name } = entry;
    const path = joinBytes(parent, name);
    const stat = directory.statEntry(name);
    if (stat === undefined) return undefined; // somebody else was faster, and nothing is lost
    // The sink names everything that it has: what it did not get from here means nothing.
    if (!this.#takesPart(path, stat)) return undefined;
    if (stat.kind === "socket" || stat.kind === "unknown") return undefined; // never sent
    if (!this.#isConfirmed(stat, entry)) return this.#notConfirmed(path);
    if (stat.kind !== "directory") directory.removeFile(name);
    else if (!this.#removeDirectory(directory, path, name)) {
      this.#directories.add(path);
      return undefined;
    }
    this.#count(path, stat.kind);
    return undefined;
  }

  #count(path: ByteString, kind: EntryKind): void {
    this.removed++;
    this.#options.onRemoved?.(path, kind);
  }

  /** Returns whether it is gone. */
  #removeDirectory(directory: Directory, path: ByteString, name: ByteString): boolean {
    this.#options.handles.drop(path);
    try {
      directory.removeDirectory(name);
      return true;
    } catch (error) {
      if (error instanceof BlitError && error.code === "not-empty") return false;
      throw error;
    }
  }

  #takesPart(path: ByteString, stat: Stat): boolean {
    const { filter, single } = this.#options.tree;
    if (single !== undefined && path !== single) return false;
    return filter === admitAll || filter.admits(path, stat) === "yes";
  }

  /**
   * It must be what was confirmed: a file that has become a directory meanwhile is not. A directory needs no time, since removing its
   * entries moves it. Everything else must have exactly the time that was confirmed. Where that is coarser, an edit within its step would go unseen, so there it must not have been touched since
   * the run began.
   */
  #isConfirmed(stat: Stat, entry: ConfirmedEntry): boolean {
    if (stat.kind !== entry.kind) return false;
    if (stat.kind === "directory") return true;
    if (stat.size !== entry.size) return false;
    if (stat.mtimeSeconds === entry.mtimeSeconds && stat.mtimeNanoseconds === entry.mtimeNanoseconds) return true;
    const distance = (stat.mtimeSeconds - entry.mtimeSeconds) * 1e9 + stat.mtimeNanoseconds - entry.mtimeNanoseconds;
    return Math.abs(distance) < stepOf(entry) &&
      stat.ctimeSeconds + stat.ctimeNanoseconds / 1e9 < this.#options.startedSeconds;
  }

  #notConfirmed(path: ByteString): FailureRecord {
    const reason = "the destination does not have it as it is now";
    return this.#options.tree.failureFor(path, "changed", "remove", reason);
  }
}

/** The coarsest step that a time can have been rounded to, in nanoseconds: whole seconds are even ones on FAT. */
function stepOf({ mtimeSeconds, mtimeNanoseconds }: ConfirmedEntry): number {
  if (mtimeNanoseconds === 0) return mtimeSeconds % 2 === 0 ? 2e9 : 1e9;
  return [1e7, 1e6, 1e3, 100].find((step) => mtimeNanoseconds % step === 0) ?? 1;
}

function depthOf(path: ByteString): number {
  return path.split("/").length;
}
