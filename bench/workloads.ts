/**
 * The workloads, with the figures that Blit is held to.
 *
 * @module
 */

import type { ToolName } from "./peers.ts";
import { countFiles, type EditCounts, planFlatTree, planSingleFile, planSkewedTree, type TreePlan } from "./trees.ts";

/** A figure that Blit is held to. */
export type Target =
  | { kind: "ratio"; against: ToolName; atMost: number } // median of the rounds' ratios
  | { kind: "difference"; against: ToolName; atMostMs: number } // median of the rounds' differences
  | { kind: "first-byte"; atMostMs: number }
  | { kind: "memory"; atMostBytes: number };

/** What is at the destination before a run. */
export type Preparation =
  | "nothing"
  | "shared copy" // one exact copy that no run changes, for all of them
  | "own copy"; // an exact copy for each run, made before the source is edited

/** One piece of work. */
export interface Work {
  /** For `--only`. */
  name: string;
  title: string;
  verb: "copy" | "mirror";
  /** Whether one file is given or a directory. */
  what: "tree" | "file";
  checksum: boolean;
  preparation: Preparation;
  tree: TreePlan;
  edits?: EditCounts;
  /** Rounds for each round that was asked for; short runs need more to be steady. */
  roundsFactor: number;
  /** Most rounds that are worth their time. */
  mostRounds: number;
  /** Most rounds on one file system, where a fresh one can be had, so that large copies do not pile up in memory. */
  mostRoundsPerSitting?: number;
  /** Whether the time until the first byte at the destination is measured. */
  watchFirstByte: boolean;
}

/** Work that Blit and its peers do. */
export interface Workload extends Work {
  /** The subject that the targets are about. */
  subject: "blit" | "blit-portable";
  /** The subject and its peers. */
  tools: readonly ToolName[];
  targets: readonly Target[];
}

const COPY_TOOLS: readonly ToolName[] = ["blit", "rsync", "cp", "tar", "rclone"];
const MIRROR_TOOLS: readonly ToolName[] = ["blit", "rsync", "rclone"];

const DEFAULTS = {
  verb: "copy",
  what: "tree",
  checksum: false,
  preparation: "nothing",
  subject: "blit",
  tools: COPY_TOOLS,
  roundsFactor: 1,
  mostRounds: 100,
  watchFirstByte: false,
} as const;

const MIB = 1024 * 1024;

/** All workloads, with their numbers of files and the sizes of large files multiplied by `scale`. */
export function listWorkloads(scale: number): Workload[] {
  const scaled = (count: number) => Math.max(1, Math.round(count * scale));
  const smallFiles = planFlatTree({ files: scaled(100_000), fileBytes: 4096 });
  return [
    {
      ...DEFAULTS,
      name: "small-files",
      title: "100,000 files of 4 KiB, 250 a directory",
      tree: smallFiles,
      targets: ratios({ rsync: 0.33, cp: 0.60 }),
    },
    {
      ...DEFAULTS,
      name: "large-file",
      title: "one 2 GB file",
      what: "file",
      tree: planSingleFile(scaled(2_000_000_000)),
      targets: ratios({ rsync: 0.30, cp: 0.80 }),
    },
    {
      ...DEFAULTS,
      name: "mixed",
      title: "mixed: 512 MiB file and 50,000 files of 2 KiB",
      tree: [...planSingleFile(scaled(512 * MIB)), ...planFlatTree({ files: scaled(50_000), fileBytes: 2048 })],
      targets: ratios({ rsync: 0.32, cp: 0.60 }),
    },
    {
      ...DEFAULTS,
      name: "mirror-idle",
      title: "mirror, nothing to do, 100,000 files",
      verb: "mirror",
      preparation: "shared copy",
      tree: smallFiles,
      tools: MIRROR_TOOLS,
      targets: ratios({ rsync: 0.50 }),
    },
    {
      ...DEFAULTS,
      name: "mirror-changed",
      title: "mirror after touching 2,000, deleting 1,000, adding 1,000 of 100,000",
      verb: "mirror",
      preparation: "own copy",
      tree: smallFiles,
      edits: { touch: scaled(2_000), remove: scaled(1_000), add: scaled(1_000) },
      tools: MIRROR_TOOLS,
      targets: ratios({ rsync: 0.50 }),
    },
    {
      ...DEFAULTS,
      name: "skewed",
      title: "skewed: 90% of 50,000 files of 4 KiB in one deep branch",
      tree: planSkewedTree(scaled(50_000), 4096),
      targets: ratios({ rsync: 0.40, cp: 0.70 }),
    },
    {
      ...DEFAULTS,
      name: "checksum",
      title: "--checksum mirror, nothing to do, 2 GB in 2,000 files",
      verb: "mirror",
      checksum: true,
      preparation: "shared copy",
      tree: planFlatTree({ files: scaled(2_000), fileBytes: 1_000_000 }),
      tools: MIRROR_TOOLS,
      targets: ratios({ rsync: 0.60 }),
    },
    {
      ...DEFAULTS,
      name: "portable",
      title: "portable implementation (no --allow-ffi), 100,000 files of 4 KiB",
      tree: smallFiles,
      subject: "blit-portable",
      tools: ["blit-portable", "rsync", "cp"],
      targets: ratios({ rsync: 0.60 }),
    },
    {
      ...DEFAULTS,
      name: "one-byte",
      title: "one file of one byte",
      what: "file",
      tree: planSingleFile(1),
      tools: ["blit", "deno", "rsync", "cp"],
      targets: [{ kind: "difference", against: "deno", atMostMs: 45 }],
      roundsFactor: 4,
    },
    {
      ...DEFAULTS,
      name: "million",
      title: "1,000,000 files of 16 bytes in 4,000 directories",
      tree: planFlatTree({ files: scaled(1_000_000), fileBytes: 16 }),
      tools: ["blit"],
      targets: [{ kind: "first-byte", atMostMs: 100 }, { kind: "memory", atMostBytes: 150 * MIB }],
      // A round takes ten seconds and 5 GiB.
      mostRounds: 3,
      watchFirstByte: true,
    },
  ];
}

/** The workloads whose name contains one of `names`; all of them without names. Throws a `RangeError` without a match. */
export function chooseWorkloads<W extends Work>(workloads: readonly W[], names: readonly string[]): W[] {
  if (names.length === 0) return [...workloads];
  const chosen = workloads.filter(({ name }) => names.some((part) => name.includes(part)));
  if (chosen.length > 0) return chosen;
  const known = workloads.map(({ name }) => name).join(", ");
  throw new RangeError(`Cannot find a workload named "${names.join('", "')}": there are ${known}`);
}

/** How many rounds a workload gets when `asked` were asked for. */
export function roundsOf(workload: Work, asked: number): number {
  return Math.min(asked * workload.roundsFactor, workload.mostRounds);
}

/** Files a second would say nothing about a run that is all start-up. */
export function isThroughput(workload: Workload): boolean {
  return countFiles(workload.tree) > 1 || workload.tree[0].fileBytes > MIB;
}

/** Bytes a second say something where content is moved or compared. */
export function movesContent(workload: Workload): boolean {
  return isThroughput(workload) && (workload.verb === "copy" || workload.checksum);
}

/** Targets from the most that Blit may take of the time of each peer. */
export function ratios(limits: Partial<Record<ToolName, number>>): Target[] {
  return Object.entries(limits).map(([against, atMost]) => ({ kind: "ratio", against: against as ToolName, atMost }));
}
