/**
 * The wording of file system failures: one reason for each code, the same words from both implementations.
 *
 * @module
 */

import { BlitError, type ErrorCode } from "../errors.ts";

/** Codes without an entry never come from a file system. */
const reasons: Partial<Readonly<Record<ErrorCode, string>>> = {
  "not-found": "no such file or directory",
  "exists": "something with this name exists already",
  "is-directory": "it is a directory",
  "not-directory": "it is not a directory",
  "permission-denied": "permission denied",
  "read-only": "the file system is read-only",
  "no-space": "no space left on the device",
  "quota": "the disk quota is used up",
  "too-large": "the file is too large for the file system",
  "name-too-long": "the name is too long for the file system",
  "invalid-name": "the file system cannot store this name",
  "not-empty": "the directory is not empty",
  "busy": "it is in use",
  "loop": "too many levels of symbolic links",
  "changed": "it was replaced while it was being opened",
  "cross-device": "source and destination are on different file systems",
  "unsupported": "the file system does not support it",
  "metadata": "its attributes cannot be kept",
  "io": "input/output error",
};

/** Options of {@linkcode fsError}. */
export interface FsErrorOptions {
  /** Replaces the usual words for the code. */
  readonly reason?: string;
  /** What the user can do about it, one sentence without a final period. */
  readonly hint?: string;
}

/**
 * Creates the error `Cannot <action> "<path>": <reason>`.
 *
 * @param code decides the reason, unless `options.reason` says it more precisely
 * @param action what was tried, with a verb first: `read`, `set the times of`
 * @param path as people should read it
 * @param cause the error underneath; where the code has no words of its own, its message is the reason
 */
export function fsError(
  code: ErrorCode,
  action: string,
  path: string,
  cause?: unknown,
  options: FsErrorOptions = {},
): BlitError {
  const { reason = reasonFor(code, cause), hint } = options;
  return new BlitError(code, `Cannot ${action} "${path}": ${reason}`, {
    path,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The plain words for a code, as the rest of a sentence. */
export function reasonFor(code: ErrorCode, cause?: unknown): string {
  return reasons[code] ?? (cause instanceof Error ? cause.message : "unknown error");
}
