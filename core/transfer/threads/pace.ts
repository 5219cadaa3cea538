/**
 * Whether workers would pay, judged by the work itself.
 *
 * @module
 */

/**
 * What is left has to take this long, in milliseconds, for workers to pay. Starting two takes 45 ms of two processors, and code
 * that has just begun takes two to four times as long as it will. On trees of 4 KiB files with two processors one thread was
 * faster up to 6,000 files, which it copies in 170 ms.
 */
const WORKERS_PAY_MS = 250;
/** Work before the first judgement: the very first calls take many times as long as later ones. */
const LEAST_MS = 15;
/** Between two judgements. */
const PAUSE_MS = 3;
/** What a range of a large file takes: 16 MiB in memory. On a disk it is more, and both threads wait for it. */
const RANGE_MS = 5;

/** What is known of the work: what was done, and what waits. */
export interface Outlook {
  /** Directories that were listed, or are being listed. */
  readonly directoriesListed: number;
  /** Directories that wait. */
  readonly directories: number;
  /** Names that were listed and wait. */
  readonly names: number;
  /** Ranges of large files that wait. */
  readonly ranges: number;
}

/** How fast one thread gets on. Create it when a phase begins. */
export class Pace {
  readonly #startMs: number;
  #nextMs: number;

  /** @param nowMs by a monotonic clock */
  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#nextMs = nowMs + LEAST_MS;
  }

  /** Whether it is time to ask {@linkcode workersPay}. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }

  /** Whether workers would pay, after so many entries. */
  workersPay(entriesDone: number, outlook: Outlook, nowMs: number): boolean {
    this.#nextMs = nowMs + PAUSE_MS;
    const msPerEntry = (nowMs - this.#startMs) / Math.max(1, entriesDone);
    return expectEntries(entriesDone, outlook) * msPerEntry + outlook.ranges * RANGE_MS > WORKERS_PAY_MS;
  }
}

/** Entries that are still to come, if directories that were not looked into are like the others. */
export function expectEntries(entriesDone: number, { directoriesListed, directories, names }: Outlook): number {
  const perDirectory = (entriesDone + names) / Math.max(1, directoriesListed);
  // The root is no entry.
  const directoriesAmongEntries = Math.min(1, (directoriesListed - 1 + directories) / Math.max(1, entriesDone));
  return directories * perDirectory + names * (1 + directoriesAmongEntries * perDirectory);
}
