/**
 * One file: opened, copied, checked, completed, put in place.
 *
 * ```text
 * a new file          created under its own name; its time is set last, so an interrupted one never compares as equal
 * one that replaces   written under a temporary name, then renamed: there is always either the old or the new file
 * a large one         split into ranges for several engines, under a temporary name (ranges.ts)
 * ```
 *
 * @module
 */

import { BlitError, toBlitError } from "../errors.ts";
import type { Attributes, Directory, SinkFile, SourceFile, Stat } from "../fs/types.ts";
import { type ByteString, displayName, displayPath } from "../paths/bytes.ts";
import { isSameFile, isUntouched, sameTime } from "../plan/compare.ts";
import { copyContent } from "./copy_content.ts";
import { removeQuietly } from "./create_node.ts";
import { nameCollision } from "./name_collision.ts";
import type { Engine } from "./engine.ts";
import { completeNewFile } from "./metadata.ts";
import type { DirectoryPair } from "./pair.ts";
import type { Entry } from "./process_entry.ts";
import { startRanges } from "./ranges.ts";

/** Tries for one file: a source that changed while it was copied is copied once more. */
export const COPY_ATTEMPTS = 2;

/** Copies a file, or reports that it would be copied. */
export function copyFile(pair: DirectoryPair, entry: Entry): void {
  const { engine } = pair;
  if (engine.job.mode === "plan") {
    pair.planDestination();
    if (entry.source.nlink > 1) engine.links.markRewritten(entry.source);
    return countCopied(engine, pair, entry, entry.source.size);
  }
  if (startRanges(pair, entry)) return;
  for (let attempt = 1;; attempt++) {
    try {
      const bytes = copyOnce(pair, entry);
      return countCopied(engine, pair, entry, bytes);
    } catch (error) {
      if (!(error instanceof BlitError) || error.code !== "changed" || attempt === COPY_ATTEMPTS) throw error;
      const source = pair.source.statEntry(entry.name);
      if (source?.kind !== "file") throw error;
      entry = { ...entry, source };
    }
  }
}

/** Counts and reports a file that is in place. */
export function countCopied(engine: Engine, pair: DirectoryPair, entry: Entry, bytes: number): void {
  engine.outbox.counters.filesCopied++;
  engine.outbox.counters.bytesCopied += bytes;
  const action = entry.destination === undefined ? "create" : "replace";
  engine.outbox.entry(action, "file", () => pair.pathOf(entry.name), bytes);
}

/** The error for a source that was not the same before and after. */
export function sourceChanged(engine: Engine, path: ByteString): BlitError {
  const readable = displayPath(engine.job.source, path);
  return new BlitError("changed", `Cannot copy "${readable}": it changed while it was read`, { path: readable });
}

/** Puts a complete temporary file in its place. Where nothing was, nothing may be replaced. */
export function putInPlace(
  pair: DirectoryPair,
  directory: Directory,
  temporary: ByteString,
  name: ByteString,
  replaces: boolean,
): void {
  try {
    if (replaces) return directory.rename(temporary, name);
    directory.moveHere(directory, temporary, name);
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
    if (error.code === "exists") throw nameCollision(pair, name);
    // Between closing and renaming a concurrent run took it for a remnant: copied once more, it will be there.
    if (error.code === "not-found") throw new BlitError("changed", error.message, { cause: error });
    throw error;
  }
}

function copyOnce(pair: DirectoryPair, entry: Entry): number {
  const source = pair.source.openFile(entry.name, entry.source);
  try {
    const attributes = source.readAttributes();
    const directory = pair.ensureDestination();
    const mode = creationMode(entry.source, attributes);
    if (writesInPlace(pair.engine, entry)) {
      return copyInPlace(
        pair,
        entry,
        source,
        attributes,
        createSink(pair, directory, entry.destinationName, mode),
        mode,
      );
    }
    return copyAndRename(pair, entry, source, attributes, directory, mode);
  } finally {
    source.close();
  }
}

/**
 * Whether a new file may be written under its own name. Not where a later run would take an interrupted one for complete
 * because it looks at the name or the size only.
 */
function writesInPlace(engine: Engine, { destination }: Entry): boolean {
  const { content } = engine.job.rules;
  return destination === undefined && content !== "size-only" && content !== "ignore-existing";
}

/** Permission bits to create with. Attributes of a file can only be set by those who may write it. */
function creationMode({ mode }: Stat, attributes: Attributes | undefined): number {
  return attributes === undefined ? mode & 0o777 : (mode & 0o777) | 0o200;
}

function createSink(pair: DirectoryPair, directory: Directory, name: ByteString, mode: number): SinkFile {
  try {
    return directory.createFile(name, mode);
  } catch (error) {
    if (error instanceof BlitError && error.code === "exists") throw nameCollision(pair, name);
    throw error;
  }
}

function copyInPlace(
  pair: DirectoryPair,
  entry: Entry,
  source: SourceFile,
  attributes: Attributes | undefined,
  sink: SinkFile,
  mode: number,
): number {
  let complete = false;
  try {
    const bytes = fill(pair, entry, source, sink);
    finish(pair, entry, sink, attributes, mode);
    sink.close(); // some file systems say only now that a write failed
    complete = true;
    return bytes;
  } finally {
    if (!complete) abandon(pair.destination!, entry, sink);
  }
}

/** Removes an unfinished file, unless somebody has put another one in its place. */
function abandon(directory: Directory, { source, destinationName }: Entry, sink: SinkFile): void {
  try {
    const present = directory.statEntry(destinationName);
    if (present !== undefined && isOurs(sink, present, source)) directory.removeFile(destinationName);
  } catch {
    // The failure that led here is what gets reported; the unfinished file has a time of its own and is copied again.
  }
  closeQuietly(sink);
}

/** Whether an entry is the file behind a sink; after a failed close, whether it has the time that was set just before. */
function isOurs(sink: SinkFile, present: Stat, source: Stat): boolean {
  try {
    return isSameFile(sink.stat(), present);
  } catch {
    return present.kind === "file" && sameTime(source, present, 1);
  }
}

function closeQuietly(sink: SinkFile): void {
  try {
    sink.close();
  } catch {
    // What it could say concerns a file that is given up.
  }
}

function copyAndRename(
  pair: DirectoryPair,
  entry: Entry,
  source: SourceFile,
  attributes: Attributes | undefined,
  directory: Directory,
  mode: number,
): number {
  const temporary = pair.engine.temporaryNames.next();
  // A remnant must be one that the next run can open.
  const sink = directory.createFile(temporary, mode | 0o200);
  let placed = false;
  try {
    sink.holdShared();
    const bytes = fill(pair, entry, source, sink);
    finish(pair, entry, sink, attributes, mode | 0o200);
    sink.close();
    putInPlace(pair, directory, temporary, entry.destinationName, entry.destination !== undefined);
    placed = true;
    return bytes;
  } catch (error) {
    throw withFinalName(error, temporary, entry.destinationName);
  } finally {
    if (!placed) {
      closeQuietly(sink);
      removeQuietly(directory, temporary);
    }
  }
}

/** People know the file by its name, not by the temporary one. */
function withFinalName(thrown: unknown, temporary: ByteString, name: ByteString): BlitError {
  const { code, message, hint } = toBlitError(thrown);
  const options = { cause: thrown, ...(hint === undefined ? {} : { hint }) };
  return new BlitError(code, message.replace(temporary, displayName(name)), options);
}

/** Copies the content and makes sure that it is one moment of the source. */
function fill(pair: DirectoryPair, entry: Entry, source: SourceFile, sink: SinkFile): number {
  const { engine } = pair;
  const bytes = copyContent(engine, source, sink, entry.source);
  const isComplete = bytes === entry.source.size || entry.source.size === 0;
  if (!isComplete || !isUntouched(entry.source, source.stat())) {
    throw sourceChanged(engine, pair.pathOf(entry.name));
  }
  return bytes;
}

/** Sets the metadata. What cannot be kept is reported; the content stays. */
function finish(
  pair: DirectoryPair,
  entry: Entry,
  sink: SinkFile,
  attributes: Attributes | undefined,
  mode: number,
): void {
  const failure = completeNewFile(pair, sink, entry.source, attributes, mode);
  if (failure !== undefined) pair.engine.handleFailure(pair.pathOf(entry.name), failure);
  if (pair.engine.job.flushFiles) sink.flush();
}
