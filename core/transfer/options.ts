/**
 * What a caller may ask of a transfer. There are no speed knobs; `workers` exists for tests and measurements.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import type { TransferEvent } from "../events.ts";

/** What decides whether an existing file is the same as its source. */
export type Comparison =
  | "size-and-time" // the same size and modification time
  | "checksum" // the same bytes
  | "size-only" // the same size
  | "ignore-times" // never the same: copy every file
  | "ignore-existing"; // whatever is there stays

/** Which entries take part. Paths are matched relative to the root of the transfer. */
export interface FilterOptions {
  /** Patterns by gitignore's rules; what matches is left out, a bare name covers its tree. */
  exclude?: readonly string[];
  /** Patterns by gitignore's rules; where any are given, only what matches takes part. `exclude` wins. */
  include?: readonly string[];
  /** Files smaller than this many bytes are left out. */
  minSizeBytes?: number;
  /** Files larger than this many bytes are left out. */
  maxSizeBytes?: number;
  /** Files modified less than this many milliseconds before the start are left out. */
  minAgeMs?: number;
  /** Files modified more than this many milliseconds before the start are left out. */
  maxAgeMs?: number;
  /** Paths relative to the source; only these and what is below them take part. One that does not exist is a failure. */
  filesFrom?: readonly string[];
}

/** How often and when a run is tried again that has not reached the server, or has lost it. */
export interface RetryOptions {
  /** Further tries, 0 to 1,000. */
  times: number;
  /** Milliseconds before each of them, at most a day. @default 5000 */
  waitMs?: number;
}

/** Options of every verb. */
export interface CommonOptions extends FilterOptions {
  /** What counts as equal. @default "size-and-time" for transfers, "checksum" for verify */
  comparison?: Comparison;
  /** Stops the run: workers end, temporary files go, the promise rejects with a `BlitError` "interrupted". */
  signal?: AbortSignal;
  /** Called for every event in order, on the caller's thread. Whatever it throws ends the run. */
  onEvent?: (event: TransferEvent) => void;
  /**
   * Whether every entry that is touched becomes an event. Costs a message for each batch of entries.
   * @default false
   */
  entryEvents?: boolean;
  /**
   * Sends everything through the server's control port, as happens by itself where its data port cannot be reached. One
   * connection carries everything then. Only with a server at one end.
   * @default false
   */
  forceGrpc?: boolean;
  /**
   * Tries again after an error that may pass: the server cannot be reached, is lost, or is busy. What is done is not repeated. Only
   * with a server at one end.
   * @default no further try
   */
  retry?: RetryOptions;
  /**
   * Worker threads, 0 to 64. For tests and measurements; the planner knows better.
   * @default chosen by the planner
   */
  workers?: number;
  /**
   * Milliseconds without any progress after which the run ends with "stalled". For tests; a slow disk that still moves never
   * stalls.
   * @default 10000
   */
  stallTimeoutMs?: number;
  /**
   * Which file system implementation to use. For tests and measurements.
   * @default native where the platform and permissions allow it
   */
  fileSystem?: "native" | "portable";
}

/** Options of {@linkcode copy}. */
export interface CopyOptions extends CommonOptions {
  /** Plan and report, but write nothing. @default false */
  dryRun?: boolean;
  /** Replace a directory of the destination where the source has something else. @default false */
  force?: boolean;
  /**
   * Goes on with what the destination has of a file, an older version or what an interrupted run has left: only blocks that differ
   * travel. When the run is interrupted or loses the server, it leaves what a later one can go on with. Only with a server at one
   * end.
   * @default false
   */
  resume?: boolean;
}

/** What a mirror is about to delete. */
export interface DeletionPlan {
  /** Entries that would go, counting everything inside directories. */
  entries: number;
  /** The destination, as the user would type it. */
  destination: string;
}

/** Options of {@linkcode mirror}. */
export interface MirrorOptions extends CopyOptions {
  /** Also delete what the filters leave out. @default false */
  deleteExcluded?: boolean;
  /**
   * Refuse to delete anything when more entries than this would go: the run rejects with "refused", after everything was copied.
   * @default no limit
   */
  maxDelete?: number;
  /** Allow an empty source to empty the destination. @default false */
  allowEmptySource?: boolean;
  /**
   * Asked once before the first deletion, when there is one; `false` keeps everything, and the run rejects with "refused", after
   * everything was copied. A dry run does not ask.
   * @default delete
   */
  confirmDeletions?: (plan: DeletionPlan) => boolean | Promise<boolean>;
}

/** Options of {@linkcode move}. */
export type MoveOptions = CopyOptions;

/** Options of {@linkcode verify}. */
export type VerifyOptions = CommonOptions;

/** Throws a `BlitError` "usage" for an option that cannot mean anything. */
export function checkOptions(options: CopyOptions & MirrorOptions): void {
  requireRange("minSizeBytes", options.minSizeBytes, 0);
  requireRange("maxSizeBytes", options.maxSizeBytes, 0);
  requireRange("minAgeMs", options.minAgeMs, 0);
  requireRange("maxAgeMs", options.maxAgeMs, 0);
  requireRange("maxDelete", options.maxDelete, 0);
  requireRange("workers", options.workers, 0, 64);
  requireRange("stallTimeoutMs", options.stallTimeoutMs, 1);
  requireRange("retry.times", options.retry?.times, 0, 1000);
  requireRange("retry.waitMs", options.retry?.waitMs, 0, 86_400_000);
  for (const name of ["workers", "maxDelete"] as const) requireWhole(name, options[name]);
  requireWhole("retry.times", options.retry?.times);
  const { minSizeBytes, maxSizeBytes, minAgeMs, maxAgeMs } = options;
  if (minSizeBytes !== undefined && maxSizeBytes !== undefined && minSizeBytes > maxSizeBytes) {
    throw new BlitError("usage", "Cannot filter by size: the minimum is larger than the maximum");
  }
  if (minAgeMs !== undefined && maxAgeMs !== undefined && minAgeMs > maxAgeMs) {
    throw new BlitError("usage", "Cannot filter by age: the minimum is larger than the maximum");
  }
  if (options.deleteExcluded && options.filesFrom) {
    throw new BlitError("usage", "Cannot combine deleteExcluded with filesFrom: it would delete everything not listed");
  }
}

function requireWhole(name: string, value: number | undefined): void {
  if (value === undefined || Number.isInteger(value)) return;
  throw new BlitError("usage", `Cannot use ${name} ${value}: it must be a whole number`);
}

function requireRange(name: string, value: number | undefined, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined) return;
  if (!Number.isFinite(value) || value < least || value > most) {
    throw new BlitError("usage", `Cannot use ${name} ${value}: it must be a number from ${least} to ${most}`);
  }
}
