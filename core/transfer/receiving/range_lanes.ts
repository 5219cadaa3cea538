/**
 * How many lanes a large file is divided among.
 *
 * @module
 */

import { MAX_RANGE_LANES } from "../../wire/limits.ts";

/**
 * Lanes beside the first one that a receiver has processors for: a thread for each, and one for everything else. Where the sender
 * is on the same machine it needs as many, and with more threads than processors they only wait for each other: with two of
 * them, 2 GB on tmpfs took 1.66 s to push and 1.65 s to pull over two lanes, and 1.27 s and 1.35 s over one.
 *
 * @param isSourceHere the sender is on this machine
 */
export function mostRangeLanes(isSourceHere: boolean, processors = navigator.hardwareConcurrency): number {
  const ours = isSourceHere ? Math.floor(processors / 2) : processors;
  return Math.max(0, Math.min(MAX_RANGE_LANES, ours - 1));
}
