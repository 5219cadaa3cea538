/**
 * A file of which something is here already: an older version, or what an interrupted run has left.
 *
 * It is built under a temporary name. What an interrupted run has left of that is there already, the rest comes from the file that
 * is in its place. Each block is hashed as it is in the temporary file, so whatever it is made of, what is not the same at the
 * source is sent and takes its place. Behind the last block comes whatever the source has beyond.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { SourceFile, Stat } from "../../fs/types.ts";
import { HASH_BYTES, type Xxh128 } from "../../hash/xxh128.ts";
import type { RequestMode } from "../../wire/mod.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { reflink } from "../files/copy_content.ts";
import { NewFile } from "../files/new_file.ts";
import { countCopied } from "../files/place_file.ts";
import { runsOf } from "../files/zero_runs.ts";
import { blockBytesFor, RESERVE_BYTES } from "./sizes.ts";
import type { Question } from "./question.ts";

/** Bytes hashed for one request, at least one block: about 5 ms of work, after which others have their turn. */
const PART_BYTES = 4 * 1024 * 1024;

/** What one request is about: nothing outside may come as its answer. */
export interface Part {
  /** Where the next piece begins at the earliest. */
  position: number;
  readonly end: number;
  /** Between its pieces nothing is left out. */
  readonly isWhole: boolean;
}

/** Begin it, ask for its parts until there are none, then {@linkcode ResumedFile.finish}; or abandon it. */
export class ResumedFile {
  readonly pair: DirectoryPair;
  readonly entry: Entry;
  readonly #file: NewFile;
  readonly #blockBytes: number;
  /** What the temporary file had in the beginning, and how much of it counts. */
  #kept: SourceFile | undefined;
  readonly #keptBytes: number;
  /** The file in its place. */
  #old: SourceFile | undefined;
  /** Bytes of which there is something here. */
  readonly #baseBytes: number;
  #hashedBytes = 0;
  #isTailAsked = false;
  #receivedBytes = 0;
  #failure: { readonly error: unknown } | undefined;

  /** Opens what there is of it. */
  static begin({ pair, entry, attributes }: Pick<Question, "pair" | "entry" | "attributes">): ResumedFile {
    const file = NewFile.resume(pair, entry, attributes);
    try {
      return new ResumedFile(pair, entry, file);
    } catch (error) {
      file.abandon();
      throw file.explain(error);
    }
  }

  private constructor(pair: DirectoryPair, entry: Entry, file: NewFile) {
    this.pair = pair;
    this.entry = entry;
    this.#file = file;
    const { size } = entry.source;
    this.#blockBytes = blockBytesFor(size);
    try {
      const oldBytes = this.#openOld();
      this.#keptBytes = Math.min(size, this.#keepOrClone(oldBytes));
      const baseBytes = Math.min(size, Math.max(this.#keptBytes, oldBytes));
      // What ends in the middle of a block is not comparable with the block of the source.
      this.#baseBytes = baseBytes === size ? size : baseBytes - baseBytes % this.#blockBytes;
      if (file.sink.stat().size > this.#baseBytes) file.sink.truncate(this.#baseBytes);
      if (size >= RESERVE_BYTES && !this.#isSparse) file.sink.reserve(size);
    } catch (error) {
      this.#closeBase();
      throw error;
    }
  }

  /** Whether everything that is here is the same at the source, which has no more, and none of it is from an interrupted run. */
  get isUnchanged(): boolean {
    const { source, destination } = this.entry;
    return this.#failure === undefined && this.#receivedBytes === 0 && this.#file.keptBytes === 0 &&
      destination?.kind === "file" && destination.size === source.size;
  }

  /**
   * What is to be asked next, after hashing what there is for it; `undefined` when everything was asked.
   *
   * @throws whatever fails while it is read or written
   */
  next(hash: Xxh128): { mode: RequestMode; part: Part } | undefined {
    const { size } = this.entry.source;
    const start = this.#hashedBytes;
    if (start < this.#baseBytes) return this.#hashPart(hash, start);
    this.#closeBase();
    if (this.#isTailAsked || start === size) return undefined;
    this.#isTailAsked = true;
    return { mode: { kind: "range", start, end: size }, part: { position: start, end: size, isWhole: true } };
  }

  /** Writes a piece. Throws only what the peer is to blame for; whatever fails here is kept for the end. */
  write(part: Part, offset: number, content: Uint8Array): void {
    this.#advance(part, offset, content.length);
    if (this.#failure !== undefined) return;
    try {
      this.#file.sink.writeAt(content, content.length, offset);
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** Leaves a hole: behind what was here nothing was written. */
  skip(part: Part, offset: number, length: number): void {
    if (!part.isWhole) throw new BlitError("protocol", `Cannot take a hole at byte ${offset} for a block`);
    this.#advance(part, offset, length);
  }

  /** Everything has arrived: completes the file and puts it in its place. Throws whatever failed, now or before. */
  finish(): void {
    const { pair, entry } = this;
    try {
      if (this.#failure !== undefined) throw this.#failure.error;
      const { sink } = this.#file;
      if (sink.stat().size !== entry.source.size) sink.truncate(entry.source.size);
      this.#file.place();
    } catch (error) {
      this.abandon(false);
      throw this.#file.explain(error);
    }
    countCopied(pair.engine, pair, entry, this.#receivedBytes);
  }

  /** Gives it up; with `keep` a later run goes on with it. */
  abandon(keep: boolean): void {
    this.#closeBase();
    this.#file.abandon(keep && this.#failure === undefined);
  }

  get #isSparse(): boolean {
    const { size, allocatedBytes } = this.entry.source;
    return allocatedBytes < size;
  }

  /** Returns how many bytes the file in its place has; 0 where there is none. */
  #openOld(): number {
    const { destination, destinationName } = this.entry;
    if (destination?.kind !== "file") return 0;
    this.#old = this.pair.ensureDestination().openFile(destinationName, destination);
    return destination.size;
  }

  /** Returns how many bytes the temporary file has. */
  #keepOrClone(oldBytes: number): number {
    const { sink, keptBytes, name } = this.#file;
    let bytes = keptBytes;
    if (bytes === 0 && oldBytes > 0 && reflink(this.pair.engine, this.#old!, sink, this.entry.destination as Stat)) {
      bytes = sink.stat().size;
    }
    if (bytes > 0) this.#kept = this.pair.ensureDestination().openFile(name);
    return bytes;
  }

  #hashPart(hash: Xxh128, start: number): { mode: RequestMode; part: Part } {
    const blocks = Math.max(1, Math.floor(PART_BYTES / this.#blockBytes));
    const end = Math.min(this.#baseBytes, start + blocks * this.#blockBytes);
    const hashes = new Uint8Array(Math.ceil((end - start) / this.#blockBytes) * HASH_BYTES);
    for (let at = start; at < end; at += this.#blockBytes) {
      const block = this.#hashBlock(hash, at, Math.min(end, at + this.#blockBytes));
      hashes.set(block, (at - start) / this.#blockBytes * HASH_BYTES);
    }
    this.#hashedBytes = end;
    return {
      mode: { kind: "blocks", start, blockBytes: this.#blockBytes, hashes },
      part: { position: start, end, isWhole: false },
    };
  }

  #hashBlock(hash: Xxh128, start: number, end: number): Uint8Array {
    const { engine } = this.pair;
    hash.start();
    for (let position = start; position < end;) {
      engine.checkStopped();
      const piece = this.#readPiece(position, end);
      hash.update(piece);
      position += piece.length;
    }
    return hash.digest();
  }

  /** The next bytes as they are in the temporary file, into which the old ones are written on the way. */
  #readPiece(position: number, end: number): Uint8Array {
    const { buffer } = this.pair.engine;
    const isKept = position < this.#keptBytes;
    const most = Math.min(buffer.length, (isKept ? Math.min(end, this.#keptBytes) : end) - position);
    const file = isKept ? this.#kept! : this.#old!;
    const count = file.readAt(buffer, most, position);
    // It was cut meanwhile. There is nothing in the temporary file either, which reads as zeros.
    if (count === 0) return buffer.subarray(0, most).fill(0);
    const piece = buffer.subarray(0, count);
    if (!isKept) this.#writeOld(piece, position);
    return piece;
  }

  #writeOld(piece: Uint8Array<ArrayBuffer>, position: number): void {
    const { sink } = this.#file;
    if (!this.#isSparse) return sink.writeAt(piece, piece.length, position);
    for (const { start, end, isHole } of runsOf(piece, position)) {
      if (!isHole) sink.writeAt(piece.subarray(start - position, end - position), end - start, start);
    }
  }

  #advance(part: Part, offset: number, length: number): void {
    const isNext = part.isWhole ? offset === part.position : offset >= part.position;
    if (!isNext || offset + length > part.end) {
      throw new BlitError(
        "protocol",
        `Cannot take bytes ${offset} to ${offset + length}: asked were ${part.position} to ${part.end}`,
      );
    }
    part.position = offset + length;
    this.#receivedBytes += length;
  }

  #closeBase(): void {
    this.#kept?.close();
    this.#old?.close();
    this.#kept = this.#old = undefined;
  }
}
