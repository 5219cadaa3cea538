/**
 * Where the records of a lane go: counted, paced, and with buffers that are on their way kept apart.
 *
 * @module
 */

import { letOthersIn } from "../../turns.ts";
import type { SourceRecord } from "../../wire/records.ts";
import { type BufferBudget, threadBuffers } from "../../wire/buffer_budget.ts";
import { BUSY_MS, LEAST_PIECE_BYTES, PIECE_BUFFERS, PIECE_BYTES } from "./bounds.ts";

/** What an {@linkcode Outlet} writes to: a lane, or something that looks like one. */
export interface RecordSink {
  /** Resolves when the buffers in the record may be used again. */
  write(record: SourceRecord): Promise<void>;
}

/** A buffer for content: as many bytes as one piece of a file should have. */
export interface PieceBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The place of a buffer. */
interface Slot {
  /** Absent while nothing is sent. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What was written from it is on its way until this resolves. */
  isFree: Promise<unknown> | undefined;
  /** How often it was taken. */
  turns: number;
}

const PIECE_SIZES = { wanted: PIECE_BYTES, least: LEAST_PIECE_BYTES };

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
  readonly #slots: Slot[] = Array.from(
    { length: PIECE_BUFFERS },
    () => ({ bytes: undefined, isFree: undefined, turns: 0 }),
  );
  readonly #budget: BufferBudget;
  #turn = 0;
  #since = performance.now();

  /** `totals` is kept up to date. */
  constructor(
    sink: RecordSink,
    readonly totals: SendTotals = zeroSendTotals(),
    budget: BufferBudget = threadBuffers,
  ) {
    this.#sink = sink;
    this.#budget = budget;
  }

  /** Writes a record without content of ours, and waits while the queue is full. */
  async send(record: SourceRecord): Promise<void> {
    if (record.kind === "directory") this.totals.directories++;
    else if (record.kind === "entries") this.totals.entries += record.entries.length;
    else if (record.kind === "failure") this.totals.failures++;
    await this.#sink.write(record);
  }

  /** A buffer that nothing uses; they take turns, so that one can be on its way. It holds until as many others were taken. */
  async takeBuffer(): Promise<PieceBuffer> {
    const slot = this.#slots[this.#turn];
    this.#turn = (this.#turn + 1) % PIECE_BUFFERS;
    slot.turns++;
    if (slot.isFree !== undefined) await slot.isFree;
    slot.isFree = undefined;
    if (slot.bytes !== undefined && this.#budget.hasMoreThan(slot.bytes.length, PIECE_SIZES)) this.#giveBack(slot);
    slot.bytes ??= this.#budget.take(PIECE_SIZES);
    return slot as PieceBuffer;
  }

  /** Writes a record whose content lies in a buffer, without waiting for it to leave. */
  sendFrom(buffer: PieceBuffer, record: SourceRecord & { readonly content: Uint8Array }): void {
    const slot = buffer as Slot;
    this.totals.contentBytes += record.content.length;
    const written = this.#sink.write(record);
    slot.isFree = slot.isFree === undefined ? written : Promise.all([slot.isFree, written]);
    slot.isFree.catch(() => {}); // whoever takes the buffer next gets to know, and so does every later write
  }

  /** There is nothing to send for now: other lanes get the buffers, as soon as nothing of them is on its way. */
  rest(): void {
    for (const slot of this.#slots) this.#rest(slot);
  }

  async #rest(slot: Slot): Promise<void> {
    const { turns, bytes } = slot;
    if (bytes === undefined) return;
    try {
      await slot.isFree;
      if (slot.turns === turns && slot.bytes === bytes) this.#giveBack(slot);
    } catch {
      // The lane has failed, and the system may still look at them.
      if (slot.bytes !== bytes) return;
      this.#budget.forget(bytes);
      slot.bytes = undefined;
    }
  }

  #giveBack(slot: Slot): void {
    this.#budget.give(slot.bytes!);
    slot.bytes = undefined;
  }

  /** Whether the thread was busy for a while. */
  get isTired(): boolean {
    return performance.now() - this.#since >= BUSY_MS;
  }

  /**
   * Lets others have the thread when it was busy for a while: records of the peer, keep-alives, other lanes.
   *
   * @returns whether it waited
   */
  async breathe(): Promise<boolean> {
    if (!this.isTired) return false;
    await letOthersIn();
    this.#since = performance.now();
    return true;
  }
}
