/**
 * A directory of the source: made sure of at the destination, and made a task.
 *
 * @module
 */

import type { SourceDirectory, Stat } from "../../fs/types.ts";
import type { DestinationState } from "../threads/job.ts";
import { type DirectoryPair, NEW_DIRECTORY_MODE, replaceByDirectory } from "./pair.ts";
import type { Entry } from "../entries/entry.ts";
import { nameCollision } from "../entries/name_collision.ts";
import { BlitError } from "../../errors.ts";
import { type ByteString, displayPath } from "../../paths/bytes.ts";
import { isSameFile } from "../../plan/compare.ts";
import { leave } from "../entries/leave.ts";

/**
 * Creates the directory where it is missing and puts the work below it on the list.
 *
 * @param walkOnly it is walked for what is below; it is created only when something below needs it
 */
export function createDirectory(pair: DirectoryPair, entry: Entry, walkOnly: boolean): void {
  const { engine } = pair;
  const child = pair.pathOf(entry.name);
  // Numbers of devices and inodes mean nothing on another machine.
  const isLocal = engine.remote === undefined;
  if (isLocal && engine.destinationIdentity !== undefined && isSameFile(entry.source, engine.destinationIdentity)) {
    const path = displayPath(engine.job.shownSource, child);
    throw new BlitError("refused", `Cannot ${engine.job.verb} "${path}": it is the destination itself`, { path });
  }
  if (entry.destination !== undefined && entry.destination.kind !== "directory") {
    if (engine.job.rules.content === "ignore-existing") return leave(pair, entry);
    // Nothing is replaced by what cannot be read.
    if (engine.job.mode === "write" && isLocal) requireReadable(pair.source, entry.name);
  }
  // What is in the way of a directory that is only walked goes when something below it needs the place (pair.ts).
  const state = stateOf(entry.destination, walkOnly);
  if (state === "fresh" && engine.job.mode !== "verify") {
    if (engine.job.mode === "write") makeDirectory(pair, entry);
    else pair.planDestination();
    engine.outbox.counters.directoriesCreated++;
    const action = entry.destination === undefined ? "create" : "replace";
    engine.outbox.entry(action, "directory", () => child);
  } else if (state === "fresh") {
    engine.outbox.difference([entry.destination === undefined ? "missing" : "kind"], "directory", child);
  }
  if (engine.remote !== undefined) engine.remote.expectDirectory(child, state);
  else engine.scheduler.push({ kind: "directory", path: child, destination: state });
}

function requireReadable(parent: SourceDirectory, name: ByteString): void {
  using directory = parent.openDirectory(name);
  for (const _ of directory.list()) break;
}

function stateOf(destination: Stat | undefined, walkOnly: boolean): DestinationState {
  if (destination?.kind === "directory") return "present";
  return walkOnly ? "absent" : "fresh";
}

/**
 * It is open to this user, and to nobody else, until its contents are in place: whether its mode says who may enter, or an ACL that
 * is set at the end, is not known yet where the source is on another machine.
 */
function makeDirectory(pair: DirectoryPair, { destinationName, destination }: Entry): void {
  const parent = pair.ensureDestination();
  if (destination !== undefined) return replaceByDirectory(pair.engine, parent, destinationName);
  try {
    parent.createDirectory(destinationName, NEW_DIRECTORY_MODE);
  } catch (error) {
    if (error instanceof BlitError && error.code === "exists") throw nameCollision(pair, destinationName);
    throw error;
  }
}
