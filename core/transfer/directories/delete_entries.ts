/**
 * Deleting trees at the destination, or counting what would be deleted.
 *
 * A tree is deleted from the inside out. What a filter leaves out stays, and so do the directories around it. No symbolic
 * link is followed: every directory is opened beneath the root of the destination.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { EntryKind, Stat } from "../../fs/types.ts";
import { type ByteString, joinBytes } from "../../paths/bytes.ts";
import { isSameFile } from "../../plan/compare.ts";
import { destinationNames } from "../../scan/batches.ts";
import { admitAll } from "../../scan/filter.ts";
import type { Engine } from "../threads/engine.ts";
import { inSteps, type Steps } from "../threads/steps.ts";
import { canStayOpen } from "./finalize_directory.ts";
import { isTemporaryName } from "../files/temporary.ts";

/** How {@linkcode deleteNames} goes about it. */
export interface DeleteOptions {
  /** Report and count, but delete nothing. */
  readonly countOnly: boolean;
  /** Spare what the filter leaves out. @default false */
  readonly filtered?: boolean;
}

/**
 * Deletes entries of one directory with everything in them, step by step: a tree can take minutes, and whoever wants to stop it has
 * to be heard. A failure keeps that entry and does not stop the others.
 */
export function* deleteEntries(
  engine: Engine,
  path: ByteString,
  names: readonly ByteString[],
  countOnly: boolean,
): Steps {
  engine.enter(path);
  if (!countOnly) engine.remote?.keepDirectory(path);
  yield* deleteInSteps(engine, path, names, { countOnly, filtered: !engine.job.deleteExcluded });
  if (!countOnly) engine.finalizeLater(path);
}

/**
 * Deletes names of one directory with everything in them.
 *
 * @returns whether all are gone; `false` when something was spared or failed
 */
export function deleteNames(
  engine: Engine,
  path: ByteString,
  names: readonly ByteString[],
  options: DeleteOptions,
): boolean {
  const steps = deleteInSteps(engine, path, names, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function* deleteInSteps(
  engine: Engine,
  path: ByteString,
  names: readonly ByteString[],
  options: DeleteOptions,
): Steps<boolean> {
  let isEmpty = true;
  const directories: FoundDirectory[] = [];
  for (const step of inSteps(names)) {
    const found = deleteLeaves(engine, path, step, options);
    directories.push(...found.directories);
    isEmpty &&= found.allGone;
    yield;
  }
  // The handle of the parent is closed by now, so that a deep tree needs no more handles than a flat one.
  for (const directory of directories) {
    if (!(yield* deleteDirectory(engine, path, directory, options))) isEmpty = false;
  }
  return isEmpty;
}

/** Whether no filter spares anything of a directory that has to make room: it goes as a whole, or stays as a whole. */
export function goesWhole(engine: Engine, parent: ByteString, name: ByteString): boolean {
  if (engine.job.deleteExcluded || engine.filter === admitAll) return true;
  using directory = engine.openDestination(parent);
  const stat = directory.statEntry(name);
  if (stat === undefined) return true;
  const path = joinBytes(parent, name);
  if (engine.filter.admits(path, stat) !== "yes") return false;
  engine.checkStopped();
  return stat.kind !== "directory" || namesOf(engine, path).every((child) => goesWhole(engine, path, child));
}

/** A directory among the names to delete. */
interface FoundDirectory {
  readonly name: ByteString;
  /** It stays; what a filter admits in it goes. */
  readonly keep: boolean;
}

/** Deletes what is no directory, and finds the directories. */
function deleteLeaves(
  engine: Engine,
  path: ByteString,
  names: readonly ByteString[],
  options: DeleteOptions,
): { directories: FoundDirectory[]; allGone: boolean } {
  const directories: FoundDirectory[] = [];
  let allGone = true;
  using parent = engine.openDestination(path);
  for (const name of names) {
    engine.checkStopped();
    const child = joinBytes(path, name);
    try {
      const stat = parent.statEntry(name);
      if (stat === undefined) continue;
      refuseSource(engine, stat);
      const admission = options.filtered ? engine.filter.admits(child, stat) : "yes";
      if (admission === "no") allGone = false;
      else if (stat.kind === "directory") {
        directories.push({ name, keep: admission === "walk" });
      } else {
        if (!options.countOnly) parent.removeFile(name);
        report(engine, child, stat.kind, options);
      }
    } catch (error) {
      allGone = false;
      reportFailure(engine, child, error, options);
    }
  }
  return { directories, allGone };
}

function* deleteDirectory(
  engine: Engine,
  parent: ByteString,
  { name, keep }: FoundDirectory,
  options: DeleteOptions,
): Steps<boolean> {
  const path = joinBytes(parent, name);
  try {
    const closedMode = options.countOnly ? undefined : openForDeleting(engine, path);
    if (!(yield* deleteInSteps(engine, path, namesOf(engine, path), options)) || keep) {
      if (closedMode !== undefined) setOwnMode(engine, path, closedMode);
      return false;
    }
    if (!options.countOnly) removeEmpty(engine, parent, name);
    report(engine, path, "directory", options);
    return true;
  } catch (error) {
    reportFailure(engine, path, error, options);
    return false;
  }
}

/**
 * A user who is not root cannot delete from a directory of his own without write permission. Returns the mode that it gets back
 * if it stays. One that cannot be read stays: nobody has seen what is in it, and a dry run could not tell.
 */
function openForDeleting(engine: Engine, path: ByteString): number | undefined {
  using directory = engine.openDestination(path);
  const { mode } = directory.stat();
  if (canStayOpen(engine, mode) || (mode & 0o500) !== 0o500) return undefined;
  directory.setMode(undefined, mode | 0o200);
  return mode;
}

function setOwnMode(engine: Engine, path: ByteString, mode: number): void {
  using directory = engine.openDestination(path);
  directory.setMode(undefined, mode);
}

/** What fails while entries are only counted fails again when they are deleted. */
function reportFailure(engine: Engine, path: ByteString, error: unknown, { countOnly }: DeleteOptions): void {
  if (countOnly && engine.job.mode === "write" && !engine.stopped) return;
  engine.handleFailure(path, error);
}

function namesOf(engine: Engine, path: ByteString): ByteString[] {
  using directory = engine.openDestination(path);
  return [...destinationNames(directory, () => engine.checkStopped()).names];
}

function removeEmpty(engine: Engine, parent: ByteString, name: ByteString): void {
  using directory = engine.openDestination(parent);
  directory.removeDirectory(name);
}

/** A mount can put the source inside the destination, where no path shows it. */
function refuseSource(engine: Engine, stat: Stat): void {
  if (engine.sourceIdentity === undefined || !isSameFile(stat, engine.sourceIdentity)) return;
  throw new BlitError("refused", `Cannot delete what turns out to be the source "${engine.job.shownSource}"`);
}

function report(engine: Engine, path: ByteString, kind: EntryKind, { countOnly }: DeleteOptions): void {
  if (isTemporaryName(path.slice(path.lastIndexOf("/") + 1) as ByteString)) return;
  if (engine.job.mode === "verify") return engine.outbox.difference(["extra"], kind, path);
  if (countOnly && engine.job.mode !== "plan") return engine.outbox.planDeletion();
  engine.outbox.counters.deleted++;
  engine.outbox.entry("delete", kind, () => path);
}
