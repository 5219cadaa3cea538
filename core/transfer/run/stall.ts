/**
 * Whether a run still moves.
 *
 * @module
 */

import type { Vitals } from "../threads/shared_state.ts";

/** Silence after which a run counts as stalled, unless the caller says otherwise. */
export const STALL_LIMIT_MS = 10_000;

/** Times the limit that a call may take which writes out everything that is cached: it shows no progress until it is done. */
const SLOW_CALL_FACTOR = 60;
/** The same while workers start: usually 40 ms, but on a machine with ten times more to do than it can, seconds. */
const STARTING_FACTOR = 6;

/**
 * Counts silence. Only time that was watched counts: after the whole process was stopped, or the machine slept, the time in
 * between is nobody's fault.
 */
export class StallDetector {
  #signs: number | undefined;
  #lastLookMs: number | undefined;
  #silentMs = 0;

  /**
   * @param limitMs silence that counts as a stall
   * @param longestStepMs most that one step between two looks can add to it
   */
  constructor(readonly limitMs: number, readonly longestStepMs: number) {}

  /** Looks at the vitals at a moment of a monotonic clock. Returns whether the run has stalled. */
  look({ signs, inSlowCall, isStarting = false }: Vitals, nowMs: number): boolean {
    const step = Math.min(nowMs - (this.#lastLookMs ?? nowMs), this.longestStepMs);
    this.#lastLookMs = nowMs;
    if (signs !== this.#signs) {
      this.#signs = signs;
      this.#silentMs = 0;
      return false;
    }
    this.#silentMs += step;
    const factor = inSlowCall ? SLOW_CALL_FACTOR : isStarting ? STARTING_FACTOR : 1;
    return this.#silentMs >= this.limitMs * factor;
  }

  /** Forgets what it saw: something else begins. */
  reset(): void {
    this.#signs = undefined;
    this.#lastLookMs = undefined;
    this.#silentMs = 0;
  }
}
