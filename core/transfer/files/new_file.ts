/**
 * A file of the destination while it is being written, until it is complete and in its place.
 *
 * ```text
 * a new file          created under its own name; its time is set last, so an interrupted one never compares as equal
 * one that replaces   written under a temporary name, then renamed: there is always either the old or the new file
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Directory, SinkFile, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { isSameFile, sameTime } from "../../plan/compare.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import { removeQuietly } from "../entries/create_node.ts";
import type { Entry } from "../entries/entry.ts";
import { completeNewFile } from "../entries/metadata.ts";
import { nameCollision } from "../entries/name_collision.ts";
import type { Engine } from "../threads/engine.ts";
import { closeWritten, putInPlace, withFinalName } from "./place_file.ts";

/** Create it, fill its sink, then {@linkcode NewFile.place} it; {@linkcode NewFile.abandon} it after any failure. */
export class NewFile {
  #isPlaced = false;

  private constructor(
    readonly pair: DirectoryPair,
    readonly entry: Entry,
    readonly attributes: Attributes | undefined,
    readonly sink: SinkFile,
    readonly mode: number,
    /** Absent where it is written under its own name. */
    readonly temporary: ByteString | undefined,
  ) {}

  /** Creates it, empty. */
  static create(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile {
    const directory = pair.ensureDestination();
    const mode = creationMode(entry.source, attributes);
    if (writesInPlace(pair.engine, entry)) {
      const sink = createSink(pair, directory, entry.destinationName, mode);
      return new NewFile(pair, entry, attributes, sink, mode, undefined);
    }
    const temporary = pair.engine.temporaryNames.next();
    // A remnant must be one that the next run can open.
    const sink = directory.createFile(temporary, mode | 0o200);
    const file = new NewFile(pair, entry, attributes, sink, mode | 0o200, temporary);
    try {
      sink.holdShared();
    } catch (error) {
      file.abandon();
      throw file.explain(error);
    }
    return file;
  }

  /** Sets the metadata, closes it and gives it its name. What cannot be kept of the metadata is reported; the content stays. */
  place(): void {
    const { pair, entry, sink, temporary } = this;
    const { engine } = pair;
    const failure = completeNewFile(pair, sink, entry.source, this.attributes, this.mode);
    if (failure !== undefined) engine.handleFailure(pair.pathOf(entry.name), failure);
    if (engine.job.flushFiles) engine.inSlowCall(() => sink.flush());
    closeWritten(engine, sink, entry.source.size);
    if (temporary !== undefined) {
      putInPlace(pair, pair.ensureDestination(), temporary, entry.destinationName, entry.destination !== undefined);
    }
    this.#isPlaced = true;
  }

  /** Removes it, unless it is in its place. */
  abandon(): void {
    if (this.#isPlaced) return;
    if (this.temporary === undefined) return this.#removeOwn(this.pair.ensureDestination());
    closeQuietly(this.sink);
    removeQuietly(this.pair.ensureDestination(), this.temporary);
  }

  /** A failure in words that people understand: they do not know the temporary name. */
  explain(thrown: unknown): unknown {
    return this.temporary === undefined ? thrown : withFinalName(thrown, this.temporary, this.entry.destinationName);
  }

  /** Removes an unfinished file, unless somebody has put another one in its place. */
  #removeOwn(directory: Directory): void {
    const { source, destinationName } = this.entry;
    try {
      const present = directory.statEntry(destinationName);
      if (present !== undefined && isOurs(this.sink, present, source)) directory.removeFile(destinationName);
    } catch {
      // The failure that led here is what gets reported; the unfinished file has a time of its own and is copied again.
    }
    closeQuietly(this.sink);
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
