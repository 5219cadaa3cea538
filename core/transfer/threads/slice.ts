/**
 * Work on a thread that has signals, timers and input to look after as well.
 *
 * @module
 */

/** Longest time that the main thread works before it looks after signals and timers. */
const SLICE_MS = 20;
/**
 * Turns of the event loop after which Deno has looked for signals and input. One is not enough: it looks after every 61st.
 */
const TURNS_TO_POLL = 64;

/** A stretch of work on the main thread, which has signals and timers to look after in between. */
export class Slice {
  #startMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#startMs >= SLICE_MS;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_POLL; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#startMs = performance.now();
  }
}
