/**
 * Whether two files hold the same bytes. Locally the bytes themselves are compared: surer than any checksum, and faster.
 *
 * @module
 */

import { equalBytes } from "../../fs/memory.ts";
import type { SourceFile } from "../../fs/types.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";

/** Reads both files side by side and stops at the first difference. */
export function sameContent(pair: DirectoryPair, entry: Entry): boolean {
  const source = pair.source.openFile(entry.name, entry.source);
  try {
    const destination = pair.destination!.openFile(entry.destinationName, entry.destination);
    try {
      return compareFiles(pair, source, destination);
    } finally {
      destination.close();
    }
  } finally {
    source.close();
  }
}

function compareFiles(pair: DirectoryPair, a: SourceFile, b: SourceFile): boolean {
  const { buffer, otherBuffer } = pair.engine;
  for (;;) {
    const count = a.read(buffer, buffer.length);
    const otherCount = readFully(b, otherBuffer, count);
    if (count !== otherCount) return false;
    if (count === 0) return b.read(otherBuffer, 1) === 0;
    if (!equalBytes(buffer, otherBuffer, count)) return false;
    pair.engine.checkStopped();
  }
}

/** Reads `length` bytes unless the file ends before. */
function readFully(file: SourceFile, buffer: Uint8Array<ArrayBuffer>, length: number): number {
  let total = 0;
  while (total < length) {
    const count = file.read(total === 0 ? buffer : buffer.subarray(total), length - total);
    if (count === 0) break;
    total += count;
  }
  return total;
}
