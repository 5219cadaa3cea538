/**
 * Bytes to records. Knows no input or output: bytes are put into its buffer, records come out.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type BufferBudget, threadBuffers } from "../buffer_budget.ts";
import { ByteReader, decodeRecord, describeType, MalformedRecord, typeOf } from "../codec/mod.ts";
import { MAX_PAYLOAD_BYTES } from "../limits.ts";
import type { AbortRecord, Role, WireRecord } from "../records.ts";
import { checksum, CHECKSUM_AT, HEADER_BYTES, TYPE_AT } from "./frame.ts";

/** Bytes of the buffer as long as frames are small; a frame that needs more gets it after its length was checked. */
const FIRST_BYTES = 64 * 1024;
/** Less free space than this behind the bytes is not worth a read of its own. */
const WORTHWHILE_BYTES = 16 * 1024;

/** A position before every other. */
const UNKNOWN = -1;
const ABORT_TYPE = typeOf("abort");

/** Options of {@linkcode FrameReader}. */
export interface FrameReaderOptions {
  /** The role of the peer: what it may send. */
  sender: Role;
  /** The peer, for messages. */
  peer: string;
  /** Where buffers for large frames come from. @default {threadBuffers} */
  budget?: BufferBudget;
}

/** Takes records out of bytes that arrive in any portions. */
export class FrameReader {
  /** Records read so far; the number of the current one. */
  records = 0;
  readonly #small = new Uint8Array(FIRST_BYTES);
  /** The small buffer, or one of the budget. */
  #bytes: Uint8Array<ArrayBuffer> = this.#small;
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;
  /** Bytes that the frame at the start needs in all, as far as known. */
  #frameBytes = HEADER_BYTES;
  /** Bytes of the largest frame since the buffer was empty. */
  #largestBytes = 0;
  /** Up to here no frame is an `abort`, so that many small portions of bytes cost no more than a large one. */
  #scannedTo = UNKNOWN;
  /** Number of the last record before that. */
  #scannedRecords = 0;
  readonly #payload = new ByteReader();
  readonly #sender: Role;
  readonly #peer: string;
  readonly #budget: BufferBudget;

  constructor({ sender, peer, budget = threadBuffers }: FrameReaderOptions) {
    this.#sender = sender;
    this.#peer = peer;
    this.#budget = budget;
  }

  /** Bytes that are here and not part of a record that came out. */
  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /**
   * Free space behind the bytes, which may be filled while the last record is still in use; `undefined` when there is too
   * little of it.
   */
  spareRoom(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes.length - this.#end < WORTHWHILE_BYTES ? undefined : this.#bytes.subarray(this.#end);
  }

  /** Free space for at least one byte of the frame at the start. Moves bytes: content of the last record is lost. */
  room(): Uint8Array<ArrayBuffer> {
    const isEmpty = this.#start === this.#end;
    const length = this.#bytes.length;
    const sizes = { wanted: 2 * this.#frameBytes, least: this.#frameBytes };
    if (this.#frameBytes > length || (this.#frameBytes > FIRST_BYTES && this.#budget.hasMoreThan(length, sizes))) {
      this.#moveTo(this.#budget.take(sizes));
    } else if (isEmpty && this.#largestBytes <= FIRST_BYTES) {
      this.#moveTo(this.#small);
    } else if (isEmpty || this.#start + this.#frameBytes > length) {
      this.#moveTo(this.#bytes);
    }
    if (isEmpty) this.#largestBytes = 0;
    return this.#bytes.subarray(this.#end);
  }

  /**
   * Nothing is read any more, and nothing is being read into the buffer.
   *
   * @param isUnused nobody looks at the content of the last record any more, so that another reader can have the buffer
   */
  release({ isUnused }: { isUnused: boolean }): void {
    this.#start = this.#end = 0;
    if (isUnused) return this.#moveTo(this.#small);
    if (this.#bytes !== this.#small) this.#budget.forget(this.#bytes);
    this.#bytes = this.#small;
  }

  /** This many bytes were put into what `room` or `spareRoom` returned. */
  filled(count: number): void {
    this.#end += count;
  }

  /**
   * The next record, or `undefined` when more bytes are needed. Its content holds until `room` is called.
   *
   * @throws {BlitError} `protocol`, with the number of the record, when the bytes are none
   */
  next(): WireRecord | undefined {
    const available = this.#end - this.#start;
    if (available < HEADER_BYTES) {
      this.#frameBytes = HEADER_BYTES;
      return undefined;
    }
    const length = this.#view.getUint32(this.#start, true);
    const type = this.#bytes[this.#start + TYPE_AT];
    if (length > MAX_PAYLOAD_BYTES) {
      throw this.#broken(type, `payload of ${length} bytes announced, at most ${MAX_PAYLOAD_BYTES} are allowed`, 1);
    }
    this.#frameBytes = HEADER_BYTES + length;
    if (available < this.#frameBytes) return undefined;
    return this.#take(type);
  }

  /** An `abort` among the records that are here already, wherever it is; bytes that make no sense are none. */
  findAbort(): AbortRecord | undefined {
    if (this.#scannedTo < this.#start) {
      this.#scannedTo = this.#start;
      this.#scannedRecords = this.records;
    }
    while (this.#end - this.#scannedTo >= HEADER_BYTES) {
      const start = this.#scannedTo;
      const end = start + HEADER_BYTES + this.#view.getUint32(start, true);
      if (end > this.#end) return undefined;
      this.#scannedTo = end;
      this.#scannedRecords++;
      if (this.#bytes[start + TYPE_AT] === ABORT_TYPE && this.#isIntact(this.#scannedRecords, start, end)) {
        return this.#decodeAbort(start + HEADER_BYTES, end);
      }
    }
    return undefined;
  }

  /** What to say when the bytes end here. */
  describeEnd(): string {
    return this.bufferedBytes === 0
      ? `after record ${this.records}, without an end`
      : `in the middle of record ${this.records + 1}`;
  }

  #take(type: number): WireRecord {
    const start = this.#start;
    const end = start + this.#frameBytes;
    this.records++;
    if (!this.#isIntact(this.records, start, end)) throw this.#broken(type, "wrong checksum");
    this.#start = end;
    this.#largestBytes = Math.max(this.#largestBytes, this.#frameBytes);
    try {
      return decodeRecord(type, this.#payload.over(this.#bytes, start + HEADER_BYTES, end), this.#sender);
    } catch (error) {
      if (error instanceof MalformedRecord) throw this.#broken(type, error.message);
      throw error;
    }
  }

  #isIntact(number: number, start: number, end: number): boolean {
    const expected = this.#view.getUint32(start + CHECKSUM_AT, true);
    return checksum(number, this.#bytes.subarray(start + TYPE_AT, end)) === expected;
  }

  #decodeAbort(start: number, end: number): AbortRecord | undefined {
    try {
      const record = decodeRecord(ABORT_TYPE, this.#payload.over(this.#bytes, start, end), this.#sender);
      return record.kind === "abort" ? record : undefined;
    } catch (error) {
      if (error instanceof MalformedRecord) return undefined; // whoever reads up to it tells
      throw error;
    }
  }

  #moveTo(bytes: Uint8Array<ArrayBuffer>): void {
    const buffered = this.#bytes.subarray(this.#start, this.#end);
    bytes.set(buffered); // overlapping copies come out right
    this.#scannedTo = this.#scannedTo < this.#start ? UNKNOWN : this.#scannedTo - this.#start;
    this.#end = buffered.length;
    this.#start = 0;
    if (bytes === this.#bytes) return;
    if (this.#bytes !== this.#small) this.#budget.give(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #broken(type: number, what: string, ahead = 0): BlitError {
    const record = `record ${this.records + ahead} (${describeType(type)})`;
    return new BlitError("protocol", `Cannot understand "${this.#peer}": ${record}: ${what}`);
  }
}
