/**
 * How lanes of one session divide a tree: whoever has directories to list offers some to those that have none.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";

/** What all lanes of a session have sent together. */
export interface ScanTotals {
  directories: number;
  entries: number;
  failures: number;
}

/** Directories on offer to the lanes of a session. Plain values throughout, so that one over shared memory fits as well. */
export interface SourceShare {
  /** A lane has nothing to list, and nothing is on offer. */
  readonly isWanted: boolean;
  /** Nothing is left to list on any lane. */
  readonly isListed: boolean;
  /** What was sent, complete once {@linkcode isListed}. */
  readonly totals: Readonly<ScanTotals>;
  /** A lane joins. `wake` is called when there may be something to take, or nothing will come any more. */
  join(wake: () => void): SourceShareSeat;
}

/** The seat of a lane. */
export interface SourceShareSeat {
  /** Adds directories that this lane has found, before the one they are in is {@linkcode done}. */
  add(directories: number): void;
  /** Directories are listed, or left out, and this was sent. */
  done(directories: number, sent: Readonly<ScanTotals>): void;
  /** Offers a directory whose parent the sink has given back; `false` when there is no room. It counts as added still. */
  offer(path: ByteString): boolean;
  /** Takes what is on offer. Without anything the lane counts as waiting until it takes something or leaves. */
  take(): ByteString | undefined;
  leave(): void;
}

/** Directories on offer at once: enough to keep the others busy, few enough to keep the walk depth first. */
const MOST_OFFERED = 16;

/** The share of lanes in one thread. Begins with the root on offer. */
export class LocalShare implements SourceShare {
  readonly totals: ScanTotals = { directories: 0, entries: 0, failures: 0 };
  readonly #offered: ByteString[] = ["" as ByteString];
  readonly #seats = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  #outstanding = 1;

  get isWanted(): boolean {
    return this.#waiting.size > 0 && this.#offered.length === 0;
  }

  get isListed(): boolean {
    return this.#outstanding === 0;
  }

  join(wake: () => void): SourceShareSeat {
    // A function of its own, since two lanes may come with the same.
    const seat = () => wake();
    this.#seats.add(seat);
    return {
      add: (directories) => {
        this.#outstanding += directories;
      },
      done: (directories, sent) => this.#done(directories, sent),
      offer: (path) => this.#offer(path),
      take: () => this.#take(seat),
      leave: () => {
        this.#seats.delete(seat);
        this.#waiting.delete(seat);
      },
    };
  }

  #done(directories: number, sent: Readonly<ScanTotals>): void {
    this.totals.directories += sent.directories;
    this.totals.entries += sent.entries;
    this.totals.failures += sent.failures;
    this.#outstanding -= directories;
    if (this.#outstanding === 0) { for (const wake of this.#seats) wake(); }
  }

  #offer(path: ByteString): boolean {
    if (this.#offered.length >= MOST_OFFERED) return false;
    this.#offered.push(path);
    for (const wake of this.#waiting) wake();
    return true;
  }

  #take(seat: () => void): ByteString | undefined {
    const path = this.#offered.shift();
    if (path === undefined) this.#waiting.add(seat);
    else this.#waiting.delete(seat);
    return path;
  }
}
