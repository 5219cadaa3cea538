/**
 * Removing an entry with everything below it, or counting what would go.
 *
 * A tree goes from the inside out. Every directory is opened from the root of the module again, never through a symbolic link,
 * and entries are removed relative to it; a link goes itself. What cannot be removed is reported and keeps the directories above.
 *
 * @module
 */

import { BlitError, type ErrorCode, toBlitError } from "../../core/errors.ts";
import { fsError } from "../../core/fs/failures.ts";
import type { Directory, KindBatch } from "../../core/fs/types.ts";
import { joinPath, lastName, parentPath } from "../../core/paths/byte_path.ts";
import { type ByteString, displayPath, joinBytes } from "../../core/paths/bytes.ts";
import type { Work } from "../../core/scan/slices.ts";
import { type ModuleAccess, withShownPath } from "../exports.ts";
import { openModule } from "./open_place.ts";
import type { RemovedResult, RemoveOrder, WalkFailureResult } from "./orders.ts";

/** Handed on with this much; a message holds 1 MiB. */
const FULL_PATH_BYTES = 64 * 1024;
const FULL_FAILURES = 50;
/** Somebody who waits hears of it this often, in milliseconds. */
const SIGN_MS = 1000;
/** Entries of one step. */
const STEP_ENTRIES = 200;
/** How often a directory is read that turns out not to be empty: something may be created in it meanwhile. */
const MOST_PASSES = 4;

/** A directory on the way down. */
interface Frame {
  readonly path: ByteString;
  readonly parent: Frame | undefined;
  readonly subdirectories: ByteString[];
  /** Its entries as they are read; `undefined` when that is done. */
  listing: Listing | undefined;
  passes: number;
  /** Something in it stays. */
  isKept: boolean;
}

interface Listing {
  readonly directory: Directory;
  readonly batches: Iterator<KindBatch>;
}

/** A removal, to be done in slices. */
export class Removal implements Work<RemovedResult> {
  readonly #order: RemoveOrder;
  readonly #root: Directory;
  /** What messages begin with. */
  readonly #shownRoot: string;
  #frame: Frame | undefined;
  /** Names of the directory that is being read, next one last. */
  #pending: { name: ByteString; isDirectory: boolean }[] = [];
  #removed = 0;
  #signAt = performance.now();
  #paths: ByteString[] = [];
  #pathBytes = 0;
  #failures: WalkFailureResult[] = [];

  /**
   * Looks at the entry; removes it at once where it is no directory.
   *
   * @throws {BlitError} where there is none, or it cannot be removed
   */
  constructor(access: ModuleAccess, order: RemoveOrder) {
    this.#order = order;
    const { place, directoryOnly } = order;
    this.#shownRoot = `/${place.module.name}/`;
    this.#root = openModule(access, place);
    try {
      const path = joinPath(place.path);
      const kind = withShownPath("remove", place.shown, () => {
        using parent = this.#root.openDirectory(parentPath(path));
        const kind = parent.statEntry(lastName(path))?.kind;
        if (kind === undefined) throw new BlitError("not-found", "");
        if (kind !== "directory" && directoryOnly) throw new BlitError("not-directory", "");
        if (kind !== "directory" && !order.dryRun) parent.removeFile(lastName(path));
        return kind;
      });
      if (kind === "directory") this.#descend(path, undefined);
      else this.#count(path);
    } catch (error) {
      this.#root.close();
      throw error;
    }
  }

  get isFull(): boolean {
    return this.#pathBytes >= FULL_PATH_BYTES || this.#failures.length >= FULL_FAILURES;
  }

  step(): boolean {
    const frame = this.#frame;
    if (frame === undefined) return false;
    try {
      if (frame.listing !== undefined) this.#read(frame, frame.listing);
      else {
        const next = frame.subdirectories.pop();
        if (next !== undefined) this.#descend(joinBytes(frame.path, next), frame);
        else this.#leave(frame);
      }
    } catch (thrown) {
      this.#fail(frame.path, thrown);
      frame.isKept = true;
      this.#endListing(frame);
    }
    return this.#frame !== undefined;
  }

  take(): RemovedResult | undefined {
    const isSign = performance.now() - this.#signAt >= SIGN_MS;
    const isEnd = this.#frame === undefined;
    if (this.#paths.length === 0 && this.#failures.length === 0 && !isSign && !isEnd) return undefined;
    this.#signAt = performance.now();
    const result = { paths: this.#paths, removed: this.#removed, failures: this.#failures };
    this.#paths = [];
    this.#pathBytes = 0;
    this.#failures = [];
    return result;
  }

  close(): void {
    if (this.#frame !== undefined) this.#endListing(this.#frame);
    this.#root.close();
  }

  /** Begins with a directory; where it cannot be opened it stays. */
  #descend(path: ByteString, parent: Frame | undefined): void {
    const frame: Frame = { path, parent, subdirectories: [], listing: undefined, passes: 0, isKept: false };
    this.#frame = frame;
    try {
      this.#startListing(frame);
    } catch (thrown) {
      if (isGone(thrown)) this.#frame = parent;
      else {
        this.#fail(path, thrown);
        frame.isKept = true;
      }
    }
  }

  #startListing(frame: Frame): void {
    frame.passes++;
    const directory = this.#root.openDirectory(frame.path);
    frame.listing = { directory, batches: directory.listKinds()[Symbol.iterator]() };
    this.#pending = [];
  }

  #endListing(frame: Frame): void {
    frame.listing?.batches.return?.();
    frame.listing?.directory.close();
    frame.listing = undefined;
    this.#pending = [];
  }

  /** Removes some entries of an open directory; directories among them come later. */
  #read(frame: Frame, { directory, batches }: Listing): void {
    if (this.#pending.length === 0) {
      const { value, done } = batches.next();
      if (done) return this.#endListing(frame);
      const { names, kinds, damaged } = value;
      this.#pending = names.map((name: ByteString, i: number) => ({
        name,
        isDirectory: (kinds[i] === "unknown" ? directory.statEntry(name)?.kind : kinds[i]) === "directory",
      })).reverse();
      for (const name of damaged) this.#failDamaged(frame, name);
    }
    for (let i = 0; i < STEP_ENTRIES && this.#pending.length > 0; i++) {
      const { name, isDirectory } = this.#pending.pop()!;
      if (isDirectory) frame.subdirectories.push(name);
      else this.#remove(frame, name, () => directory.removeFile(name));
    }
  }

  /** Everything below is done. */
  #leave(frame: Frame): void {
    const { path, parent } = frame;
    this.#frame = parent;
    if (frame.isKept) {
      if (parent !== undefined) parent.isKept = true;
      return;
    }
    try {
      if (!this.#order.dryRun) {
        using above = this.#root.openDirectory(parentPath(path));
        above.removeDirectory(lastName(path));
      }
      this.#count(path);
    } catch (thrown) {
      if (isGone(thrown)) return;
      if (toBlitError(thrown).code === "not-empty" && frame.passes < MOST_PASSES) {
        this.#frame = frame;
        return this.#startListing(frame);
      }
      this.#fail(path, thrown);
      if (parent !== undefined) parent.isKept = true;
    }
  }

  #remove(frame: Frame, name: ByteString, remove: () => void): void {
    const path = joinBytes(frame.path, name);
    try {
      if (!this.#order.dryRun) remove();
      this.#count(path);
    } catch (thrown) {
      if (isGone(thrown)) return;
      frame.isKept = true;
      this.#fail(path, thrown);
    }
  }

  #count(path: ByteString): void {
    this.#removed++;
    if (!this.#order.entries) return;
    this.#paths.push(path);
    this.#pathBytes += path.length + 1;
  }

  #fail(path: ByteString, thrown: unknown): void {
    const { code, message } = toBlitError(thrown);
    if (code === "internal") throw thrown;
    this.#failures.push({ path, code, message });
  }

  #failDamaged(frame: Frame, name: string): void {
    frame.isKept = true;
    const code: ErrorCode = "invalid-name";
    const reason = "the name is not UTF-8, which needs the native file system";
    const shown = `${displayPath(this.#shownRoot, frame.path)}/${name}`;
    this.#failures.push({
      path: frame.path,
      code,
      message: fsError(code, "remove", shown, undefined, { reason }).message,
    });
  }
}

/** Somebody else was faster, and nothing is left to do. */
function isGone(thrown: unknown): boolean {
  return toBlitError(thrown).code === "not-found";
}
