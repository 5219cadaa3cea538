/**
 * One directory on both sides.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory, SourceDirectory, Stat } from "../../fs/types.ts";
import { lastName, parentPath, splitPath } from "../../paths/byte_path.ts";
import { asByteString, type ByteString, joinBytes } from "../../paths/bytes.ts";
import type { Engine } from "../threads/engine.ts";
import type { DestinationState } from "../threads/job.ts";

/** Directories stay closed to others until they have their contents and their metadata. */
export const NEW_DIRECTORY_MODE = 0o700;

/** How this directory's file system treats what is created in it, learned from the first file. */
export interface CreationHabits {
  readonly uid: number;
  readonly gid: number;
  /** A new file gets the mode that was asked for, less the umask. */
  readonly honoursMode: boolean;
}

/**
 * What is known of the destination: in a run that writes nothing, also that it would have been created (`planned`), or that it
 * may be there or not (`optional`).
 */
export type PairState = DestinationState | "planned" | "optional";

/** A directory of the source with the directory of the destination that it becomes. */
export class DirectoryPair {
  #destination: Directory | undefined;
  #isSuspended = false;
  #inheritsAcl: boolean | undefined;
  habits: CreationHabits | undefined;
  /** Something was created, replaced or removed here, so the directory's own time has moved. */
  touched = false;

  private constructor(
    readonly engine: Engine,
    readonly path: ByteString,
    readonly source: SourceDirectory,
    readonly state: PairState,
  ) {}

  /** Opens both sides; the destination only where it exists. The caller closes the pair. */
  static open(
    engine: Engine,
    path: ByteString,
    state: PairState,
    source: SourceDirectory = engine.openSource(path),
  ): DirectoryPair {
    const pair = new DirectoryPair(engine, path, source, state);
    if (state === "absent" || state === "planned") return pair;
    try {
      pair.#destination = engine.openDestination(path);
    } catch (error) {
      if (state === "optional" && isAbsence(error)) return pair;
      pair.close();
      throw error;
    }
    return pair;
  }

  /** The destination, if it exists. */
  get destination(): Directory | undefined {
    if (this.#isSuspended) this.#resume();
    return this.#destination;
  }

  /** Gives the handle back until it is needed again: more directories may be waiting for contents than can be open. */
  suspend(): void {
    if (this.#destination === undefined) return;
    this.#isSuspended = true;
    this.#destination.close();
    this.#destination = undefined;
  }

  #resume(): void {
    this.#destination = this.engine.openDestination(this.path);
    this.#isSuspended = false;
  }

  /** The destination, created with its parents where it does not exist yet. Marks the pair as touched. */
  ensureDestination(): Directory {
    this.touched = true;
    if (this.#isSuspended) this.#resume();
    return this.#destination ??= createPath(this.engine, this.path);
  }

  /** Reports the directories that a real run would create before it puts something here. */
  planDestination(): void {
    if (this.destination === undefined && this.state === "absent") planPath(this.engine, this.path);
  }

  /** Whether entries created here inherit an ACL. Asked once. */
  get inheritsAcl(): boolean {
    return this.#inheritsAcl ??= this.destination?.hasDefaultAcl() ?? false;
  }

  /** The path of an entry, relative to the root. */
  pathOf(name: ByteString): ByteString {
    return joinBytes(this.path, name);
  }

  /** An entry of the destination, `undefined` where there is none. */
  statDestination(name: ByteString): Stat | undefined {
    return this.destination?.statEntry(name);
  }

  close(): void {
    this.#isSuspended = false;
    this.source.close();
    this.#destination?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether opening a directory failed because there is none: nothing, or something else in its place. */
export function isAbsence(error: unknown): boolean {
  return error instanceof BlitError && ["not-found", "not-directory", "loop"].includes(error.code);
}

/** Opens a directory of the destination, creating what is missing on the way. Each new one gets its metadata at the end. */
function createPath(engine: Engine, path: ByteString): Directory {
  let current = engine.openDestination(asByteString(""));
  let done = asByteString("");
  for (const name of splitPath(path)) {
    done = joinBytes(done, name);
    using parent = current;
    current = openOrCreate(engine, parent, name, done);
  }
  return current;
}

function planPath(engine: Engine, path: ByteString): void {
  for (let end = path.indexOf("/"); path !== ""; end = path.indexOf("/", end + 1)) {
    const part = asByteString(end < 0 ? path : path.slice(0, end));
    if (!engine.plannedDirectories.has(part) && !exists(engine, part)) {
      engine.plannedDirectories.add(part);
      engine.outbox.counters.directoriesCreated++;
      engine.outbox.entry(isTaken(engine, part) ? "replace" : "create", "directory", () => part);
    }
    if (end < 0) return;
  }
}

function exists(engine: Engine, path: ByteString): boolean {
  try {
    engine.openDestination(path).close();
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** Whether something that is no directory has this path. */
function isTaken(engine: Engine, path: ByteString): boolean {
  try {
    using parent = engine.openDestination(parentPath(path));
    return parent.statEntry(lastName(path)) !== undefined;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** Puts a directory in the place of something else, which is put back if that fails. */
export function replaceByDirectory(engine: Engine, parent: Directory, name: ByteString): void {
  const old = engine.temporaryNames.next();
  parent.rename(name, old);
  try {
    parent.createDirectory(name, NEW_DIRECTORY_MODE);
  } catch (error) {
    parent.rename(old, name);
    throw error;
  }
  parent.removeFile(old);
}

function openOrCreate(engine: Engine, parent: Directory, name: ByteString, path: ByteString): Directory {
  const present = parent.statEntry(name);
  if (present?.kind !== "directory") {
    try {
      engine.remote?.keepDirectory(parentPath(path));
      if (present === undefined) parent.createDirectory(name, NEW_DIRECTORY_MODE);
      else replaceByDirectory(engine, parent, name);
      engine.outbox.counters.directoriesCreated++;
      engine.outbox.entry(present === undefined ? "create" : "replace", "directory", () => path);
      engine.finalizeLater(path);
      engine.finalizeLater(parentPath(path));
    } catch (error) {
      // Another engine needed the same parent at the same moment.
      if (!(error instanceof BlitError) || error.code !== "exists") throw error;
    }
  }
  return parent.openDirectory(name);
}
