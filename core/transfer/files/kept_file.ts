/**
 * Large files from another machine that replace something: they are written under a temporary name that follows from their own,
 * so that a later run finds what an interrupted one has left of them.
 *
 * Whoever writes such a file holds it alone, by an exclusive lock, from before the first byte until it has another name. So what
 * can be locked is a remnant, and it is safe to go on with it; where there are no locks no file gets such a name. Nobody but the
 * holder removes the name, and only while it is that of the file that is held: it may be another run's by then.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory, SinkFile, Stat } from "../../fs/types.ts";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { isNameOf, removeAbandoned, removeOwnName } from "./temporary.ts";

/** Files of at least this size are worth being gone on with; a smaller one travels again in less than 10 ms. */
export const KEPT_BYTES = 256 * 1024;
/** Closed to others until it is complete. */
export const KEPT_MODE = 0o600;

/** A file under its temporary name, held by this process alone until it is closed. */
export interface KeptFile {
  readonly name: ByteString;
  readonly sink: SinkFile;
  /** What it has of an interrupted run, in bytes. */
  readonly bytes: number;
}

/** The temporary name for a file of this name. Two names that share one only keep each other from being gone on with. */
export function keptName(name: ByteString): ByteString {
  const word = (seed: number): string => hashOf(name, seed).toString(16).padStart(8, "0");
  return asByteString(`.blit-${word(0x811c9dc5)}${word(0x01234567)}.tmp`);
}

/** Whether an interrupted run has left enough of a file, or another run is writing it. */
export function hasKept(directory: Directory, name: ByteString): boolean {
  const stat = directory.statEntry(keptName(name));
  return stat?.kind === "file" && stat.size >= KEPT_BYTES;
}

/** Creates the file, without what an interrupted run has left. `undefined` where another run has it, or there are no locks. */
export function createKept(directory: Directory, name: ByteString, startedSeconds: number): KeptFile | undefined {
  const kept = keptName(name);
  let sink: SinkFile;
  try {
    sink = directory.createFile(kept, KEPT_MODE);
  } catch (error) {
    if (!(error instanceof BlitError) || error.code !== "exists") throw error;
    return removeAbandoned(directory, kept, startedSeconds) ? createKept(directory, name, startedSeconds) : undefined;
  }
  try {
    if (lock(directory, kept, sink) !== undefined) return { name: kept, sink, bytes: 0 };
  } catch (error) {
    giveUp(directory, kept, sink);
    throw error;
  }
  giveUp(directory, kept, sink);
  return undefined;
}

/**
 * Closes what was created but not locked. Who has taken it for a remnant meanwhile removes it or goes on with it, and by now its
 * name may be that of another run's file, so it goes only where nobody else can have it.
 */
function giveUp(directory: Directory, kept: ByteString, sink: SinkFile): void {
  try {
    if (sink.tryHoldAlone() !== "busy") removeOwnName(directory, kept, sink);
  } catch {
    // What is left is empty, and the next run may remove it.
  }
  closeQuietly(sink);
}

/** Closes a file that is given up: what that could say concerns nobody. */
export function closeQuietly(sink: SinkFile): void {
  try {
    sink.close();
  } catch {
    // See above.
  }
}

/**
 * Takes over what an interrupted run has left of a file. `undefined` where that is nothing, somebody else's, or in use.
 *
 * @param isRoot this process may open everybody's files, so it has to look whose they are
 */
export function adoptKept(directory: Directory, name: ByteString, isRoot: boolean): KeptFile | undefined {
  const kept = keptName(name);
  let sink: SinkFile | undefined;
  try {
    if (directory.statEntry(kept)?.kind !== "file") return undefined;
    sink = directory.openForUpdate(kept);
    const stat = lock(directory, kept, sink);
    if (stat !== undefined && isOwn(stat, isRoot)) {
      // An interrupted run may have come as far as its attributes and its mode, which need not be those of today.
      // The mode goes first: without an ACL the bits of its mask would be the group's.
      if (stat.mode !== KEPT_MODE) sink.setMode(KEPT_MODE);
      if (directory.readAttributes(kept) !== undefined) sink.writeAttributes(undefined);
      return { name: kept, sink, bytes: stat.size };
    }
  } catch {
    // Whatever is in the way, the file can be written from its beginning.
  }
  if (sink !== undefined) closeQuietly(sink);
  return undefined;
}

/** Locks the file; what it is, if nobody else has it and it still has this name. */
function lock(directory: Directory, name: ByteString, sink: SinkFile): Stat | undefined {
  if (sink.tryHoldAlone() !== "held") return undefined;
  const stat = sink.stat();
  return isNameOf(directory, name, stat) ? stat : undefined;
}

/** What others could write to, by this name or another, they could change after it is in its place. */
function isOwn({ mode, uid, nlink }: Stat, isRoot: boolean): boolean {
  return nlink === 1 && (mode & 0o022) === 0 && (!isRoot || uid === 0);
}

/** FNV-1a. Nothing depends on it but that names rarely share a hash. */
function hashOf(name: ByteString, seed: number): number {
  let hash = seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
