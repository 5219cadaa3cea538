/**
 * One file by one engine: opened, copied, checked, completed, put in place.
 *
 * ```text
 * a new file          created under its own name; its time is set last, so an interrupted one never compares as equal
 * one that replaces   written under a temporary name, then renamed: there is always either the old or the new file
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Directory, SinkFile, SourceFile, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { isSameFile, isUntouched, sameTime } from "../../plan/compare.ts";
import { copyContent } from "./copy_content.ts";
import { removeQuietly } from "../entries/create_node.ts";
import type { Engine } from "../threads/engine.ts";
import type { Entry } from "../entries/entry.ts";
import { completeNewFile } from "../entries/metadata.ts";
import { nameCollision } from "../entries/name_collision.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import { closeWritten, COPY_ATTEMPTS, countCopied, putInPlace, sourceChanged, withFinalName } from "./place_file.ts";

/** Copies a file from its start to its end. A source that changed meanwhile is copied once more. */
export function copyWhole(pair: DirectoryPair, entry: Entry): void {
  for (let attempt = 1;; attempt++) {
    try {
      const bytes = copyOnce(pair, entry);
      return countCopied(pair.engine, pair, entry, bytes);
    } catch (error) {
      if (!(error instanceof BlitError) || error.code !== "changed" || attempt === COPY_ATTEMPTS) throw error;
      const source = pair.source.statEntry(entry.name);
      if (source?.kind !== "file") throw error;
      entry = { ...entry, source };
    }
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
    closeWritten(pair.engine, sink, entry.source.size);
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
    closeWritten(pair.engine, sink, entry.source.size);
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
  if (pair.engine.job.flushFiles) pair.engine.inSlowCall(() => sink.flush());
}
