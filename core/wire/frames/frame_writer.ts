/**
 * Records to bytes. Knows no input or output: records go in, pieces to send come out.
 *
 * @module
 */

import { ByteWriter, describeType, encodeRecord, typeOf } from "../codec/mod.ts";
import { COPIED_CONTENT_BYTES, MAX_PAYLOAD_BYTES, QUEUE_BYTES } from "../limits.ts";
import type { WireRecord } from "../records.ts";
import { checksum, CHECKSUM_AT, continueChecksum, HEADER_BYTES, TYPE_AT } from "./frame.ts";

/** Bytes to send: a batch of small records, or content in the buffer of whoever wrote it. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** What the bytes are in, for {@linkcode FrameWriter.giveBack}; `undefined` for content. */
  readonly batch?: ByteWriter;
  /** The bytes have left: their buffer belongs to its owner again. */
  onSent?: () => void;
  /** They never will. */
  onFailed?: (reason: unknown) => void;
}

/** Batches kept for reuse: one is being filled while the other is on its way. */
const KEPT_BATCHES = 2;
/** A batch that had to grow beyond this is not kept. */
const KEPT_BATCH_BYTES = 2 * QUEUE_BYTES;

/** Frames records into batches; large content is passed on without being copied. */
export class FrameWriter {
  /** Records framed so far. */
  records = 0;
  #batch = new ByteWriter();
  #pieces: Piece[] = [];
  #pieceBytes = 0;
  readonly #spare: ByteWriter[] = [];

  /** Bytes that were not taken yet. */
  get queuedBytes(): number {
    return this.#pieceBytes + this.#batch.length;
  }

  /**
   * Frames a record.
   *
   * @returns the piece that refers to the caller's buffer, or `undefined` when everything has been copied
   * @throws {RangeError} when the record breaks a bound of the protocol; nothing of it is sent then
   */
  add(record: WireRecord): Piece | undefined {
    const batch = this.#batch;
    const start = batch.reserve(HEADER_BYTES);
    try {
      return this.#frame(record, start);
    } catch (error) {
      batch.length = start;
      throw error;
    }
  }

  /** Everything that can be sent next in one write; `undefined` when there is nothing. */
  take(): Piece | undefined {
    if (this.#pieces.length === 0) this.#seal();
    const piece = this.#pieces.shift();
    if (piece !== undefined) this.#pieceBytes -= piece.bytes.length;
    return piece;
  }

  /** Lets the memory of a batch be used again. */
  giveBack({ batch }: Piece): void {
    if (batch === undefined || batch.capacity > KEPT_BATCH_BYTES || this.#spare.length >= KEPT_BATCHES) return;
    batch.length = 0;
    this.#spare.push(batch);
  }

  #frame(record: WireRecord, start: number): Piece | undefined {
    const batch = this.#batch;
    const content = encodeRecord(batch, record);
    const ownBytes = batch.length - start - HEADER_BYTES;
    const payloadBytes = ownBytes + (content?.length ?? 0);
    const type = typeOf(record.kind);
    if (payloadBytes > MAX_PAYLOAD_BYTES) {
      const most = `at most ${MAX_PAYLOAD_BYTES} are allowed`;
      throw new RangeError(`Cannot encode a record (${describeType(type)}) of ${payloadBytes} bytes: ${most}`);
    }
    batch.setUint32(start, payloadBytes);
    batch.setUint8(start + TYPE_AT, type);
    this.records++;
    const own = checksum(this.records, batch.written(start + TYPE_AT));
    batch.setUint32(start + CHECKSUM_AT, content === undefined ? own : continueChecksum(own, content));
    return content === undefined ? undefined : this.#addContent(content);
  }

  #addContent(content: Uint8Array): Piece | undefined {
    if (content.length <= COPIED_CONTENT_BYTES) {
      this.#batch.bytes(content);
      return undefined;
    }
    this.#seal();
    const piece: Piece = { bytes: content };
    this.#push(piece);
    return piece;
  }

  #seal(): void {
    if (this.#batch.length === 0) return;
    this.#push({ bytes: this.#batch.written(), batch: this.#batch });
    this.#batch = this.#spare.pop() ?? new ByteWriter();
  }

  #push(piece: Piece): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.bytes.length;
  }
}
