/**
 * The hash of a file of the destination, by which a source on another machine tells whether it has the same content.
 *
 * @module
 */

import type { Xxh128 } from "../../hash/xxh128.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { Engine } from "../threads/engine.ts";

/** Bytes of one step: about 5 ms of reading and hashing. */
const STEP_BYTES = 8 * 1024 * 1024;

/** Reads the file of the destination to its end, step by step; others may use the thread in between, but not the hasher. */
export function* hashFile(
  engine: Engine,
  pair: DirectoryPair,
  entry: Entry,
  hash: Xxh128,
): Generator<void, Uint8Array> {
  const file = pair.destination!.openFile(entry.destinationName, entry.destination);
  try {
    hash.start();
    for (let inStep = 0;;) {
      engine.checkStopped();
      const count = file.read(engine.buffer, engine.buffer.length);
      if (count === 0) return hash.digest();
      hash.update(engine.buffer.subarray(0, count));
      inStep += count;
      if (inStep < STEP_BYTES) continue;
      inStep = 0;
      yield;
    }
  } finally {
    file.close();
  }
}
