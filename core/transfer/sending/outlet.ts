/**
 * Where the records of a lane go: counted, paced, and with buffers that are on their way kept apart.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { SourceRecord } from "../../wire/records.ts";
import { BUSY_MS, PIECE_BUFFERS, PIECE_BYTES, TURNS_TO_POLL } from "./bounds.ts";

/** What an {@linkcode Outlet} writes to: a lane, or something that looks like one. */
export interface RecordSink {
  /** Resolves when the buffers in the record may be used again. */
  write(record: SourceRecord): Promise<void>;
}

/** A buffer for content. */
export interface PieceBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was written from it is on its way until this resolves. */
  isFree: Promise<unknown> | undefined;
}

/** What a lane has sent. */
export interface SendTotals {
  directories: number;
  /** Entries listed, those that a filter leaves out among them. */
  entries: number;
  /** Entries that could not be listed, and after a move those that could not be removed. */
  failures: number;
  /** Files sent from their start to their end; not those sent in ranges or blocks. */
  files: number;
  /** Bytes of content. */
  contentBytes: number;
  /** Entries that a move has removed. */
  removed: number;
}

/** Nothing sent yet. */
export function zeroSendTotals(): SendTotals {
  return { directories: 0, entries: 0, failures: 0, files: 0, contentBytes: 0, removed: 0 };
}

/** Writes the records of one lane. */
export class Outlet {
  readonly #sink: RecordSink;
  readonly #buffers: PieceBuffer[] = [];
  #turn = 0;
  #since = performance.now();

  /** `totals` is kept up to date. */
  constructor(sink: RecordSink, readonly totals: SendTotals = zeroSendTotals()) {
    this.#sink = sink;
  }

  /** Writes a record without content of ours, and waits while the queue is full. */
  async send(record: SourceRecord): Promise<void> {
    if (record.kind === "directory") this.totals.directories++;
    else if (record.kind === "entries") this.totals.entries += record.entries.length;
    else if (record.kind === "failure") this.totals.failures++;
    await this.#sink.write(record);
  }

  /** A buffer that nothing uses; they take turns, so that one can be on its way. */
  async takeBuffer(): Promise<PieceBuffer> {
    const turn = this.#turn;
    this.#turn = (turn + 1) % PIECE_BUFFERS;
    // They are made when they are needed: most lanes of a session with little to send have one.
    const buffer = this.#buffers[turn] ??= { bytes: new Uint8Array(PIECE_BYTES), isFree: undefined };
    if (buffer.isFree !== undefined) await buffer.isFree;
    buffer.isFree = undefined;
    return buffer;
  }

  /** Writes a record whose content lies in a buffer, without waiting for it to leave. */
  sendFrom(buffer: PieceBuffer, record: SourceRecord & { readonly content: Uint8Array }): void {
    this.totals.contentBytes += record.content.length;
    const written = this.#sink.write(record);
    buffer.isFree = buffer.isFree === undefined ? written : Promise.all([buffer.isFree, written]);
    buffer.isFree.catch(() => {}); // whoever takes the buffer next gets to know, and so does every later write
  }

  /**
   * Lets others have the thread when it was busy for a while: records of the peer, keep-alives, other lanes.
   *
   * @returns whether it waited
   */
  async breathe(): Promise<boolean> {
    if (performance.now() - this.#since < BUSY_MS) return false;
    for (let turn = 0; turn < TURNS_TO_POLL; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
    return true;
  }
}
