/**
 * Whether workers would pay, judged by the work itself.
 *
 * @module
 */

/**
 * What is left has to take this long, in milliseconds, for workers to pay. A worker takes 25 ms of a processor to start, beside
 * the main thread, and its code is slow at first. On trees of 4 KiB files with two processors one lost 20% with 4,000 files, which
 * take 110 ms, and gained 13% with 15,000, which take 350.
 */
const WORKERS_PAY_MS = 180;
/**
 * Work whose pace is judged, in milliseconds, at least: the end of what was done. As much before it only warms up, since code that
 * has just begun takes two to four times as long as it will.
 */
const RECENT_MS = 15;
/** Between two judgements. */
const PAUSE_MS = 3;
/** What a part of a large file takes in memory. On a disk it is more, and all threads wait for it. */
const BYTES_PER_MS = 3 * 1024 * 1024;
/** Directories that are expected below one, at most: what has been seen of few says little of many. */
const MOST_BELOW = 1000;

/** What is known of the work: what was done, and what waits. */
export interface Outlook {
  /** Directories that were listed, or are being listed, by depth; the root has depth 0. */
  readonly listed: readonly number[];
  /** Names of long listings that were looked at, by the depth of their directory. */
  readonly taken: readonly number[];
  /** Directories that wait, by depth. */
  readonly directories: readonly number[];
  /** Names that were listed and wait, by the depth of their directory. */
  readonly names: readonly number[];
  /** Bytes of large files that wait. */
  readonly rangeBytes: number;
}

interface Mark {
  readonly ms: number;
  readonly entries: number;
}

/** How fast one thread gets on. Create it when a phase begins. */
export class Pace {
  readonly #startMs: number;
  #nextMs: number;
  /** Where the work that is judged begins, and where it will begin once that is long enough ago. */
  #from: Mark;
  #then: Mark;

  /** @param nowMs by a monotonic clock */
  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#nextMs = nowMs + RECENT_MS;
    this.#from = this.#then = { ms: nowMs, entries: 0 };
  }

  /** Whether it is time to ask {@linkcode workersPay}. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }

  /** Whether workers would pay, after so many entries. */
  workersPay(entriesDone: number, outlook: Outlook, nowMs: number): boolean {
    if (nowMs - this.#then.ms >= RECENT_MS) {
      this.#from = this.#then;
      this.#then = { ms: nowMs, entries: entriesDone };
    }
    const isWarm = this.#from.ms > this.#startMs;
    this.#nextMs = nowMs + (isWarm ? PAUSE_MS : RECENT_MS);
    if (!isWarm) return false;
    const msPerEntry = (nowMs - this.#from.ms) / Math.max(1, entriesDone - this.#from.entries);
    return expectEntries(entriesDone, outlook) * msPerEntry + outlook.rangeBytes / BYTES_PER_MS > WORKERS_PAY_MS;
  }
}

/** Entries that are still to come, if directories that were not looked into are like others at their depth. */
export function expectEntries(entriesDone: number, outlook: Outlook): number {
  const { listed, taken, directories, names } = outlook;
  const perDirectory = (entriesDone + sum(names)) / Math.max(1, sum(listed));
  let expected = 0;
  // From the deepest up: how many directories there are in the tree below one of this depth, itself included.
  let inTree = 1;
  for (let depth = Math.max(listed.length, directories.length, names.length) - 1; depth >= 0; depth--) {
    const found = at(listed, depth + 1) + at(directories, depth + 1);
    const areDirectories = Math.min(1, found / Math.max(1, at(taken, depth)));
    expected += at(names, depth) * (1 + areDirectories * inTree * perDirectory);
    inTree = at(listed, depth) === 0 ? 1 : Math.min(MOST_BELOW, 1 + (found / at(listed, depth)) * inTree);
    expected += at(directories, depth) * inTree * perDirectory;
  }
  return expected;
}

function at(counts: readonly number[], depth: number): number {
  return counts[depth] ?? 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
