/**
 * Bytes in a buffer that grows, for many records one after the other.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ByteString } from "../../paths/bytes.ts";

/** Names shorter than this are written faster character by character than by a call. */
const SHORT_NAME = 24;

/** Writes little-endian numbers, variable-length numbers and byte strings. */
export class ByteWriter {
  /** Bytes written so far. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #buffer: Buffer;

  /** @param capacity bytes to begin with */
  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#buffer = Buffer.from(this.#bytes.buffer);
  }

  /** Bytes that it holds without growing. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** What was written from `start` on; a view that holds until the next write. */
  written(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(start, this.length);
  }

  /** Skips bytes that are filled in later, and returns where they are. */
  reserve(count: number): number {
    this.#ensure(count);
    const start = this.length;
    this.length += count;
    return start;
  }

  setUint8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  uint8(value: number): void {
    if (this.length === this.#bytes.length) this.#ensure(1);
    this.#bytes[this.length++] = value;
  }

  uint32(value: number): void {
    if (!(value >= 0 && value <= 0xffff_ffff)) throw notEncodable(value);
    const at = this.reserve(4); // first, since it may replace the view
    this.#view.setUint32(at, value, true);
  }

  /** 53 bits in eight bytes. */
  uint64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw notEncodable(value);
    const at = this.reserve(8);
    this.#view.setUint32(at, value % 0x1_0000_0000, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw notEncodable(value);
    if (this.length + 8 > this.#bytes.length) this.#ensure(8);
    const bytes = this.#bytes;
    let rest = value;
    let at = this.length;
    while (rest >= 0x8000_0000) {
      bytes[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** A variable-length number with a sign: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Bytes as they are. */
  bytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A byte string as it is, without its length. */
  byteString(text: ByteString): void {
    const at = this.reserve(text.length);
    if (text.length >= SHORT_NAME) {
      this.#buffer.write(text, at, text.length, "latin1");
      return;
    }
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
  }

  #ensure(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
    this.#buffer = Buffer.from(grown.buffer);
  }
}

function notEncodable(value: number): RangeError {
  return new RangeError(`Cannot encode ${value}: not a whole number in the range that the wire has`);
}
