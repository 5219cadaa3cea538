/**
 * One line of progress as a pure function of the latest event and the events of the last seconds.
 *
 * @module
 */

import type { Counters, Verb } from "../../core/events.ts";
import { formatBytes, formatElapsed, formatNumber, formatRate } from "../format.ts";

/** What a line is made from. */
export interface ProgressState extends Counters {
  timeMs: number;
  scanComplete: boolean;
}

/** Events that count for "now": long enough to be steady, short enough to follow a change. */
const WINDOW = 6;

interface Sample {
  timeMs: number;
  bytes: number;
  fraction: number;
}

const START: Sample = { timeMs: 0, bytes: 0, fraction: 0 };

/** Throughput over the last seconds. */
export class ProgressRate {
  readonly #samples: Sample[] = [];

  /** Adds an event; old ones are forgotten. */
  add(state: ProgressState): void {
    this.#samples.push({ timeMs: state.timeMs, bytes: state.bytesCopied, fraction: doneFraction(state) });
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }

  /** Bytes and milliseconds between the oldest and the latest event. */
  get recent(): { bytes: number; ms: number } {
    const { first, last } = this.#ends();
    return { bytes: last.bytes - first.bytes, ms: last.timeMs - first.timeMs };
  }

  /** Milliseconds to the end at the recent pace, `undefined` where nothing moved or nothing is left. */
  get remainingMs(): number | undefined {
    const { first, last } = this.#ends();
    const pace = (last.fraction - first.fraction) / (last.timeMs - first.timeMs);
    return pace > 0 && last.fraction < 1 ? (1 - last.fraction) / pace : undefined;
  }

  #ends(): { first: Sample; last: Sample } {
    // The first events of a run have nothing before them but its start.
    const first = this.#samples.length < WINDOW ? START : this.#samples[0];
    return { first, last: this.#samples.at(-1) ?? START };
  }
}

/** How much is done of what is known, 0 to 1: by bytes where all are to be copied, by entries where some are skipped. */
export function doneFraction(state: ProgressState): number {
  const byBytes = state.bytesFound > 0 && state.bytesCopied > 0 && state.unchanged === 0;
  const [done, found] = byBytes ? [state.bytesCopied, state.bytesFound] : [entriesDone(state), state.entriesFound];
  return found === 0 ? 0 : Math.min(1, done / found);
}

/** `1.2 GiB, 1,204 of 9,000 entries, 310 MiB/s, 12 s left`; the time left only once the scan is complete. */
export function progressLine(state: ProgressState, rate: ProgressRate, { verb }: { verb: Verb }): string {
  const found = `${formatNumber(state.entriesFound)}${state.scanComplete ? "" : "+"}`;
  const parts = [`${formatNumber(entriesDone(state))} of ${found} entries`];
  if (verb !== "verify") {
    parts.unshift(`${formatBytes(state.bytesCopied)} of ${formatBytes(state.bytesFound)}`);
    const { bytes, ms } = rate.recent;
    parts.push(formatRate(bytes, ms));
  }
  const remainingMs = state.scanComplete ? rate.remainingMs : undefined;
  if (remainingMs !== undefined) parts.push(`${formatElapsed(Math.max(1000, remainingMs))} left`);
  if (state.failed > 0) parts.push(`${formatNumber(state.failed)} failed`);
  return parts.join(", ");
}

function entriesDone(state: Counters): number {
  const done = state.filesCopied + state.directoriesCreated + state.symlinksCopied + state.specialsCopied +
    state.hardLinksCreated + state.unchanged + state.repaired + state.filtered + state.failed + state.differences;
  return Math.min(done, state.entriesFound);
}
