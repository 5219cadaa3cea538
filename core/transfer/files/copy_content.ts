/**
 * The bytes of a file, from one open file to another.
 *
 * @module
 */

import type { SinkFile, SourceFile, Stat } from "../../fs/types.ts";
import type { Engine } from "../threads/engine.ts";
import { isZero, SPARSE_STEP_BYTES } from "./zero_runs.ts";

/** Files smaller than this are copied faster than a reflink is asked for. */
const REFLINK_BYTES = 16 * 1024;
/** Space is reserved for files of at least this size, so that a full disk shows before the work is done. */
const RESERVE_BYTES = 1024 * 1024;

/**
 * Copies at most `stat.size` bytes: a source that grows is cut there. A file of size 0 is read to its end, since files in
 * `/proc` have content and no size.
 *
 * @returns bytes of content now in the sink; fewer than `stat.size` when the source has shrunk
 */
export function copyContent(engine: Engine, source: SourceFile, sink: SinkFile, stat: Stat): number {
  if (reflink(engine, source, sink, stat)) return stat.size;
  if (stat.allocatedBytes < stat.size) {
    const bytes = copySparse(engine, source, sink, 0, stat.size, stat.size);
    // Last, so that an interrupted file shows that it is one.
    sink.truncate(stat.size);
    return bytes;
  }
  if (stat.size >= RESERVE_BYTES) sink.reserve(stat.size);
  const limit = stat.size === 0 ? Number.MAX_SAFE_INTEGER : stat.size;
  let total = 0;
  while (total < limit) {
    const count = source.read(engine.buffer, Math.min(engine.buffer.length, limit - total));
    if (count === 0) break;
    sink.write(engine.buffer, count);
    total += count;
    if (total < limit) engine.checkStopped();
  }
  return total;
}

/** Copies bytes `start` to `end` at their positions. Returns how many there were; fewer when the source has shrunk. */
export function copyAt(engine: Engine, source: SourceFile, sink: SinkFile, start: number, end: number): number {
  let position = start;
  while (position < end) {
    engine.checkStopped();
    const count = source.readAt(engine.buffer, Math.min(engine.buffer.length, end - position), position);
    if (count === 0) break;
    sink.writeAt(engine.buffer, count, position);
    position += count;
  }
  return position - start;
}

/**
 * Copies the data between `start` and `end` and leaves holes as holes. A hole at the end counts once the caller has set the
 * size.
 *
 * @returns bytes dealt with, holes included
 */
export function copySparse(
  engine: Engine,
  source: SourceFile,
  sink: SinkFile,
  start: number,
  end: number,
  size: number,
): number {
  let position = start;
  while (position < end) {
    const data = source.nextData(position);
    if (data === undefined || data >= end) return end - start;
    const hole = Math.min(end, source.nextHole(data, size));
    const copied = copyWithoutZeros(engine, source, sink, data, hole);
    if (copied < hole - data) return data + copied - start;
    position = hole;
  }
  return end - start;
}

/** Makes the sink share the source's blocks where the file system can. */
export function reflink(engine: Engine, source: SourceFile, sink: SinkFile, stat: Stat): boolean {
  if (stat.size < REFLINK_BYTES || engine.noReflink.has(stat.dev)) return false;
  if (sink.cloneFrom(source)) return true;
  engine.noReflink.add(stat.dev);
  return false;
}

function copyWithoutZeros(engine: Engine, source: SourceFile, sink: SinkFile, start: number, end: number): number {
  const { buffer } = engine;
  let position = start;
  while (position < end) {
    engine.checkStopped();
    // Steps begin at multiples of their size, so that a hole can be one in the copy too.
    const step = Math.min(SPARSE_STEP_BYTES - position % SPARSE_STEP_BYTES, end - position);
    const count = source.readAt(buffer, step, position);
    if (count === 0) break;
    if (!isZero(buffer, count)) sink.writeAt(buffer, count, position);
    position += count;
  }
  return position - start;
}
