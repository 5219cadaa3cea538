/**
 * The one error type that Blit's callers act on, its closed list of codes, and the exit status of each code.
 *
 * @module
 */

/**
 * What went wrong, as something a program can decide on. Messages are for people and may change; codes do not.
 *
 * Codes that concern one entry of a tree become {@linkcode Failure}s in the summary; the same codes end a run when
 * they concern its root.
 *
 * - `usage`: an argument or option that cannot mean anything
 * - `refused`: possible, but Blit declines without further consent: an empty source, a destination inside the source,
 *   a deletion that was not confirmed, a port that is taken
 * - `not-found`: nothing has this name
 * - `exists`: something is there already that may not be replaced
 * - `is-directory`: a directory is where something else is wanted
 * - `not-directory`: something else is where a directory is wanted
 * - `permission-denied`: the system, or Deno's permissions, do not let this process do it
 * - `read-only`: the file system or module accepts no writes
 * - `no-space`: the disk is full
 * - `quota`: the user's share of the disk is used up
 * - `too-large`: the destination file system cannot hold a file of this size
 * - `name-too-long`: the destination file system cannot hold a name of this length
 * - `invalid-name`: the name cannot exist at the destination, or cannot be spelled by this implementation
 * - `name-collision`: the destination folds two source names into one
 * - `not-empty`: a directory that should go, or make room, has something in it
 * - `busy`: somebody else uses it, or a server has too much to do; it may pass by itself
 * - `loop`: too many symbolic links
 * - `changed`: the source changed while it was read
 * - `cross-device`: two names are on different file systems where one is needed
 * - `unsupported`: the file system, platform or permission set cannot express it
 * - `metadata`: the content is in place, an attribute of it is not
 * - `io`: a disk, or the way to it, failed to read or write; also errors of the system without a code of their own
 * - `interrupted`: ended by a signal of the caller, or cancelled on the server
 * - `stalled`: nothing moved for too long: a disk that does not answer
 * - `unreachable`: the server cannot be reached, does not answer, or was lost; it may pass by itself
 * - `protocol`: the other end speaks another protocol or version, or says what it must not
 * - `internal`: a defect of Blit
 */
export type ErrorCode =
  | "usage"
  | "refused"
  | "not-found"
  | "exists"
  | "is-directory"
  | "not-directory"
  | "permission-denied"
  | "read-only"
  | "no-space"
  | "quota"
  | "too-large"
  | "name-too-long"
  | "invalid-name"
  | "name-collision"
  | "not-empty"
  | "busy"
  | "loop"
  | "changed"
  | "cross-device"
  | "unsupported"
  | "metadata"
  | "io"
  | "interrupted"
  | "stalled"
  | "unreachable"
  | "protocol"
  | "internal";

/** Options of {@linkcode BlitError}. */
export interface BlitErrorOptions {
  /** The path concerned, as text for people. */
  path?: string;
  /** What the user can do about it, one sentence without a final period. */
  hint?: string;
  /** The error underneath. */
  cause?: unknown;
}

/**
 * An error that a caller may want to act on.
 *
 * @example
 * ```ts
 * import { BlitError } from "./errors.ts";
 *
 * const error = new BlitError("not-found", 'Cannot read "a.txt": no such file or directory', { path: "a.txt" });
 * if (error.code !== "not-found") throw error;
 * ```
 */
export class BlitError extends Error {
  /** Always `BlitError`. */
  override readonly name = "BlitError";
  /** What went wrong, from a closed list. */
  readonly code: ErrorCode;
  /** The path concerned, if there is one. */
  readonly path?: string;
  /** What the user can do about it. */
  readonly hint?: string;

  /** Creates an error with a code, a message in the form `Cannot do this: because of that`, and options. */
  constructor(code: ErrorCode, message: string, options: BlitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.path !== undefined) this.path = options.path;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** The exit statuses of every Blit program. */
export const EXIT_STATUS = {
  done: 0,
  partial: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  stalled: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit status of a run that ended with an error of this code. The only place that maps one to the other. */
export function exitStatusOf(code: ErrorCode): number {
  switch (code) {
    case "usage":
    case "not-found":
    case "is-directory":
    case "not-directory":
    case "exists":
    case "loop":
      return EXIT_STATUS.usage;
    case "refused":
    case "permission-denied":
    case "read-only":
      return EXIT_STATUS.refused;
    case "unreachable":
    case "protocol":
      return EXIT_STATUS.unreachable;
    case "stalled":
      return EXIT_STATUS.stalled;
    case "interrupted":
      return EXIT_STATUS.interrupted;
    default:
      return EXIT_STATUS.partial;
  }
}

/** Codes after which going on is pointless, because every further write would fail in the same way. */
export function endsRun(code: ErrorCode): boolean {
  return code === "no-space" || code === "quota" || code === "read-only";
}

/** Codes of errors that may pass by themselves, so that another try is worth it when they have ended a run. */
export function isTransient(code: ErrorCode): boolean {
  return code === "unreachable" || code === "busy";
}

/** The {@linkcode BlitError} in an unknown thrown value; anything else becomes one with the code `internal`. */
export function toBlitError(thrown: unknown): BlitError {
  if (thrown instanceof BlitError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new BlitError("internal", text, { cause: thrown });
}
