/**
 * Bytes and holes of an open file.
 *
 * @module
 */

import type { SourceFile } from "../../fs/types.ts";
import type { Extent } from "../files/zero_runs.ts";

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
