/**
 * Events that wait for a client. They come from another thread, which goes on; a client that does not read them is cut off.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import type { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import type { TransferEvent } from "../../proto/blit/v2/blit_pb.ts";

/** Bytes of events that may wait: about 90,000 entries, which a slow client catches up with. */
const MOST_BYTES = 32 * 1024 * 1024;
/** What an event takes beside its path, about. */
const EVENT_BYTES = 300;

/** Counts the events in a queue of answers. */
export class EventBound<T> {
  readonly #sizes = new Map<T, number>();
  #bytes = 0;

  /**
   * @param queue ends with "stalled" when more wait, and drops what does
   * @param onFull called once, when it has
   */
  constructor(readonly queue: AsyncQueue<T>, readonly onFull: () => void) {}

  /** Adds the answer that carries an event. */
  push(event: TransferEvent, answer: T): void {
    if (this.#bytes > MOST_BYTES) return;
    const bytes = sizeOf(event);
    this.#bytes += bytes;
    this.#sizes.set(answer, bytes);
    if (this.#bytes <= MOST_BYTES) return this.queue.push(answer);
    const reason = `${this.#sizes.size} events wait, and the client does not read them`;
    this.queue.end(new BlitError("stalled", `Cannot go on: ${reason}`));
    this.queue.return(); // what waits is dropped, the error stays
    this.#sizes.clear();
    this.onFull();
  }

  /** The answers for the stream, which is about to send each. */
  async *answers(): AsyncGenerator<T> {
    for await (const answer of this.queue) {
      this.#bytes -= this.#sizes.get(answer) ?? 0;
      this.#sizes.delete(answer);
      yield answer;
    }
  }
}

function sizeOf({ event }: TransferEvent): number {
  if (event.case !== "entries") return EVENT_BYTES;
  let bytes = 0;
  for (const { path } of event.value.entries) {
    bytes += EVENT_BYTES;
    for (const name of path) bytes += name.length;
  }
  return bytes;
}
