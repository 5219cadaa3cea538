/**
 * What there is to say about progress, as a pure function of the latest event and the events of the last seconds.
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

/** What was done by a time. */
interface Sample {
  readonly timeMs: number;
  readonly bytes: number;
  readonly entries: number;
}

const START: Sample = { timeMs: 0, bytes: 0, entries: 0 };

/** Throughput over the last seconds. */
export class ProgressRate {
  readonly #samples: Sample[] = [];
  #latest: ProgressState | undefined;

  /** Adds an event; old ones are forgotten. */
  add(state: ProgressState): void {
    this.#latest = state;
    this.#samples.push({ timeMs: state.timeMs, bytes: state.bytesCopied, entries: entriesDone(state) });
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }

  /** Bytes, entries and milliseconds between the oldest and the latest event. */
  get recent(): { bytes: number; entries: number; ms: number } {
    // The first events of a run have nothing before them but its start.
    const first = this.#samples.length < WINDOW ? START : this.#samples[0];
    const last = this.#samples.at(-1) ?? START;
    return { bytes: last.bytes - first.bytes, entries: last.entries - first.entries, ms: last.timeMs - first.timeMs };
  }

  /**
   * Milliseconds to the end at the recent pace. `undefined` while nobody knows how much there is, where nothing has moved
   * lately, and where nothing is left.
   */
  get remainingMs(): number | undefined {
    if (!this.#latest?.scanComplete) return undefined;
    const { unit, done, found } = amount(this.#latest);
    const { ms, ...recent } = this.recent;
    return recent[unit] > 0 && done < found ? (found - done) * (ms / recent[unit]) : undefined;
  }
}

/** How much is done of what is known, 0 to 1. */
export function doneFraction(state: ProgressState): number {
  const { done, found } = amount(state);
  return found === 0 ? 0 : Math.min(1, done / found);
}

/** `1.2 GiB of 3.4 GiB`, `1,204 of 9,000 entries`, `310 MiB/s`, `12 s left`; a plus marks what the scan may still raise. */
export function progressFacts(state: ProgressState, rate: ProgressRate, { verb }: { verb: Verb }): string[] {
  const plus = state.scanComplete ? "" : "+";
  const facts = [`${formatNumber(entriesDone(state))} of ${formatNumber(state.entriesFound)}${plus} entries`];
  if (verb !== "verify") {
    facts.unshift(`${formatBytes(state.bytesCopied)} of ${formatBytes(state.bytesFound).replace(" ", `${plus} `)}`);
    const { bytes, ms } = rate.recent;
    facts.push(formatRate(bytes, ms));
  }
  const { remainingMs } = rate;
  if (remainingMs !== undefined) facts.push(`${formatElapsed(Math.max(1000, remainingMs))} left`);
  if (state.failed > 0) facts.push(`${formatNumber(state.failed)} failed`);
  return facts;
}

/** The facts as one line of text. */
export function progressLine(state: ProgressState, rate: ProgressRate, options: { verb: Verb }): string {
  return progressFacts(state, rate, options).join(", ");
}

/** Counted in bytes where all are to be copied, in entries where some are skipped. */
function amount(state: ProgressState): { unit: "bytes" | "entries"; done: number; found: number } {
  return state.bytesFound > 0 && state.bytesCopied > 0 && state.unchanged === 0
    ? { unit: "bytes", done: state.bytesCopied, found: state.bytesFound }
    : { unit: "entries", done: entriesDone(state), found: state.entriesFound };
}

function entriesDone(state: Counters): number {
  const done = state.filesCopied + state.directoriesCreated + state.symlinksCopied + state.specialsCopied +
    state.hardLinksCreated + state.unchanged + state.repaired + state.filtered + state.failed + state.differences;
  return Math.min(done, state.entriesFound);
}
