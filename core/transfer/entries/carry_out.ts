/**
 * Carrying out what was decided about one entry that is not a directory.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Difference } from "../../events.ts";
import type { Stat } from "../../fs/types.ts";
import { displayPath } from "../../paths/bytes.ts";
import { type Decision, equalAttributes, metadataDifferences, sameMetadata } from "../../plan/compare.ts";
import { sameContent } from "../files/compare_content.ts";
import { copyFile } from "../files/copy_file.ts";
import { createNode } from "./create_node.ts";
import { deleteNames, goesWhole } from "../directories/delete_entries.ts";
import type { Entry } from "./entry.ts";
import { leave } from "./leave.ts";
import { repairMetadata, targetIn } from "./metadata.ts";
import { keptDirectory } from "./name_collision.ts";
import type { DirectoryPair } from "../directories/pair.ts";

/** Does what was decided about an entry that is not a directory. */
export function carryOut(pair: DirectoryPair, entry: Entry, decision: Decision): void {
  switch (decision) {
    case "create":
    case "replace":
      return write(pair, entry);
    case "leave":
      return leave(pair, entry);
    case "blocked":
      if (makeRoom(pair, entry)) write(pair, { ...entry, destination: undefined });
      return;
    case "compare-content":
      if (pair.engine.remote !== undefined) return pair.engine.remote.compare(pair, entry);
      if (isLeftToWorkers(pair, entry)) return;
      return sameContent(pair, entry) ? keep(pair, entry) : write(pair, entry, "content");
    case "compare-target":
      return sameTarget(pair, entry) ? keep(pair, entry) : write(pair, entry, "target");
    case "same":
      return keep(pair, entry);
    case "enter":
    case "replace-by-directory":
      throw new BlitError("internal", "A directory was decided about as if it were a file");
  }
}

/** Larger files are not compared by a thread that has signals to look after. */
const COMPARED_ALONE_BYTES = 1024 * 1024;

/** Leaves a comparison of large files to workers. They look at the entry from the beginning, and count it. */
function isLeftToWorkers(pair: DirectoryPair, { name, source }: Entry): boolean {
  const { engine, path } = pair;
  if (source.size <= COMPARED_ALONE_BYTES || source.nlink > 1) return false;
  const names = { present: [name], missing: [] };
  if (!engine.leaveToWorkers({ kind: "entries", path, destination: "present", names })) return false;
  engine.outbox.counters.entriesFound--;
  engine.outbox.counters.bytesFound -= source.size;
  return true;
}

/** Creates or replaces the entry, or reports that it would be. */
function write(pair: DirectoryPair, entry: Entry, difference?: Difference): void {
  const { engine } = pair;
  const { source, destination } = entry;
  if (engine.job.mode === "verify") {
    const differences = [difference ?? kindOfDifference(source, destination)];
    return engine.outbox.difference(differences, source.kind, pair.pathOf(entry.name));
  }
  if (source.kind === "file") copyFile(pair, entry);
  else createNode(pair, entry);
}

function kindOfDifference(source: Stat, destination: Stat | undefined): Difference {
  if (destination === undefined) return "missing";
  if (source.kind !== destination.kind) return "kind";
  return source.kind === "file" ? "size" : "device";
}

/** The content is right: repairs what else differs. */
function keep(pair: DirectoryPair, entry: Entry): void {
  const { engine } = pair;
  const { rules, mode } = engine.job;
  const { source } = entry;
  const destination = entry.destination!;
  const attributes = {
    source: pair.source.readAttributes(entry.name),
    current: pair.destination!.readAttributes(entry.destinationName),
  };
  const sameAttributes = !rules.metadata || equalAttributes(attributes.source, attributes.current);
  if (sameAttributes && sameMetadata(source, destination, rules)) {
    engine.outbox.counters.unchanged++;
    return;
  }
  if (mode === "verify") {
    const differences = metadataDifferences(source, destination, rules);
    if (!sameAttributes) differences.push("attributes");
    return engine.outbox.difference(differences, source.kind, pair.pathOf(entry.name));
  }
  // Its other names may belong to another source file, be left out by a filter or lie outside: none of them may change.
  if (destination.nlink > 1) return write(pair, entry);
  if (mode === "write") {
    const target = targetIn(pair.destination!, entry.destinationName);
    const failure = repairMetadata(target, source, destination, attributes, rules);
    if (failure !== undefined) throw failure;
  }
  engine.outbox.counters.repaired++;
  engine.outbox.entry("repair", source.kind, () => pair.pathOf(entry.name));
}

/**
 * Deals with a directory that stands where something else has to go: a mirror deletes it at the end, `force` at once.
 *
 * @returns whether the place is free now
 */
export function makeRoom(pair: DirectoryPair, entry: Entry): boolean {
  const { engine } = pair;
  const { mode, mirror, force } = engine.job;
  const { source, destinationName } = entry;
  if (mode === "verify") {
    engine.outbox.difference(["kind"], source.kind, pair.pathOf(entry.name));
    return false;
  }
  // Nothing is deleted for what cannot be read.
  if (source.kind === "file" && engine.remote === undefined) pair.source.openFile(entry.name, source).close();
  if ((mirror || force) && !goesWhole(engine, pair.path, destinationName)) throw keptDirectory(pair, destinationName);
  if (mirror) {
    // Its other names have to wait as well.
    if (source.nlink > 1) engine.links.markUnfinished(source);
    engine.remote?.keepEntry(pair, entry.name);
    engine.outbox.blocked(pair.path, destinationName, source.kind);
    return false;
  }
  if (!force) {
    const path = displayPath(engine.job.destination ?? "", pair.pathOf(destinationName));
    throw new BlitError(
      "is-directory",
      `Cannot replace "${path}": it is a directory and the source is not (--force replaces it)`,
      {
        path,
      },
    );
  }
  const filtered = !engine.job.deleteExcluded;
  // All of it goes, or none: nothing in it may be the source.
  const goes = deleteNames(engine, pair.path, [destinationName], { countOnly: true, filtered });
  if (!goes) throw keptDirectory(pair, destinationName);
  if (mode === "write" && !deleteNames(engine, pair.path, [destinationName], { countOnly: false, filtered })) {
    throw keptDirectory(pair, destinationName);
  }
  return true;
}

function sameTarget(pair: DirectoryPair, { name, destinationName }: Entry): boolean {
  return pair.source.readLink(name) === pair.destination!.readLink(destinationName);
}
