/**
 * Bytes in buffers: as text, and compared. Large ones go through `node:buffer`, which is several times faster than a loop but
 * takes 4 ms to load in every thread, so it is loaded when the first large one comes.
 *
 * @module
 */

import type * as NodeBuffer from "node:buffer";

/** Bytes from which loading is worth it: a listing of a few dozen names stays below. */
const WORTH_LOADING_BYTES = 4096;
/** And bytes in many small ones. */
const WORTH_LOADING_TOTAL_BYTES = 64 * 1024;

const decoder = new TextDecoder();
let smallBytes = 0;

let loaded: typeof NodeBuffer | undefined;

function loadBuffer(): typeof NodeBuffer.Buffer {
  // deno-lint-ignore no-process-global -- importing it would load Node's layer at once
  return (loaded ??= process.getBuiltinModule("node:buffer")).Buffer;
}

/** The first `length` bytes as a string of one character a byte. */
export function latin1Text(bytes: Uint8Array<ArrayBuffer>, length: number): string {
  const part = bytes.subarray(0, length);
  const isSmall = length < WORTH_LOADING_BYTES && smallBytes < WORTH_LOADING_TOTAL_BYTES;
  smallBytes += length;
  if (isSmall && loaded === undefined) return String.fromCharCode(...part);
  return loadBuffer().from(part.buffer, part.byteOffset, length).toString("latin1");
}

/** The same for bytes below 128, which is the fastest. */
export function asciiText(bytes: Uint8Array<ArrayBuffer>, length: number): string {
  return decoder.decode(bytes.subarray(0, length));
}

/** Whether the first `length` bytes of two buffers are the same. */
export function equalBytes(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>, length: number): boolean {
  if (length < WORTH_LOADING_BYTES && loaded === undefined) {
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
    return true;
  }
  return loadBuffer().compare(a.subarray(0, length), b.subarray(0, length)) === 0;
}
