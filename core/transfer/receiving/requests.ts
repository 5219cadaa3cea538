/**
 * What this side asks of the source: the ids, and what has not been sent yet.
 *
 * @module
 */

import type { NeedRecord, RequestMode, RequestTarget, WireRequest } from "../../wire/mod.ts";

/** Requests of one record. */
const MOST_PER_RECORD = 4096;
/** Bytes of hashes and paths of one record, unless it has a single request: the longest path fits into a record of its own. */
const BYTES_PER_RECORD = 256 * 1024;

/** Requests of one lane. */
export class Requests {
  #nextId = 0;
  #unsent: WireRequest[] = [];

  /** Asks with the next {@linkcode Requests.takeRecords}. Returns the id that the answers will have. */
  add(target: RequestTarget, mode: RequestMode): number {
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    this.#unsent.push({ id, target, mode });
    return id;
  }

  /** What has not been sent, in order; the caller sends it. */
  takeRecords(): NeedRecord[] {
    const records: NeedRecord[] = [];
    let requests: WireRequest[] = [];
    let bytes = 0;
    for (const request of this.#unsent.splice(0)) {
      const requestBytes = bytesOf(request);
      if (requests.length === MOST_PER_RECORD || bytes + requestBytes > BYTES_PER_RECORD && requests.length > 0) {
        records.push({ kind: "need", requests });
        [requests, bytes] = [[], 0];
      }
      requests.push(request);
      bytes += requestBytes;
    }
    if (requests.length > 0) records.push({ kind: "need", requests });
    return records;
  }
}

/** What is large in a request. */
function bytesOf({ target, mode }: WireRequest): number {
  const hashBytes = mode.kind === "blocks" ? mode.hashes.length : 0;
  return hashBytes + (target.by === "path" ? target.path.reduce((sum, name) => sum + name.length + 1, 0) : 0);
}
