/**
 * The hash of a file of the destination, by which a source on another machine tells whether it has the same content.
 *
 * @module
 */

import type { Xxh128 } from "../../hash/xxh128.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { Engine } from "../threads/engine.ts";

/** Bytes after which other work has its turn: 10 to 20 ms of reading and hashing. */
const TURN_BYTES = 32 * 1024 * 1024;

/** Reads the file of the destination to its end. Gives way to other work in between. */
export async function hashFile(
  engine: Engine,
  pair: DirectoryPair,
  entry: Entry,
  hash: Xxh128,
): Promise<Uint8Array> {
  const file = pair.destination!.openFile(entry.destinationName, entry.destination);
  try {
    hash.start();
    for (let inTurn = 0;;) {
      engine.checkStopped();
      const count = file.read(engine.buffer, engine.buffer.length);
      if (count === 0) return hash.digest();
      hash.update(engine.buffer.subarray(0, count));
      inTurn += count;
      if (inTurn < TURN_BYTES) continue;
      inTurn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    file.close();
  }
}
