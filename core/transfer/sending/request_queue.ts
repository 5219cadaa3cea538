/**
 * Requests of the sink that wait for their answer.
 *
 * @module
 */

import { HASH_BYTES } from "../../hash/xxh128.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { RequestMode, WireRequest } from "../../wire/records.ts";
import { MOST_HASH_BYTES, MOST_REQUESTS } from "./bounds.ts";
import { type ListedDirectories, type ListedFile, protocolError } from "./listed_directories.ts";

/** A request whose target was found to be one that may be asked for. */
export interface Request {
  readonly id: number;
  /** What this lane has listed, or a path that another lane has. */
  readonly target: { readonly listed: ListedFile } | { readonly path: readonly ByteString[] };
  readonly mode: RequestMode;
}

/** Requests in the order in which they came, at most {@linkcode MOST_REQUESTS}. */
export class RequestQueue {
  readonly #ids = new Set<number>();
  #requests: Request[] = [];
  #next = 0;
  #hashBytes = 0;

  constructor(readonly directories: ListedDirectories) {}

  /** Whether a request waits. */
  get hasMore(): boolean {
    return this.#next < this.#requests.length;
  }

  /** Requests without a complete answer. */
  get unanswered(): number {
    return this.#ids.size;
  }

  /** @throws {BlitError} "protocol" when it asks for what it was not told of, or for too much */
  add(requests: readonly WireRequest[]): void {
    for (const { id, target, mode } of requests) {
      if (this.#ids.has(id)) throw protocolError(`it repeats request ${id}, which is not answered yet`);
      if (this.#ids.size >= MOST_REQUESTS) throw protocolError(`it has more than ${MOST_REQUESTS} open requests`);
      this.#hashBytes += hashBytesOf(mode);
      if (this.#hashBytes > MOST_HASH_BYTES) {
        throw protocolError(`its open requests have more than ${MOST_HASH_BYTES} bytes of hashes`);
      }
      this.#requests.push({ id, target: this.#locate(target, mode), mode });
      this.#ids.add(id);
    }
  }

  /** The next request. It counts as open until {@linkcode answered}. */
  take(): Request | undefined {
    if (!this.hasMore) return undefined;
    const request = this.#requests[this.#next++];
    if (this.#next === this.#requests.length) {
      this.#requests = [];
      this.#next = 0;
    } else if (this.#next >= MOST_REQUESTS) {
      this.#requests.splice(0, this.#next);
      this.#next = 0;
    }
    return request;
  }

  /** The last record of an answer has been handed over. */
  answered({ id, mode }: Request): void {
    this.#ids.delete(id);
    this.#hashBytes -= hashBytesOf(mode);
  }

  #locate(target: WireRequest["target"], mode: RequestMode): Request["target"] {
    if (target.by === "path") {
      if (target.path.length === 0) throw protocolError("it asks for the content of the root");
      return { path: target.path };
    }
    const listed = this.directories.find(target.directory, target.index);
    const beyond = firstByteBeyond(mode, listed.toldBytes);
    if (beyond !== undefined) {
      throw protocolError(`it asks for byte ${beyond} of a file of ${listed.toldBytes} bytes`);
    }
    return { listed };
  }
}

/** A byte that a request names and that a file of this size does not have. */
export function firstByteBeyond(mode: RequestMode, size: number): number | undefined {
  if (mode.kind === "range") return mode.end > size ? mode.end - 1 : undefined;
  if (mode.kind !== "blocks") return undefined;
  // The last block may be cut by the end of the file, but it has to begin before it.
  const lastStart = mode.start + (mode.hashes.length / HASH_BYTES - 1) * mode.blockBytes;
  return lastStart >= size ? lastStart : undefined;
}

function hashBytesOf(mode: RequestMode): number {
  return mode.kind === "blocks" ? mode.hashes.length : 0;
}
