/**
 * Work on a thread that has signals, timers and input to look after as well.
 *
 * @module
 */

import { letOthersIn } from "../../turns.ts";

/** Longest time that the main thread works before it looks after signals and timers. */
const SLICE_MS = 20;

/** A stretch of work on the main thread, which has signals and timers to look after in between. */
export class Slice {
  #startMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#startMs >= SLICE_MS;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    await letOthersIn();
    this.#startMs = performance.now();
  }
}
