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

  /** Whether nothing waits in it. */
  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** Room for a file and one byte more, by which one that has grown shows. Valid until the next call. */
  async room(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#bytes >= SHARD_BYTES || this.#files.length >= SHARD_FILES || !this.#hasRoom()) this.flush();
    this.#buffer ??= await this.outlet.takeBuffer();
    return this.#buffer.bytes.subarray(this.#bytes, this.#bytes + SMALL_FILE_BYTES + 1);
  }

  #hasRoom(): boolean {
    return this.#buffer === undefined || this.#bytes + SMALL_FILE_BYTES < this.#buffer.bytes.length;
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
    if (buffer === undefined || this.isEmpty) return;
    const content = buffer.bytes.subarray(0, this.#bytes);
    this.outlet.sendFrom(buffer, { kind: "shard", files: this.#files, content });
    this.#files = [];
    this.#bytes = 0;
  }
}
