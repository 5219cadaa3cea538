/**
 * A file of the destination while it is being written, until it is complete and in its place.
 *
 * ```text
 * a new file          created under its own name; its time is set last, so an interrupted one never compares as equal
 * one that replaces   written under a temporary name, then renamed: there is always either the old or the new file
 * a large one from    the same, under a temporary name that a later run finds (kept_file.ts)
 *   another machine
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Directory, SinkFile, Stat } from "../../fs/types.ts";
import { type ByteString, displayName } from "../../paths/bytes.ts";
import { isSameFile, sameTime } from "../../plan/compare.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import { removeQuietly } from "../entries/create_node.ts";
import type { Entry } from "../entries/entry.ts";
import { completeNewFile } from "../entries/metadata.ts";
import { nameCollision } from "../entries/name_collision.ts";
import type { Engine } from "../threads/engine.ts";
import { adoptKept, closeQuietly, createKept, KEPT_BYTES, KEPT_MODE, type KeptFile } from "./kept_file.ts";
import { closeWritten, goneIsChanged, putInPlace, withFinalName } from "./place_file.ts";
import { isNameOf, removeOwnName } from "./temporary.ts";

/** Create it, fill its sink, then {@linkcode NewFile.place} it; {@linkcode NewFile.abandon} it after any failure. */
export class NewFile {
  #isPlaced = false;
  /** Absent where it is written under its own name. */
  #temporary: ByteString | undefined;
  /** Held by this process alone, under a name that a later run finds. */
  #isKept: boolean;
  /** What an interrupted run has left of it, in bytes from its start; whether that is right is not known. */
  readonly keptBytes: number;

  private constructor(
    readonly pair: DirectoryPair,
    readonly entry: Entry,
    readonly attributes: Attributes | undefined,
    readonly sink: SinkFile,
    readonly mode: number,
    { temporary, kept }: { temporary?: ByteString; kept?: KeptFile } = {},
  ) {
    this.#temporary = kept?.name ?? temporary;
    this.#isKept = kept !== undefined;
    this.keptBytes = kept?.bytes ?? 0;
  }

  /** The name under which it is written. */
  get name(): ByteString {
    return this.#temporary ?? this.entry.destinationName;
  }

  /** Creates it, empty. */
  static create(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile {
    if (!writesInPlace(pair.engine, entry)) return NewFile.createAside(pair, entry, attributes);
    const mode = creationMode(entry.source, attributes);
    const sink = createSink(pair, pair.ensureDestination(), entry.destinationName, mode);
    return new NewFile(pair, entry, attributes, sink, mode);
  }

  /** Creates it, empty, under a temporary name, whatever is in its place: one that other threads are to open for writing. */
  static createAside(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile {
    return NewFile.#createKept(pair, entry, attributes) ?? NewFile.#createTemporary(pair, entry, attributes);
  }

  /** Goes on with what an interrupted run has left of it, or creates it, always under a temporary name. */
  static resume(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile {
    const isRoot = pair.engine.fileSystem.capabilities.owners;
    const kept = adoptKept(pair.ensureDestination(), entry.destinationName, isRoot);
    if (kept !== undefined) return new NewFile(pair, entry, attributes, kept.sink, KEPT_MODE, { kept });
    return NewFile.createAside(pair, entry, attributes);
  }

  static #createKept(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile | undefined {
    const { engine } = pair;
    if (engine.remote === undefined || entry.source.size < KEPT_BYTES) return undefined;
    const kept = createKept(pair.ensureDestination(), entry.destinationName, engine.job.startedSeconds);
    return kept && new NewFile(pair, entry, attributes, kept.sink, KEPT_MODE, { kept });
  }

  static #createTemporary(pair: DirectoryPair, entry: Entry, attributes: Attributes | undefined): NewFile {
    const directory = pair.ensureDestination();
    const temporary = pair.engine.temporaryNames.next();
    // A remnant must be one that the next run can open.
    const mode = creationMode(entry.source, attributes) | 0o200;
    const sink = directory.createFile(temporary, mode);
    const file = new NewFile(pair, entry, attributes, sink, mode, { temporary });
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
    const { pair, entry, sink } = this;
    const { engine } = pair;
    // Learned from another file they would not hold: this one may have been created by another run, and closed to others.
    if (this.#isKept) pair.habits = undefined;
    const failure = completeNewFile(pair, sink, entry.source, this.attributes, this.mode);
    if (this.#isKept) pair.habits = undefined;
    if (failure !== undefined) engine.handleFailure(pair.pathOf(entry.name), failure);
    if (engine.job.flushFiles) engine.inSlowCall(() => sink.flush());
    // With the handle its lock goes: from then on nobody must find it and write to it.
    if (this.#isKept) this.#hide();
    closeWritten(engine, sink, entry.source.size);
    if (this.#temporary !== undefined) {
      putInPlace(
        pair,
        pair.ensureDestination(),
        this.#temporary,
        entry.destinationName,
        entry.destination !== undefined,
      );
    }
    this.#isPlaced = true;
  }

  /**
   * Removes it, unless it is in its place.
   *
   * @param keep leave it to a later run, where that can find it
   */
  abandon(keep = false): void {
    if (this.#isPlaced) return;
    if (keep && (this.#isKept || this.#temporary === undefined)) return closeQuietly(this.sink);
    if (this.#temporary === undefined) return this.#removeOwn(this.pair.ensureDestination());
    if (this.#isKept) return this.#removeKept(this.#temporary);
    closeQuietly(this.sink);
    removeQuietly(this.pair.ensureDestination(), this.#temporary);
  }

  /** A failure in words that people understand: they do not know the temporary name. */
  explain(thrown: unknown): unknown {
    return this.#temporary === undefined ? thrown : withFinalName(thrown, this.#temporary, this.entry.destinationName);
  }

  /** @throws {BlitError} "changed" when somebody has removed it: written once more, it will be there */
  #hide(): void {
    const hidden = this.pair.engine.temporaryNames.next();
    const directory = this.pair.ensureDestination();
    // What has this name by now could be the unfinished file of another run.
    if (!isNameOf(directory, this.name, this.sink.stat())) {
      throw new BlitError("changed", `Cannot rename "${displayName(this.name)}": another run has removed it`);
    }
    try {
      directory.rename(this.name, hidden);
    } catch (error) {
      throw goneIsChanged(error);
    }
    this.#temporary = hidden;
    this.#isKept = false;
  }

  /** While it is locked nobody else goes on with it. */
  #removeKept(name: ByteString): void {
    try {
      removeOwnName(this.pair.ensureDestination(), name, this.sink);
    } catch {
      // The failure that led here is what gets reported; a later run goes on with it, or removes it.
    }
    closeQuietly(this.sink);
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

/**
 * Permission bits to create with. Where there are attributes it is closed to others until it has them: with an ACL the bits of the
 * group say what the ACL may grant at most, and who is refused by it would pass as one of the others. They can only be set by those
 * who may write it.
 */
function creationMode({ mode }: Stat, attributes: Attributes | undefined): number {
  return attributes === undefined ? mode & 0o777 : (mode & 0o700) | 0o200;
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
