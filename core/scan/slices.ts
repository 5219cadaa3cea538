/**
 * Work on one thread that others share: done in slices, with what has been found handed on as it comes.
 *
 * @module
 */

import { letOthersIn } from "../turns.ts";

/** Synchronous work that gathers something. */
export interface Work<T> {
  /** Does a little, about a millisecond; `false` when nothing is left to do. */
  step(): boolean;
  /** The next step has a chance only after so long, in milliseconds; others work meanwhile. @default {0} */
  readonly pauseMs?: number;
  /** What has been gathered is enough to be handed on. */
  readonly isFull: boolean;
  /** What has been gathered since the last time; `undefined` where that is nothing. */
  take(): T | undefined;
  /** Gives back what is open, wherever the work is. */
  close(): void;
}

/** How long others wait, in milliseconds. Giving way takes half a millisecond. */
const SLICE_MS = 20;
/** How long something small waits for more, in milliseconds. What comes first does not wait. */
const GATHER_MS = 50;

/** Does the work and closes it, giving way between slices. Ends with the signal's reason when it aborts. */
export async function* inSlices<T>(work: Work<T>, signal?: AbortSignal): AsyncGenerator<T> {
  try {
    yield* handOn(work, signal);
  } finally {
    work.close();
  }
}

async function* handOn<T>(work: Work<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  let handedOn = -Infinity;
  let sliceStart = performance.now();
  for (let goesOn = true; goesOn;) {
    goesOn = work.step();
    const now = performance.now();
    if (!goesOn || work.isFull || now - handedOn >= GATHER_MS) {
      const gathered = work.take();
      if (gathered !== undefined) {
        yield gathered;
        handedOn = performance.now();
      }
    }
    const { pauseMs = 0 } = work;
    if (goesOn && (pauseMs > 0 || now - sliceStart >= SLICE_MS)) {
      await (pauseMs > 0 ? new Promise((resolve) => setTimeout(resolve, pauseMs)) : letOthersIn());
      sliceStart = performance.now();
    }
    signal?.throwIfAborted();
  }
}
