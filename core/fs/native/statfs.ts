/**
 * What the system tells of a file system.
 *
 * @module
 */

import { factsFrom, type FileSystemFacts } from "../facts.ts";

/** `struct statfs` of 64-bit Linux is not larger. */
const STATFS_WORDS = 32;

/**
 * The facts of a file system; `undefined` where the call fails.
 *
 * @param call `statfs` or `fstatfs`, which fills the buffer and returns 0
 */
export function readFacts(call: (answer: Uint8Array<ArrayBuffer>) => number): FileSystemFacts | undefined {
  const answer = new BigUint64Array(STATFS_WORDS);
  if (call(new Uint8Array(answer.buffer)) !== 0) return undefined;
  // It begins with seven words: type, block size, blocks, free, free for users, inodes, free inodes.
  const words = Array.from(answer.subarray(0, 7), Number);
  const [magic, blockBytes, blocks, emptyBlocks, freeBlocks, files, freeFiles] = words;
  return factsFrom({ magic, blockBytes, blocks, emptyBlocks, freeBlocks, files, freeFiles });
}
