/**
 * How a transfer is carried out: on the main thread, by workers on ranges of one large file, or by workers on directories.
 *
 * @module
 */

import type { Route, Verb } from "../events.ts";

/** Most files that the fast path takes. */
export const FAST_PATH_FILES = 8;
/** Most bytes that the fast path takes. */
export const FAST_PATH_BYTES = 100_000_000;
/** A single file of this size is copied in ranges at once. */
export const LARGE_FILE_BYTES = 1024 ** 3;
/** More workers than this have not been seen to help one disk; each costs about 9 MB. */
export const MOST_WORKERS = 8;

/** What a first look at the source found, ended as soon as it is more than matters. */
export interface FirstLook {
  /** The source is one file. */
  readonly single: boolean;
  readonly files: number;
  readonly bytes: number;
  /** The look saw everything. */
  readonly complete: boolean;
}

/** What {@linkcode chooseRoute} decides from. */
export interface RouteQuestion {
  readonly verb: Verb;
  /** Contents will be read and compared. */
  readonly checksum: boolean;
  readonly look: FirstLook;
  /** A call on one of the file systems may never return. */
  readonly mayHang?: boolean;
  /** Logical processors. */
  readonly processors: number;
  /** Worker count demanded by the caller, for tests and measurements. */
  readonly workers?: number;
}

/** Limits of a first look at the source. */
export interface LookLimits {
  readonly files: number;
  readonly bytes: number;
  /** Directories that are opened. */
  readonly directories: number;
}

/** What the fast path takes. A tree of more directories is no small one. */
export const FAST_PATH_LIMITS: LookLimits = { files: FAST_PATH_FILES, bytes: FAST_PATH_BYTES, directories: 8 };

/** A route, the number of workers, and the reason in words. */
export interface RouteChoice {
  readonly route: Route;
  /** At most; they are started when they pay. 0 means the main thread. */
  readonly workers: number;
  readonly reason: string;
}

/** Chooses the route. */
export function chooseRoute(question: RouteQuestion): RouteChoice {
  const { look, workers } = question;
  const usual = Math.max(2, Math.min(question.processors, MOST_WORKERS));
  if (workers !== undefined) {
    return { route: workers === 0 ? "fast" : "streaming", workers, reason: "the caller chose the number of workers" };
  }
  if (look.single && look.bytes >= LARGE_FILE_BYTES) {
    return { route: "large-file", workers: usual, reason: `one file of at least ${LARGE_FILE_BYTES} bytes` };
  }
  if (question.verb === "mirror") {
    return { route: "streaming", workers: usual, reason: "a mirror compares whole trees" };
  }
  if (question.checksum) return { route: "streaming", workers: usual, reason: "contents are compared" };
  if (question.mayHang) {
    return { route: "streaming", workers: usual, reason: "a file system that may stop answering is for workers" };
  }
  if (look.complete && look.files <= FAST_PATH_FILES && look.bytes <= FAST_PATH_BYTES) {
    return { route: "fast", workers: 0, reason: `${look.files} files and ${look.bytes} bytes in all` };
  }
  return { route: "streaming", workers: usual, reason: "more than the fast path takes" };
}
