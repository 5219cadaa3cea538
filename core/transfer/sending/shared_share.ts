/**
 * The share of lanes in several threads, over the memory that local engines share their tasks by.
 *
 * @module
 */

import { type ByteString, fromBytes, toBytes } from "../../paths/bytes.ts";
import { SharedState } from "../threads/shared_state.ts";
import type { ScanTotals, SourceShare, SourceShareSeat } from "./share.ts";

/** What is passed to every thread of a session. */
export interface SharedShareMemory {
  readonly state: SharedArrayBuffer;
  readonly totals: SharedArrayBuffer;
}

const TOTALS = ["directories", "entries", "failures"] as const;

/** Creates the memory for a session, with the root of the tree on offer. */
export function createShareMemory(): SharedShareMemory {
  const state = new SharedState();
  state.addOutstanding(1);
  state.offer(toBytes("" as ByteString));
  return { state: state.buffer, totals: new SharedArrayBuffer(TOTALS.length * BigInt64Array.BYTES_PER_ELEMENT) };
}

/** One thread's view of a share. */
export class SharedShare implements SourceShare {
  readonly #state: SharedState;
  readonly #totals: BigInt64Array;

  constructor({ state, totals }: SharedShareMemory) {
    this.#state = new SharedState(state);
    this.#totals = new BigInt64Array(totals);
  }

  get isWanted(): boolean {
    return this.#state.wantsWork;
  }

  get isListed(): boolean {
    return this.#state.outstanding === 0;
  }

  get totals(): ScanTotals {
    const [directories, entries, failures] = TOTALS.map((_, i) => Number(Atomics.load(this.#totals, i)));
    return { directories, entries, failures };
  }

  join(wake: () => void): SourceShareSeat {
    const watch = new Watch(this.#state, wake);
    return {
      add: (directories) => this.#state.addOutstanding(directories),
      done: (directories, sent) => {
        // First: whoever sees that nothing is left reads them.
        TOTALS.forEach((name, i) => Atomics.add(this.#totals, i, BigInt(sent[name])));
        this.#state.addOutstanding(-directories);
      },
      offer: (path) => this.#state.offer(toBytes(path)),
      take: () => {
        const path = this.#state.take();
        if (path === undefined) watch.start();
        return path === undefined ? undefined : fromBytes(path);
      },
      leave: () => watch.end(),
    };
  }
}

/** Waits for work beside a lane that goes on with other things. */
class Watch {
  #isWaiting = false;
  #hasEnded = false;

  constructor(readonly state: SharedState, readonly wake: () => void) {}

  async start(): Promise<void> {
    if (this.#isWaiting || this.#hasEnded || this.state.stopped) return;
    this.#isWaiting = true;
    await this.state.workArrival();
    this.#isWaiting = false;
    if (!this.#hasEnded) this.wake();
  }

  end(): void {
    this.#hasEnded = true;
  }
}
