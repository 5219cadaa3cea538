/**
 * What a try to carry out a request leaves to the next one, where there is one.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";

/** It is handed from try to try, and written to by each of them. */
export interface Attempt {
  /** Everything of a move was at the destination, and the source was being removed. */
  isRemoving?: boolean;
  /** This try has not found the source any more, after an earlier one was removing it. */
  isSourceGone?: boolean;
}

/** Notes that the source cannot be found, where that means that it has been moved. */
export function noteGone(attempt: Attempt, error: unknown): void {
  if (attempt.isRemoving && error instanceof BlitError && error.code === "not-found") attempt.isSourceGone = true;
}
