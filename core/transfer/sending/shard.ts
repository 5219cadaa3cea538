/**
 * Small files on their way together.
 *
 * @module
 */

import type { ShardFile } from "../../wire/records.ts";
import { SHARD_BYTES, SHARD_FILES, SMALL_FILE_BYTES } from "./bounds.ts";
import type { Outlet, PieceBuffer } from "./outlet.ts";

/** Collects complete answers of up to {@linkcode SMALL_FILE_BYTES} each. */
export class Shard {
  #buffer: PieceBuffer | undefined;
  #files: ShardFile[] = [];
  #bytes = 0;

  constructor(readonly outlet: Outlet) {}

  /** Whether a small file, and one byte more, by which one that has grown shows, can be added. */
  get hasRoom(): boolean {
    const isFull = this.#bytes >= SHARD_BYTES || this.#files.length >= SHARD_FILES;
    return this.#buffer !== undefined && !isFull && this.#bytes + SMALL_FILE_BYTES < this.#buffer.bytes.length;
  }

  /** Sends what is together, if that is what it takes, and sees to it that there is room. */
  async makeRoom(): Promise<void> {
    if (this.hasRoom) return;
    this.flush();
    this.#buffer = await this.outlet.takeBuffer();
  }

  /** Where the next file is to be read to, with room for so many bytes: at most a small file and one byte more. */
  room(bytes: number): Uint8Array<ArrayBuffer> {
    return this.#buffer!.bytes.subarray(this.#bytes, this.#bytes + bytes);
  }

  /** Takes what was put into the room as the complete answer to a request. */
  add(request: number, length: number): void {
    this.#files.push({ request, unchanged: true, length });
    this.#bytes += length;
  }

  /** Sends what is together, and lets go of the buffer. */
  flush(): void {
    const buffer = this.#buffer;
    // In any case: what follows may take the same buffer.
    this.#buffer = undefined;
    if (buffer === undefined || this.#files.length === 0) return;
    const content = buffer.bytes.subarray(0, this.#bytes);
    this.outlet.sendFrom(buffer, { kind: "shard", files: this.#files, content });
    this.#files = [];
    this.#bytes = 0;
  }
}
