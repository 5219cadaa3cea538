/**
 * The end of a run that its caller asked for.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";

/** Throws when the signal has been given. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal);
}

/** The error of an interrupted run; its cause is the signal's reason. */
export function interrupted(signal: AbortSignal): BlitError {
  return new BlitError("interrupted", "Interrupted", { cause: signal.reason });
}
