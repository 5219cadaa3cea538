/**
 * A first question to both sides that may remain unanswered: a mount whose server is gone blocks every call on it for ever,
 * and what blocks the main thread nobody could end.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { within } from "../../within.ts";

/**
 * Waits until the paths can be asked about, or have told why not; what they tell is the business of whoever uses them.
 *
 * @throws {BlitError} "stalled" when one of them does not answer within `limitMs`
 */
export async function probePaths(paths: readonly string[], limitMs: number): Promise<void> {
  await Promise.all(paths.map((path) => probe(path, limitMs)));
}

async function probe(path: string, limitMs: number): Promise<void> {
  const told = Deno.stat(path).then(() => true, () => true);
  if (!await within(told, limitMs)) throw noAnswer(path, limitMs);
}

function noAnswer(path: string, limitMs: number): BlitError {
  const seconds = Math.round(limitMs / 100) / 10;
  return new BlitError("stalled", `Cannot reach "${path}": its file system has not answered for ${seconds} s`, {
    path,
    hint: "A disk, a network file system or the program behind a mount does not answer",
  });
}
