/**
 * What a job has reported, kept for whoever asks later, in bounded memory.
 *
 * @module
 */

import { unlessAborted } from "../../core/within.ts";
import type { TransferEvent } from "../../proto/blit/v2/blit_pb.ts";

/** Events that are kept of one job. */
const MOST_EVENTS = 1000;
/** Bytes that they may take, roughly. */
const MOST_BYTES = 256 * 1024;
/** What an event takes beside its names and texts. */
const BASE_BYTES = 64;

/** The latest events of a job in order. Of progress only the newest is kept: each tells all that the ones before told. */
export class EventLog {
  readonly #events: TransferEvent[] = [];
  #bytes = 0;
  #sequence = 0;
  #progress: TransferEvent | undefined;
  #arrived = Promise.withResolvers<void>();
  #isComplete = false;

  /** Numbers an event and keeps it; the oldest ones go to make room. */
  add(event: TransferEvent): void {
    event.sequence = BigInt(++this.#sequence);
    if (event.event.case === "progress") {
      if (this.#progress !== undefined) this.#drop(this.#events.indexOf(this.#progress));
      this.#progress = event;
    }
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    // The last one stays whatever it takes: a message is bounded, and it may be the end.
    while (this.#events.length > 1 && (this.#events.length > MOST_EVENTS || this.#bytes > MOST_BYTES)) this.#drop(0);
    this.#wake();
  }

  /** Nothing follows. */
  complete(): void {
    this.#isComplete = true;
    this.#wake();
  }

  /**
   * What is kept behind a sequence number, then what comes, until the log is complete. A reader that is slower than the events
   * misses those that had to go; none is kept for its sake.
   */
  async *follow(after: bigint, signal: AbortSignal): AsyncGenerator<TransferEvent> {
    let known = after;
    while (!signal.aborted) {
      const arrived = this.#arrived.promise;
      for (const event of this.#behind(known)) {
        known = event.sequence;
        yield event;
      }
      // Something may have come while the reader was busy.
      if (arrived !== this.#arrived.promise) continue;
      if (this.#isComplete) return;
      await unlessAborted(arrived, signal, () => undefined).catch(() => {}); // who has gone reads no more
    }
  }

  #behind(known: bigint): TransferEvent[] {
    let first = this.#events.length;
    while (first > 0 && this.#events[first - 1].sequence > known) first--;
    return this.#events.slice(first);
  }

  #drop(index: number): void {
    const [event] = this.#events.splice(index, 1);
    if (event === undefined) return;
    this.#bytes -= bytesOf(event);
    if (event === this.#progress) this.#progress = undefined;
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** Roughly what an event takes in memory. */
function bytesOf({ event }: TransferEvent): number {
  switch (event.case) {
    case "progress":
      return BASE_BYTES * 4 + pathBytes(event.value.currentPath);
    case "failures":
      return sum(event.value.failures, ({ path, message }) => BASE_BYTES + pathBytes(path) + message.length);
    case "entries":
      return sum(event.value.entries, ({ path }) => BASE_BYTES + pathBytes(path));
    case "notice":
      return BASE_BYTES + event.value.message.length;
    default:
      return BASE_BYTES;
  }
}

function pathBytes(path: readonly Uint8Array[]): number {
  return sum(path, ({ length }) => BASE_BYTES + length);
}

function sum<T>(values: readonly T[], count: (value: T) => number): number {
  return values.reduce((total, value) => total + count(value), BASE_BYTES);
}
