/**
 * XXH128: the checksum that decides, over the wire, whether two files or two blocks hold the same bytes.
 *
 * It is as good as random against accidents and worth nothing against somebody who makes two contents with one hash on purpose; who
 * can write the source can write its content as well.
 *
 * @module
 */

import { createXXHash128, type IHasher } from "hash-wasm";

/** Bytes of a hash. */
export const HASH_BYTES = 16;

/** A hasher to be used over and over. Its memory is about 100 KiB; one a thread is enough. */
export class Xxh128 {
  readonly #hasher: IHasher;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  /** Compiles the code, which takes a few milliseconds; everything after it is synchronous. */
  static async create(): Promise<Xxh128> {
    return new Xxh128(await createXXHash128());
  }

  /** Begins a new hash; what was begun before is forgotten. */
  start(): this {
    this.#hasher.init();
    return this;
  }

  /** Adds bytes to the hash that was begun. */
  update(bytes: Uint8Array): this {
    this.#hasher.update(bytes);
    return this;
  }

  /** The hash of everything added: 16 bytes, the most significant first, as `xxh128sum` prints them. */
  digest(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#hasher.digest("binary"));
  }

  /** The hash of these bytes. */
  hash(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.start().update(bytes).digest();
  }

  /** The hashes of the blocks of these bytes, one after the other; the last block may be shorter. */
  hashBlocks(bytes: Uint8Array, blockBytes: number): Uint8Array<ArrayBuffer> {
    if (!Number.isSafeInteger(blockBytes) || blockBytes < 1) {
      throw new RangeError(`Cannot hash blocks of ${blockBytes} bytes`);
    }
    const count = Math.ceil(bytes.length / blockBytes);
    const hashes = new Uint8Array(count * HASH_BYTES);
    for (let i = 0; i < count; i++) {
      hashes.set(this.hash(bytes.subarray(i * blockBytes, (i + 1) * blockBytes)), i * HASH_BYTES);
    }
    return hashes;
  }
}
