/**
 * What is at the destination stays, and so does the source of a move.
 *
 * @module
 */

import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "./entry.ts";

/** Leaves an entry alone because the comparison says that whatever is there stays. */
export function leave(pair: DirectoryPair, entry: Entry): void {
  const { engine } = pair;
  engine.outbox.counters.filtered++;
  if (engine.job.verb === "move") engine.outbox.keepSource(pair.pathOf(entry.name));
  // What was there before is no first name of this source's file.
  if (entry.source.nlink > 1) engine.links.forget(entry.source, pair.pathOf(entry.destinationName));
}
