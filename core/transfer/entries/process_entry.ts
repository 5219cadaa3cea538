/**
 * One entry of the source: looked at, filtered, decided.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type ByteString, displayPath } from "../../paths/bytes.ts";
import { decide } from "../../plan/compare.ts";
import { admitAll } from "../../scan/filter.ts";
import { carryOut } from "./carry_out.ts";
import { createDirectory } from "../directories/create_directory.ts";
import type { Entry } from "./entry.ts";
import { linkEntry } from "./link_entry.ts";
import { reportMissing } from "./missing.ts";
import type { DirectoryPair } from "../directories/pair.ts";

/** Handles one name of the source. `isPresent` says whether the destination listed the same name. */
export function processEntry(pair: DirectoryPair, name: ByteString, isPresent: boolean): void {
  const { engine } = pair;
  const { counters } = engine.outbox;
  const source = pair.source.statEntry(name);
  if (source === undefined) return reportMissing(pair, name);

  // Without a filter not even a path is put together.
  const admission = engine.filter === admitAll ? "yes" : engine.filter.admits(pair.pathOf(name), source);
  if (admission === "no") return leaveOut(pair, name, isPresent);
  if (admission === "walk" && source.kind !== "directory") throw notOnTheWay(pair, name);
  if (admission === "yes") counters.entriesFound++;
  if (source.kind === "file") counters.bytesFound += source.size;

  const destinationName = engine.job.single?.destination ?? name;
  const destination = isPresent ? pair.statDestination(destinationName) : undefined;
  const entry: Entry = { name, destinationName, source, destination };

  if (source.kind === "directory") return createDirectory(pair, entry, admission === "walk");
  if (source.kind === "socket" || source.kind === "unknown") return engine.outbox.socket(pair.pathOf(name));
  if (source.nlink > 1 && linkEntry(pair, entry)) return;
  try {
    carryOut(pair, entry, decide(source, destination, engine.job.rules));
  } catch (error) {
    // There is nothing for the other names to link to.
    if (source.nlink > 1) engine.links.forget(source, pair.pathOf(destinationName));
    throw error;
  }
}

function leaveOut(pair: DirectoryPair, name: ByteString, isPresent: boolean): void {
  const { engine } = pair;
  engine.outbox.counters.filtered++;
  if (isPresent && engine.job.mirror && engine.job.deleteExcluded) {
    engine.outbox.extraneous(pair.path, [name]);
  }
}

/** The error for something that a listed path leads through and that is no directory. */
function notOnTheWay(pair: DirectoryPair, name: ByteString): BlitError {
  const path = displayPath(pair.engine.job.shownSource, pair.pathOf(name));
  return new BlitError("not-directory", `Cannot reach what is listed below "${path}": it is not a directory`, { path });
}
