/**
 * What this side asks of the source: the ids, and what has not been sent yet.
 *
 * @module
 */

import type { NeedRecord, RequestMode, RequestTarget, WireRequest } from "../../wire/mod.ts";

/** Requests of one record. */
const MOST_PER_RECORD = 4096;
/** Bytes of hashes of one record, apart from those of its last request. */
const HASH_BYTES_PER_RECORD = 256 * 1024;

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
    let hashBytes = 0;
    for (const request of this.#unsent.splice(0)) {
      requests.push(request);
      if (request.mode.kind === "blocks") hashBytes += request.mode.hashes.length;
      if (requests.length < MOST_PER_RECORD && hashBytes < HASH_BYTES_PER_RECORD) continue;
      records.push({ kind: "need", requests });
      [requests, hashBytes] = [[], 0];
    }
    if (requests.length > 0) records.push({ kind: "need", requests });
    return records;
  }
}
