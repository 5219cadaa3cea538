/**
 * The content of an open file as records, or as a hash.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { SourceFile } from "../../fs/types.ts";
import { HASH_BYTES, type Xxh128 } from "../../hash/xxh128.ts";
import type { RequestMode } from "../../wire/records.ts";
import { runsOf } from "../files/zero_runs.ts";
import { UNSIZED_BYTES } from "./bounds.ts";
import type { Outlet, PieceBuffer } from "./outlet.ts";
import { extentsOf, readFully } from "./read_content.ts";

/** A file that is being sent. */
export interface Stream {
  readonly outlet: Outlet;
  readonly request: number;
  readonly file: SourceFile;
}

/**
 * Sends bytes `start` to `end`.
 *
 * @param isSparse look for holes and zeros, which are not sent
 * @returns whether all of them were there
 */
export async function sendSpan(stream: Stream, start: number, end: number, isSparse: boolean): Promise<boolean> {
  if (!isSparse) return await sendData(stream, start, end, false) === end;
  for (const extent of extentsOf(stream.file, start, end)) {
    if (extent.isHole) await sendHole(stream, extent.start, extent.end);
    else if (await sendData(stream, extent.start, extent.end, true) < extent.end) return false;
  }
  return true;
}

/**
 * Sends a file that has no size from its start to wherever it ends.
 *
 * @throws {BlitError} "too-large" for one without an end
 */
export async function sendUnsized(stream: Stream): Promise<void> {
  if (await sendData(stream, 0, UNSIZED_BYTES, false) < UNSIZED_BYTES) return;
  throw new BlitError("too-large", `Cannot read a file that says it is empty beyond ${UNSIZED_BYTES} bytes`);
}

/**
 * Sends the blocks whose content has another hash.
 *
 * @param size where the last block ends at the latest
 * @returns whether all of them were there
 */
export async function sendBlocks(
  stream: Stream,
  { start, blockBytes, hashes }: RequestMode & { kind: "blocks" },
  { size, hasher }: { size: number; hasher: Xxh128 },
): Promise<boolean> {
  for (let i = 0; i * HASH_BYTES < hashes.length; i++) {
    const from = start + i * blockBytes;
    const to = Math.min(size, from + blockBytes);
    const wanted = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    if (!await sendBlock(stream, from, to, { wanted, hasher })) return false;
  }
  return true;
}

/** The hash of bytes `start` to `end`; `undefined` when the file ends before. */
export async function hashSpan(
  outlet: Outlet,
  file: SourceFile,
  { start, end, hasher }: { start: number; end: number; hasher: Xxh128 },
): Promise<Uint8Array | undefined> {
  const buffer = await outlet.takeBuffer();
  hasher.start();
  for (let position = start; position < end;) {
    const piece = pieceOf(buffer, position, end);
    if (readFully(file, piece, position) < piece.length) return undefined;
    hasher.update(piece);
    position += piece.length;
    await outlet.breathe();
  }
  return hasher.digest();
}

/** Whether two hashes are the same. */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Returns where the data ended. */
async function sendData(stream: Stream, start: number, end: number, isSparse: boolean): Promise<number> {
  const { outlet, file } = stream;
  for (let position = start; position < end;) {
    const buffer = await outlet.takeBuffer();
    const piece = pieceOf(buffer, position, end);
    const count = readFully(file, piece, position);
    const content = piece.subarray(0, count);
    if (isSparse) await sendRuns(stream, buffer, content, position);
    else if (count > 0) sendPiece(stream, buffer, content, position);
    position += count;
    if (count < piece.length) return position;
    await outlet.breathe();
  }
  return end;
}

async function sendRuns(
  stream: Stream,
  buffer: PieceBuffer,
  content: Uint8Array<ArrayBuffer>,
  position: number,
): Promise<void> {
  for (const { start, end, isHole } of runsOf(content, position)) {
    if (isHole) await sendHole(stream, start, end);
    else sendPiece(stream, buffer, content.subarray(start - position, end - position), start);
  }
}

/** Returns whether the block was there. */
async function sendBlock(
  stream: Stream,
  start: number,
  end: number,
  { wanted, hasher }: { wanted: Uint8Array; hasher: Xxh128 },
): Promise<boolean> {
  const { outlet, file } = stream;
  const buffer = await outlet.takeBuffer();
  if (end - start > buffer.bytes.length) {
    const hash = await hashSpan(outlet, file, { start, end, hasher });
    if (hash === undefined) return false;
    return equalHashes(hash, wanted) || await sendData(stream, start, end, false) === end;
  }
  const piece = pieceOf(buffer, start, end);
  if (readFully(file, piece, start) < piece.length) return false;
  if (!equalHashes(hasher.hash(piece), wanted)) sendPiece(stream, buffer, piece, start);
  await outlet.breathe();
  return true;
}

function sendPiece({ outlet, request }: Stream, buffer: PieceBuffer, content: Uint8Array, offset: number): void {
  outlet.sendFrom(buffer, { kind: "file-data", request, offset, content });
}

function sendHole({ outlet, request }: Stream, start: number, end: number): Promise<void> {
  return outlet.send({ kind: "file-hole", request, offset: start, length: end - start });
}

function pieceOf(buffer: PieceBuffer, position: number, end: number): Uint8Array<ArrayBuffer> {
  const { bytes } = buffer;
  return end - position >= bytes.length ? bytes : bytes.subarray(0, end - position);
}
