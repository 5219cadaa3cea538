/**
 * One file, in the way that suits it.
 *
 * ```text
 * a remote one        asked for, and written when its content arrives (receiving/contents.ts)
 * a large one         split into ranges for several engines (ranges.ts)
 * every other         opened, copied, checked, completed and put in place by one engine (copy_whole_file.ts)
 * ```
 *
 * @module
 */

import { copyWhole } from "./copy_whole_file.ts";
import type { Entry } from "../entries/entry.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import { countCopied } from "./place_file.ts";
import { startRanges } from "./ranges.ts";

/** Copies a file, or reports that it would be copied. */
export function copyFile(pair: DirectoryPair, entry: Entry): void {
  const { engine } = pair;
  if (engine.job.mode === "plan") {
    pair.planDestination();
    if (entry.source.nlink > 1) engine.links.markRewritten(entry.source);
    return countCopied(engine, pair, entry, entry.source.size);
  }
  if (engine.remote !== undefined) return engine.remote.copy(pair, entry);
  if (!startRanges(pair, entry)) copyWhole(pair, entry);
}
