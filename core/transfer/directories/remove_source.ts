/**
 * The end of a move: what is confirmed at the destination is removed from the source.
 *
 * It runs after everything is copied and flushed. Each entry is looked at once more on both sides; only one that is there,
 * the same, and took part without a failure goes. A directory goes when nothing is left in it.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { EntryKind, Stat } from "../../fs/types.ts";
import { asByteString, type ByteString, displayPath, joinBytes } from "../../paths/bytes.ts";
import { isSameFile, sameTime } from "../../plan/compare.ts";
import { destinationNames } from "../../scan/batches.ts";
import type { Engine } from "../threads/engine.ts";
import { DirectoryPair } from "./pair.ts";

/**
 * Removes the moved entries of the whole transfer, except these paths and what contains them. A dry run reports what would be
 * removed if everything else succeeded.
 *
 * @param failed paths of entries that failed while they were copied
 */
export function removeSource(engine: Engine, failed: ReadonlySet<ByteString>): void {
  const { single } = engine.job;
  if (single === undefined) {
    removeContents(engine, asByteString(""), failed);
    return;
  }
  using pair = openPair(engine, asByteString(""));
  removeEntry(pair, single.source, single.destination, failed);
}

function openPair(engine: Engine, path: ByteString): DirectoryPair {
  return DirectoryPair.open(engine, path, engine.job.mode === "write" ? "present" : "optional");
}

/** What became of an entry: it is gone, it stays, or it is a directory whose contents come first. */
type Removal = "gone" | "stays" | "directory" | "walked-directory";

/** Returns whether nothing is left in the directory. */
function removeContents(engine: Engine, path: ByteString, failed: ReadonlySet<ByteString>): boolean {
  const { directories, isEmpty } = removeLeaves(engine, path, failed);
  // The handles of the parent are closed by now, so that a deep tree needs no more than a flat one.
  let nothingLeft = isEmpty;
  for (const { name, walked } of directories) {
    if (!removeDirectory(engine, path, name, walked, failed)) nothingLeft = false;
  }
  return nothingLeft;
}

/** Removes what is no directory, and finds the directories. */
function removeLeaves(
  engine: Engine,
  path: ByteString,
  failed: ReadonlySet<ByteString>,
): { directories: { name: ByteString; walked: boolean }[]; isEmpty: boolean } {
  const directories: { name: ByteString; walked: boolean }[] = [];
  using pair = openPair(engine, path);
  const { names, damaged } = destinationNames(pair.source, () => engine.checkStopped());
  let isEmpty = damaged.length === 0;
  for (const name of names) {
    engine.checkStopped();
    try {
      const removal = removeEntry(pair, name, name, failed);
      if (removal === "stays") isEmpty = false;
      else if (removal !== "gone") directories.push({ name, walked: removal === "walked-directory" });
    } catch (error) {
      isEmpty = false;
      engine.handleFailure(pair.pathOf(name), error);
    }
  }
  return { directories, isEmpty };
}

function removeEntry(
  pair: DirectoryPair,
  name: ByteString,
  destinationName: ByteString,
  failed: ReadonlySet<ByteString>,
): Removal {
  const { engine } = pair;
  const path = pair.pathOf(name);
  const source = pair.source.statEntry(name);
  if (source === undefined) return "gone";
  const admission = engine.filter.admits(path, source);
  if (admission === "no" || failed.has(path)) return "stays";
  if (source.kind === "socket" || source.kind === "unknown") return "stays"; // skipped, and said so
  const destination = pair.statDestination(destinationName);
  const isWalked = admission === "walk";
  // Nothing below it took part.
  if (isWalked && destination?.kind !== "directory" && engine.job.mode === "write") return "stays";
  if (!isConfirmed(pair, name, source, destinationName, destination)) {
    engine.outbox.failure(path, notConfirmed(engine, path));
    return "stays";
  }
  if (source.kind === "directory") return isWalked ? "walked-directory" : "directory";
  if (engine.job.mode === "write") pair.source.removeFile(name);
  reportRemoved(engine, path, source.kind);
  return "gone";
}

/** Returns whether the directory is gone. One that was only walked stays. */
function removeDirectory(
  engine: Engine,
  parent: ByteString,
  name: ByteString,
  walked: boolean,
  failed: ReadonlySet<ByteString>,
): boolean {
  const path = joinBytes(parent, name);
  try {
    if (!removeContents(engine, path, failed) || walked) return false;
    if (engine.job.mode === "write") {
      using directory = engine.openSource(parent);
      directory.removeDirectory(name);
    }
    reportRemoved(engine, path, "directory");
    return true;
  } catch (error) {
    engine.handleFailure(path, error);
    return false;
  }
}

function reportRemoved(engine: Engine, path: ByteString, kind: EntryKind): void {
  engine.outbox.counters.removed++;
  engine.outbox.entry("remove", kind, () => path);
}

function isConfirmed(
  pair: DirectoryPair,
  name: ByteString,
  source: Stat,
  destinationName: ByteString,
  destination: Stat | undefined,
): boolean {
  const { mode, rules } = pair.engine.job;
  if (
    destination !== undefined && isSameFile(source, destination) && (source.kind === "directory" || source.nlink < 2)
  ) {
    return false; // one entry under two paths: removing it here would remove it there
  }
  // A dry run has copied nothing; only what is there already and would stay keeps the source.
  if (mode === "plan" && (destination === undefined || rules.content !== "ignore-existing")) return true;
  if (destination === undefined || source.kind !== destination.kind) return false;
  switch (source.kind) {
    case "file":
      return source.size === destination.size &&
        (rules.content === "size-only" || isUnchanged(pair, source, destination));
    case "symlink":
      return pair.source.readLink(name) === pair.destination!.readLink(destinationName);
    case "block-device":
    case "character-device":
      return source.rdev === destination.rdev;
    default:
      return true;
  }
}

/**
 * Whether the source still has the time that its copy got. Where the destination keeps coarser times, an edit within its step
 * would go unseen, so there the source must not have been touched since the run began.
 */
function isUnchanged(pair: DirectoryPair, source: Stat, destination: Stat): boolean {
  const { rules, startedSeconds } = pair.engine.job;
  if (source.mtimeSeconds === destination.mtimeSeconds && source.mtimeNanoseconds === destination.mtimeNanoseconds) {
    return true;
  }
  return sameTime(source, destination, rules.timeStepNanoseconds) &&
    source.ctimeSeconds + source.ctimeNanoseconds / 1e9 < startedSeconds;
}

function notConfirmed(engine: Engine, path: ByteString): BlitError {
  const shown = displayPath(engine.job.shownSource, path);
  return new BlitError("changed", `Cannot remove "${shown}": the destination does not have it as it is now`, {
    path: shown,
  });
}
