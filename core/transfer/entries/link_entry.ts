/**
 * Second and further names of a hard-linked file: linked to the first one at the destination.
 *
 * @module
 */

import type { Directory, Stat } from "../../fs/types.ts";
import { lastName, parentPath } from "../../paths/byte_path.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { decide, isSameFile, sameTime } from "../../plan/compare.ts";
import { carryOut, makeRoom } from "./carry_out.ts";
import { placeNode } from "./create_node.ts";
import type { Engine } from "../threads/engine.ts";
import type { Entry } from "./entry.ts";
import type { DeferredLink } from "../threads/job.ts";
import { reportMissing } from "./missing.ts";
import { DirectoryPair, isAbsence } from "../directories/pair.ts";

/** Handles a name of a file that has several; `false` when it is the first and is copied like every file. */
export function linkEntry(pair: DirectoryPair, entry: Entry): boolean {
  const { engine } = pair;
  const claim = engine.links.claim(entry.source, () => pair.pathOf(entry.destinationName));
  if (claim.kind === "first") return false;
  if (entry.destination?.kind === "directory" && engine.job.rules.content !== "ignore-existing") {
    if (!makeRoom(pair, entry)) return true;
    entry = { ...entry, destination: undefined };
  }
  if (claim.kind === "defer") {
    const isFree = entry.destination === undefined;
    engine.remote?.keepEntry(pair, entry.name);
    const isHomeless = pair.state === "absent";
    engine.outbox.linkLater({ file: claim.file, path: pair.pathOf(entry.name), isFree, isHomeless });
  } else linkTo(pair, entry, claim.first);
  return true;
}

/** Links names that had to wait until another engine had copied the first one. */
export function linkDeferred(engine: Engine, links: readonly DeferredLink[]): void {
  for (const link of links) {
    if (engine.stopped) return;
    engine.enter(link.path);
    try {
      linkByPath(engine, link);
    } catch (error) {
      engine.handleFailure(link.path, error);
    }
  }
}

function linkByPath(engine: Engine, { path, first, isRewritten, isFree, isHomeless }: DeferredLink): void {
  const parent = parentPath(path);
  const name = lastName(path);
  const state = isHomeless ? "absent" : engine.job.mode === "write" ? "present" : "optional";
  using pair = DirectoryPair.open(engine, parent, state);
  engine.remote?.keepDirectory(parent);
  const source = pair.source.statEntry(name);
  if (source === undefined) return reportMissing(pair, name);
  // A dry run has not really made room.
  const destination = isFree && engine.job.mode === "plan" ? undefined : pair.statDestination(name);
  const entry: Entry = { name, destinationName: name, source, destination };
  if (first === undefined || first === path) carryOut(pair, entry, decide(source, entry.destination, engine.job.rules));
  else linkTo(pair, entry, first, isRewritten);
  if (pair.touched) engine.finalizeLater(parent);
}

function linkTo(pair: DirectoryPair, entry: Entry, first: ByteString, isRewritten = false): void {
  const { engine } = pair;
  const { mode, rules } = engine.job;
  const { source, destination } = entry;
  if (destination !== undefined && rules.content === "ignore-existing") return carryOut(pair, entry, "leave");
  if (destination?.kind === "directory") return carryOut(pair, entry, "blocked");

  const name = lastName(first);
  using directory = openParent(pair, parentPath(first));
  const found = directory?.statEntry(name);
  const target = found !== undefined && isFirstName(pair, source, found) ? found : undefined;
  const staysFirst = !isRewritten && !engine.links.isRewritten(source);
  if (staysFirst && target !== undefined && destination !== undefined && isSameFile(target, destination)) {
    engine.outbox.counters.unchanged++;
    return;
  }
  if (mode === "verify") {
    const difference = destination === undefined ? "missing" : "links";
    return engine.outbox.difference([difference], source.kind, pair.pathOf(entry.name));
  }
  if (mode === "write") {
    // Without a first name (its copy failed) this name becomes the first copy itself.
    if (directory === undefined || target === undefined) {
      return carryOut(pair, entry, decide(source, destination, rules));
    }
    createLink(pair, entry, directory, name);
  } else {
    pair.planDestination();
  }
  engine.outbox.counters.hardLinksCreated++;
  engine.outbox.entry("link", source.kind, () => pair.pathOf(entry.name));
}

/** Something else in the first one's place, or an old file because it could not be copied, is nothing to link to. */
function isFirstName({ engine }: DirectoryPair, source: Stat, found: Stat): boolean {
  if (found.kind !== source.kind) return false;
  const { mode, rules } = engine.job;
  if (mode !== "write" || source.kind !== "file") return true;
  return found.size === source.size && sameTime(source, found, rules.timeStepNanoseconds);
}

function createLink(pair: DirectoryPair, entry: Entry, existing: Directory, existingName: ByteString): void {
  const directory = pair.ensureDestination();
  const replaces = entry.destination !== undefined;
  placeNode(pair, directory, entry.destinationName, replaces, (name) => {
    directory.createHardLink(existing, existingName, name);
  });
}

function openParent(pair: DirectoryPair, path: ByteString): Directory | undefined {
  try {
    return pair.engine.openDestination(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
