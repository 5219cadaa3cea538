/**
 * Sizes from which on something is done for a file that is received.
 *
 * @module
 */

/** Space is reserved for files of at least this size, so that a full disk shows before the work is done. */
export const RESERVE_BYTES = 1024 * 1024;

const SMALLEST_BLOCK_BYTES = 16 * 1024;
const LARGEST_BLOCK_BYTES = 8 * 1024 * 1024;

/**
 * Bytes of a block of a file of this size: the power of two from its square root on, so that hashes and a few changed blocks are
 * about as much. A file of 2 GiB has 32,768 blocks of 64 KiB, which is half a megabyte of hashes.
 */
export function blockBytesFor(sizeBytes: number): number {
  let blockBytes = SMALLEST_BLOCK_BYTES;
  while (blockBytes * blockBytes < sizeBytes && blockBytes < LARGEST_BLOCK_BYTES) blockBytes *= 2;
  return blockBytes;
}
