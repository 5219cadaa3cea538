/**
 * Prints what `list` and `ls` find.
 *
 * @module
 */

import type { Listed } from "../utils/list.ts";
import type { Io } from "./io.ts";
import { listedJson, listedLine } from "./listing_text.ts";
import { Results } from "./results.ts";

/** Options of {@linkcode printListed}. */
export interface PrintListedOptions {
  readonly json: boolean;
  /** The name that errors begin with. */
  readonly program: string;
  readonly io: Io;
}

/** Lines are handed on together, this many at a time. */
const LINES = 500;

/** Prints what comes, as it comes, and resolves with the exit status. */
export async function printListed(found: AsyncIterable<Listed>, options: PrintListedOptions): Promise<number> {
  const results = new Results(options);
  let lines = 0;
  for await (const listed of found) {
    if (listed.kind === "failure") results.fail(listed.error);
    else results.write(options.json ? listedJson(listed) : listedLine(listed));
    if (++lines % LINES === 0) await results.drain();
    if (results.isOver) break;
  }
  return results.status;
}
