/**
 * What a listing that broke off means.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory } from "../../fs/types.ts";

/** Whether a directory has been removed since it was opened. */
export function isGone(directory: Pick<Directory, "stat">): boolean {
  try {
    return directory.stat().nlink === 0;
  } catch {
    return false; // whatever it is, it does not say that the directory is gone
  }
}

/** A directory that is there and cannot be read has not vanished, whatever the file system calls it. */
export function asReadFailure(thrown: unknown): unknown {
  if (!(thrown instanceof BlitError) || thrown.code !== "not-found") return thrown;
  return new BlitError("io", thrown.message, {
    cause: thrown,
    ...(thrown.path === undefined ? {} : { path: thrown.path }),
  });
}
