/**
 * The wait until a daemon agrees to a transfer.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { IDLE_MS } from "../../wire/limits.ts";
import { within } from "../../within.ts";

/**
 * How long a daemon may take for it, in milliseconds: as long as a lane may be silent. Its session begins in a thread that other
 * sessions may keep waiting for a disk, and until it has begun nothing else shows that anybody is there.
 */
const ACCEPT_MS: number = IDLE_MS;

/** A bound on the wait. */
export interface AcceptanceOptions {
  /** In milliseconds. @default {30000} */
  readonly acceptMs?: number;
}

/**
 * Waits for the first answer. Whoever gives up ends the call.
 *
 * @throws {BlitError} "unreachable" when it does not come in time; otherwise as the answer itself
 */
export async function firstAnswer<T>(
  server: string,
  answer: Promise<T>,
  { acceptMs = ACCEPT_MS }: AcceptanceOptions = {},
): Promise<T> {
  const first = await within(answer.then((value) => ({ value })), acceptMs);
  if (first !== undefined) return first.value;
  const seconds = `${acceptMs / 1000} s`;
  throw new BlitError("unreachable", `Cannot begin at "${server}": it has not accepted within ${seconds}`, {
    hint: "It may be waiting for a disk that does not answer; try again later",
  });
}
