/**
 * Bytes and holes of an open file.
 *
 * @module
 */

import { equalBytes } from "../../fs/memory.ts";
import type { SourceFile } from "../../fs/types.ts";

/** Data in a sparse file is looked through in steps of this size: those that are all zero become holes. */
const SPARSE_STEP_BYTES = 64 * 1024;

const zeros = new Uint8Array(SPARSE_STEP_BYTES);

/** A part of a file. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly isHole: boolean;
}

/** Where data and holes are between `start` and `end`, one after the other without gaps. */
export function* extentsOf(file: SourceFile, start: number, end: number): Generator<Extent> {
  for (let position = start; position < end;) {
    const data = Math.min(end, file.nextData(position) ?? end);
    if (data > position) yield { start: position, end: data, isHole: true };
    if (data >= end) return;
    const hole = Math.min(end, file.nextHole(data, end));
    yield { start: data, end: hole, isHole: false };
    position = hole;
  }
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

/** Whether at most 64 KiB are all zero. */
export function isZero(content: Uint8Array<ArrayBuffer>): boolean {
  return equalBytes(content, zeros, content.length);
}

/** Fills the buffer from a position on unless the file ends before. Returns how many bytes there were. */
export function readFully(file: SourceFile, buffer: Uint8Array<ArrayBuffer>, position: number): number {
  let total = 0;
  while (total < buffer.length) {
    const rest = total === 0 ? buffer : buffer.subarray(total);
    const count = file.readAt(rest, rest.length, position + total);
    if (count === 0) break;
    total += count;
  }
  return total;
}

/** The same at the file's own position, which costs less a call. */
export function readOn(file: SourceFile, buffer: Uint8Array<ArrayBuffer>): number {
  let total = 0;
  while (total < buffer.length) {
    const rest = total === 0 ? buffer : buffer.subarray(total);
    const count = file.read(rest, rest.length);
    if (count === 0) break;
    total += count;
  }
  return total;
}
