/**
 * What a workload needs, and how many rounds of it fit without deleting anything in between.
 *
 * @module
 */

import { countFiles, type TreePlan } from "./trees.ts";

/** Space that something takes or has. */
export interface Space {
  bytes: number;
  /** Files and directories. */
  entries: number;
}

const BLOCK_BYTES = 4096;

// Inode, directory entry and page table of one file on tmpfs: 990 bytes measured over 100,000 files, rounded up.
const ENTRY_BYTES = 1100;

/** Memory that one run of a tool takes for itself; rclone takes more, on the largest trees. */
export const PROCESS_BYTES = 128 * 1024 * 1024;

/** What a copy of the tree takes, whether on tmpfs or as page cache and inodes in memory. */
export function measureSpace(plan: TreePlan): Space {
  let bytes = 0;
  for (const { files, fileBytes } of plan) {
    bytes += BLOCK_BYTES + files * (Math.ceil(fileBytes / BLOCK_BYTES) * BLOCK_BYTES + ENTRY_BYTES);
  }
  return { bytes, entries: countFiles(plan) + plan.length };
}

/** `space` taken `count` times. */
export function multiplySpace(space: Space, count: number): Space {
  return { bytes: space.bytes * count, entries: space.entries * count };
}

/** Everything in one. */
export function addSpace(...parts: readonly Space[]): Space {
  return parts.reduce((sum, part) => ({ bytes: sum.bytes + part.bytes, entries: sum.entries + part.entries }), {
    bytes: 0,
    entries: 0,
  });
}

/** Input of {@linkcode planSittings}. */
export interface SittingOptions {
  /** Rounds that were asked for. */
  rounds: number;
  /** What is built once: the source and a shared destination. */
  fixed: Space;
  /** What one round of all tools leaves behind. */
  perRound: Space;
  capacity: Space;
  /** Whether the place can be replaced by a fresh one, with everything built anew. */
  renewable: boolean;
  /** Most rounds in one sitting where the place can be replaced. @default as many as fit */
  mostPerSitting?: number | undefined;
}

/**
 * Divides the rounds into sittings. Nothing is deleted within a sitting; between two of them the whole place is fresh.
 *
 * A place that cannot be renewed has one sitting, with fewer rounds when they do not all fit. The result holds the
 * rounds of each sitting; it is empty when not even one round fits.
 */
export function planSittings(options: SittingOptions): number[] {
  const { rounds, fixed, perRound, capacity, renewable, mostPerSitting = Infinity } = options;
  const fit = Math.min(
    countFits(capacity.bytes - fixed.bytes, perRound.bytes),
    countFits(capacity.entries - fixed.entries, perRound.entries),
    rounds,
  );
  if (fit < 1) return [];
  if (!renewable) return [fit];
  const each = Math.min(fit, mostPerSitting);
  const sittings = Math.ceil(rounds / each);
  return Array.from({ length: sittings }, (_, index) => Math.min(each, rounds - index * each));
}

function countFits(room: number, each: number): number {
  if (room < 0) return 0;
  return each === 0 ? Infinity : Math.floor(room / each);
}
