/**
 * The payload of one record, read with a check before every step.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { MalformedRecord } from "./malformed.ts";

/**
 * Reads what {@linkcode ByteWriter} writes. Every method throws {@linkcode MalformedRecord} instead of reading past the end,
 * and nothing is allocated for a length or count that the rest of the payload cannot hold.
 */
export class ByteReader {
  #bytes: Uint8Array;
  #buffer: Buffer;
  #position = 0;
  #end = 0;

  /** @param bytes what payloads are views on; replaced by {@linkcode ByteReader.over} */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#buffer = asBuffer(bytes);
    this.#end = bytes.length;
  }

  /** Starts over with the bytes of a buffer from `start` to `end`, without allocating when it is the same buffer. */
  over(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#buffer = asBuffer(bytes);
    }
    this.#position = start;
    this.#end = end;
    return this;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  uint8(): number {
    this.#need(1);
    return this.#bytes[this.#position++];
  }

  uint32(): number {
    this.#need(4);
    const value = this.#buffer.readUInt32LE(this.#position);
    this.#position += 4;
    return value;
  }

  uint64(): number {
    const low = this.uint32();
    const high = this.uint32();
    if (high > 0x1f_ffff) throw new MalformedRecord("a number has more than 53 bits");
    return high * 0x1_0000_0000 + low;
  }

  /** See {@linkcode ByteWriter.varint}; only the shortest form of a number is accepted. */
  varint(): number {
    const first = this.uint8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let factor = 128;
    for (let count = 2; count <= 8; count++) {
      const byte = this.uint8();
      value += (byte & 0x7f) * factor;
      if (byte >= 0x80) {
        factor *= 128;
        continue;
      }
      if (byte === 0) throw new MalformedRecord("a number is longer than it has to be");
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedRecord("a number has more than 53 bits");
      return value;
    }
    throw new MalformedRecord("a number has more than 53 bits");
  }

  /** A variable-length number up to a bound. */
  varintUpTo(most: number, what: string): number {
    const value = this.varint();
    if (value > most) throw new MalformedRecord(`${what} is ${value}, at most ${most} is allowed`);
    return value;
  }

  /** See {@linkcode ByteWriter.signed}. */
  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** One of two bytes. */
  boolean(what: string): boolean {
    const value = this.uint8();
    if (value > 1) throw new MalformedRecord(`${what} is ${value}, not 0 or 1`);
    return value === 1;
  }

  /** How many items follow, each of at least `itemBytes`: more than `most`, or than the rest of the payload holds, is refused. */
  count(itemBytes: number, what: string, most: number): number {
    const value = this.varintUpTo(most, `number of ${what}`);
    if (value > this.remaining / itemBytes) {
      throw new MalformedRecord(`${value} ${what} do not fit into the ${this.remaining} bytes left`);
    }
    return value;
  }

  /** A view on the next bytes, which holds until the buffer is used again. */
  view(count: number): Uint8Array {
    this.#need(count);
    const start = this.#position;
    this.#position += count;
    return this.#bytes.subarray(start, this.#position);
  }

  /** A copy of the next bytes. */
  copy(count: number): Uint8Array<ArrayBuffer> {
    return this.view(count).slice() as Uint8Array<ArrayBuffer>;
  }

  /** The next bytes as a string. */
  byteString(count: number): ByteString {
    this.#need(count);
    const start = this.#position;
    this.#position += count;
    return asByteString(this.#buffer.toString("latin1", start, this.#position));
  }

  /** Throws unless everything was read: a record with a tail is not the record that it claims to be. */
  finish(): void {
    if (this.remaining > 0) throw new MalformedRecord(`${this.remaining} bytes are left over`);
  }

  #need(count: number): void {
    if (count > this.#end - this.#position) {
      throw new MalformedRecord(`${count} bytes expected, ${this.remaining} are left`);
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
