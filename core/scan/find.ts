/**
 * Entries of a tree that fit a description.
 *
 * What a question does not need is not looked at: kinds come with the names, so only sizes and times cost a look at each entry.
 *
 * @module
 */

import type { EntryKind, Stat } from "../fs/types.ts";
import { asByteString, type ByteString, decodeText, displayName, joinBytes } from "../paths/bytes.ts";
import { toBlitError } from "../errors.ts";
import { type Glob, parseGlob } from "./glob.ts";
import type { Work } from "./slices.ts";
import { walk, type WalkBatch, type WalkFailure, type WalkRoot, type WalkStep } from "./walk.ts";

/** Kinds by number, which is that of the protocol: 0 is whatever has no name. */
export const KIND_NUMBERS: readonly EntryKind[] = [
  "unknown",
  "file",
  "directory",
  "symlink",
  "fifo",
  "socket",
  "block-device",
  "character-device",
];

const NUMBER_OF_KIND = Object.fromEntries(KIND_NUMBERS.map((kind, i) => [kind, i])) as Readonly<
  Record<EntryKind, number>
>;

/** What is looked for. An entry has to fit everything that is given. */
export interface FindQuery {
  /** A pattern for names; with a slash, for paths below the root. */
  readonly glob?: string;
  /** @default {all} */
  readonly kinds?: readonly EntryKind[];
  /** Only files of at least this size, in bytes. */
  readonly minSizeBytes?: number;
  /** Only files of at most this size, in bytes. */
  readonly maxSizeBytes?: number;
  /** Only what was modified at this moment or before, in seconds since 1970. */
  readonly modifiedBeforeSeconds?: number;
  /** Only what was modified at this moment or later, in seconds since 1970. */
  readonly modifiedAfterSeconds?: number;
  /** How many levels below the root; 1 is what is in the root itself. @default {all} */
  readonly depth?: number;
  /** Ends after so many. @default {no limit} */
  readonly limit?: number;
  /** Whether sizes and times are wanted. */
  readonly details: boolean;
}

/** Entries that were found, packed: a tree can have millions. */
export interface FoundBatch {
  /**
   * Each with a NUL behind it. One that begins with a slash is no entry but the directory of those that follow, as its path from
   * the root: `/`, `/a/b`. The first one always is.
   */
  readonly names: ByteString;
  /** Of each entry, in their order, as {@linkcode KIND_NUMBERS} has them. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** Of each entry, where they are wanted. */
  readonly details?: FoundDetails;
  readonly failures: readonly WalkFailure[];
  /** Entries that have been looked at so far, whether they fit or not. */
  readonly seen: number;
}

/** Sizes and times, a column each. */
export interface FoundDetails {
  readonly sizes: readonly number[];
  readonly mtimeSeconds: readonly number[];
  readonly mtimeNanoseconds: readonly number[];
}

/**
 * Handed on at this size, in bytes of names. The daemon maps and unmaps buffers from 64 KiB on one by one, which costs more than
 * what is in them. With sizes and times each entry takes five times as much.
 */
const FULL_BYTES = 32 * 1024;
const FULL_BYTES_WITH_DETAILS = 16 * 1024;
/** And with this many failures, whose texts can be long. */
const FULL_FAILURES = 50;
/** Somebody who waits hears of the search this often, in milliseconds, though nothing is found. */
const SIGN_MS = 1000;

/** Entries of one directory that fit. */
interface FoundNames {
  readonly names: readonly ByteString[];
  readonly kinds: readonly EntryKind[];
  readonly stats?: readonly Stat[];
}

/** A search, to be done in slices. */
export class Find implements Work<FoundBatch> {
  readonly #root: WalkRoot;
  readonly #query: FindQuery;
  readonly #glob: Glob | undefined;
  readonly #steps: Iterator<WalkStep>;
  readonly #needsStat: boolean;
  #left: number;
  #seen = 0;
  #signAt = performance.now();
  #names: string[] = [];
  #length = 0;
  #kinds: Uint8Array<ArrayBuffer>[] = [];
  #details: GatheredDetails = noDetails();
  #failures: WalkFailure[] = [];

  /**
   * Prepares a search.
   *
   * @throws {BlitError} "usage" for a pattern that has no meaning
   */
  constructor(root: WalkRoot, query: FindQuery) {
    this.#root = root;
    this.#query = query;
    this.#glob = query.glob === undefined ? undefined : parseGlob(query.glob);
    this.#steps = walk(root, query.depth === undefined ? {} : { levels: query.depth });
    this.#needsStat = query.details || isAboutFiles(query) || query.modifiedBeforeSeconds !== undefined ||
      query.modifiedAfterSeconds !== undefined;
    this.#left = query.limit ?? Infinity;
  }

  get isFull(): boolean {
    return this.#length >= (this.#query.details ? FULL_BYTES_WITH_DETAILS : FULL_BYTES) ||
      this.#failures.length >= FULL_FAILURES;
  }

  step(): boolean {
    if (this.#left <= 0) return false;
    const { value: step, done } = this.#steps.next();
    if (done) return false;
    if (step.type === "batch") this.#look(step);
    else if (step.type === "failure") this.#failures.push(step);
    return this.#left > 0;
  }

  take(): FoundBatch | undefined {
    const isSign = performance.now() - this.#signAt >= SIGN_MS;
    if (this.#length === 0 && this.#failures.length === 0 && !isSign) return undefined;
    this.#signAt = performance.now();
    const batch = {
      names: asByteString(this.#names.join("")),
      kinds: concatenate(this.#kinds),
      ...(this.#query.details ? { details: this.#details } : {}),
      failures: this.#failures,
      seen: this.#seen,
    };
    this.#names = [];
    this.#length = 0;
    this.#kinds = [];
    this.#details = noDetails();
    this.#failures = [];
    return batch;
  }

  close(): void {
    this.#steps.return?.();
  }

  #look(batch: WalkBatch): void {
    this.#seen += batch.names.length;
    const found: FoundNames = this.#glob === undefined && this.#query.kinds === undefined && !this.#needsStat
      ? batch
      : this.#choose(batch);
    if (found.names.length === 0) return;
    const names = found.names.length <= this.#left ? found.names : found.names.slice(0, this.#left);
    this.#left -= names.length;
    const text = `/${batch.path}\0${names.join("\0")}\0`;
    this.#names.push(text);
    this.#length += text.length;
    const kinds = new Uint8Array(names.length);
    for (let i = 0; i < kinds.length; i++) kinds[i] = NUMBER_OF_KIND[found.kinds[i]];
    this.#kinds.push(kinds);
    if (!this.#query.details) return;
    for (let i = 0; i < names.length; i++) addDetails(this.#details, found.stats![i]);
  }

  /** Those of a batch that fit. */
  #choose(batch: WalkBatch): FoundNames {
    const found = { names: [] as ByteString[], kinds: [] as EntryKind[], stats: [] as Stat[] };
    const { names, kinds, path } = batch;
    const { kinds: wanted } = this.#query;
    const prefix = this.#glob?.isPath && path !== "" ? `${readable(path)}/` : "";
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (wanted !== undefined && !wanted.includes(kinds[i])) continue;
      if (this.#glob !== undefined && !this.#glob.matches(prefix + readable(name))) continue;
      if (this.#needsStat) {
        const stat = this.#statOf(batch, name);
        if (stat === undefined || !fits(this.#query, stat)) continue;
        found.stats.push(stat);
      }
      found.names.push(name);
      found.kinds.push(kinds[i]);
    }
    return found;
  }

  /** `undefined` for one that is gone by now, and for one that is reported. */
  #statOf({ directory, path }: WalkBatch, name: ByteString): Stat | undefined {
    try {
      return directory.statEntry(name);
    } catch (thrown) {
      this.#failures.push({ path: joinBytes(path, name), error: toBlitError(thrown) });
      return undefined;
    }
  }
}

function readable(bytes: ByteString): string {
  return decodeText(bytes) ?? displayName(bytes);
}

function isAboutFiles({ minSizeBytes, maxSizeBytes }: FindQuery): boolean {
  return minSizeBytes !== undefined || maxSizeBytes !== undefined;
}

function fits(query: FindQuery, stat: Stat): boolean {
  if (isAboutFiles(query)) {
    const { minSizeBytes = 0, maxSizeBytes = Infinity } = query;
    if (stat.kind !== "file" || stat.size < minSizeBytes || stat.size > maxSizeBytes) return false;
  }
  const { modifiedBeforeSeconds = Infinity, modifiedAfterSeconds = -Infinity } = query;
  const modified = stat.mtimeSeconds + stat.mtimeNanoseconds / 1e9;
  return modified <= modifiedBeforeSeconds && modified >= modifiedAfterSeconds;
}

function concatenate(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

type GatheredDetails = { readonly [Column in keyof FoundDetails]: number[] };

function noDetails(): GatheredDetails {
  return { sizes: [], mtimeSeconds: [], mtimeNanoseconds: [] };
}

function addDetails(details: GatheredDetails, { size, mtimeSeconds, mtimeNanoseconds }: Stat): void {
  details.sizes.push(size);
  details.mtimeSeconds.push(mtimeSeconds);
  details.mtimeNanoseconds.push(mtimeNanoseconds);
}
