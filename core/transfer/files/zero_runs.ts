/**
 * Zeros in content: those that fill a step become a hole of the copy.
 *
 * @module
 */

import { equalBytes } from "../../fs/memory.ts";

/** Data in a sparse file is looked through in steps of this size: those that are all zero become holes. */
export const SPARSE_STEP_BYTES: number = 64 * 1024;

const zeros = new Uint8Array(SPARSE_STEP_BYTES);

/** A part of a file. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly isHole: boolean;
}

/**
 * The runs of zeros and of other bytes in content that was read at `position`. Steps begin at multiples of their size, so that a
 * hole can be one in the copy too.
 */
export function* runsOf(content: Uint8Array<ArrayBuffer>, position: number): Generator<Extent> {
  const end = position + content.length;
  let run: { start: number; end: number; isHole: boolean } | undefined;
  for (let at = position; at < end;) {
    const next = Math.min(end, at - at % SPARSE_STEP_BYTES + SPARSE_STEP_BYTES);
    const isHole = isZero(content.subarray(at - position, next - position));
    if (run?.isHole === isHole) run.end = next;
    else {
      if (run !== undefined) yield run;
      run = { start: at, end: next, isHole };
    }
    at = next;
  }
  if (run !== undefined) yield run;
}

/** Whether the first bytes of a buffer, at most a step, are all zero. */
export function isZero(buffer: Uint8Array<ArrayBuffer>, length: number = buffer.length): boolean {
  return equalBytes(buffer, zeros, length);
}
