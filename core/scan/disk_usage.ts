/**
 * What the directories of a tree take.
 *
 * @module
 */

import { toBlitError } from "../errors.ts";
import type { Directory, Stat } from "../fs/types.ts";
import { type ByteString, joinBytes } from "../paths/bytes.ts";
import { InodeSet } from "./inode_set.ts";
import type { Work } from "./slices.ts";
import { walk, type WalkBatch, type WalkFailure, type WalkRoot, type WalkStep } from "./walk.ts";

/** What something takes, with everything below it. A file with several names counts once. */
export interface Usage {
  /** On disk, in bytes. */
  allocatedBytes: number;
  /** Bytes in files and of symbolic links. */
  sizeBytes: number;
  /** Entries that are no directories. */
  files: number;
  /** Directories below it. */
  directories: number;
}

/** What one directory takes. */
export interface DirectoryUsage extends Usage {
  /** Below the root; empty for the root itself. */
  readonly path: ByteString;
}

/** What is known by now. */
export interface UsageBatch {
  /** Each after those below it; the root is the last one of all. */
  readonly directories: readonly DirectoryUsage[];
  readonly failures: readonly WalkFailure[];
  /** Entries that have been looked at so far. */
  readonly seen: number;
}

/** Options of {@linkcode DiskUsage}. */
export interface DiskUsageOptions {
  /** How many levels below the root are told apart; what is deeper counts all the same. @default {all} */
  readonly depth?: number;
}

/** Handed on with this many directories; a path has up to 4 KiB as a rule, and a message 1 MiB. */
const FULL_DIRECTORIES = 500;
const FULL_PATH_BYTES = 128 * 1024;
const FULL_FAILURES = 50;
/** Somebody who waits hears of it this often, in milliseconds. */
const SIGN_MS = 1000;

/** A count, to be done in slices. */
export class DiskUsage implements Work<UsageBatch> {
  readonly #depth: number;
  readonly #steps: Iterator<WalkStep>;
  /** Files with several names that have been counted, by device. */
  readonly #counted = new Map<number, InodeSet>();
  /** From the root to where the walk is. */
  readonly #open: Usage[] = [];
  #seen = 0;
  #signAt = performance.now();
  #directories: DirectoryUsage[] = [];
  #pathBytes = 0;
  #failures: WalkFailure[] = [];

  constructor(root: WalkRoot, { depth = Infinity }: DiskUsageOptions = {}) {
    this.#depth = depth;
    this.#steps = walk(root);
  }

  get isFull(): boolean {
    return this.#directories.length >= FULL_DIRECTORIES || this.#pathBytes >= FULL_PATH_BYTES ||
      this.#failures.length >= FULL_FAILURES;
  }

  step(): boolean {
    const { value: step, done } = this.#steps.next();
    if (done) return false;
    switch (step.type) {
      case "enter":
        this.#enter(step.path, step.directory);
        break;
      case "batch":
        this.#count(step);
        break;
      case "failure":
        this.#failures.push(step);
        break;
      case "leave":
        this.#leave(step.path, step.depth);
    }
    return true;
  }

  take(): UsageBatch | undefined {
    const isSign = performance.now() - this.#signAt >= SIGN_MS;
    if (this.#directories.length === 0 && this.#failures.length === 0 && !isSign) return undefined;
    this.#signAt = performance.now();
    const batch = { directories: this.#directories, failures: this.#failures, seen: this.#seen };
    this.#directories = [];
    this.#pathBytes = 0;
    this.#failures = [];
    return batch;
  }

  close(): void {
    this.#steps.return?.();
  }

  #enter(path: ByteString, directory: Directory): void {
    const usage = { allocatedBytes: 0, sizeBytes: 0, files: 0, directories: 0 };
    this.#open.push(usage);
    this.#seen++;
    try {
      usage.allocatedBytes = directory.stat().allocatedBytes;
    } catch (thrown) {
      this.#failures.push({ path, error: toBlitError(thrown) });
    }
  }

  #count(batch: WalkBatch): void {
    const sum = { allocatedBytes: 0, sizeBytes: 0, files: 0, directories: 0 };
    const { directory, names, kinds, path } = batch;
    for (let i = 0; i < names.length; i++) {
      if (kinds[i] === "directory") sum.directories++;
      else {
        try {
          const stat = directory.statEntry(names[i]);
          if (stat === undefined) continue; // gone by now
          sum.files++;
          if (stat.nlink > 1 && !this.#isFirst(stat)) continue;
          sum.allocatedBytes += stat.allocatedBytes;
          sum.sizeBytes += stat.size;
        } catch (thrown) {
          this.#failures.push({ path: joinBytes(path, names[i]), error: toBlitError(thrown) });
        }
      }
    }
    this.#seen += sum.files;
    add(this.#open.at(-1)!, sum);
  }

  #isFirst({ dev, inoHigh, inoLow }: Stat): boolean {
    let counted = this.#counted.get(dev);
    if (counted === undefined) this.#counted.set(dev, counted = new InodeSet());
    return counted.add(inoHigh, inoLow);
  }

  #leave(path: ByteString, depth: number): void {
    const usage = this.#open.pop()!;
    const parent = this.#open.at(-1);
    if (parent !== undefined) add(parent, usage);
    if (depth > this.#depth) return;
    this.#directories.push({ path, ...usage });
    this.#pathBytes += path.length;
  }
}

function add(sum: Usage, { allocatedBytes, sizeBytes, files, directories }: Usage): void {
  sum.allocatedBytes += allocatedBytes;
  sum.sizeBytes += sizeBytes;
  sum.files += files;
  sum.directories += directories;
}
