/**
 * The shapes of the source trees: which directories, how many files in each, how large, and which of them change.
 *
 * Pure: nothing here touches a disk.
 *
 * @module
 */

/** One directory and the files directly in it. */
export interface DirectoryPlan {
  /** Relative to the root; empty for the root itself. */
  path: string;
  files: number;
  fileBytes: number;
}

/** A whole tree. */
export type TreePlan = readonly DirectoryPlan[];

/** Files of a tree that change between two mirrors, as paths relative to its root. */
export interface Edits {
  touched: string[];
  removed: string[];
  added: string[];
}

/** How many files change. */
export interface EditCounts {
  touch: number;
  remove: number;
  add: number;
}

/** Options of {@linkcode planFlatTree}. */
export interface FlatTreeOptions {
  files: number;
  fileBytes: number;
  /** Files in a directory. @default 250 */
  perDirectory?: number;
  /** Directory that holds the directories. @default the root */
  under?: string;
}

/** Directories side by side, filled one after the other. */
export function planFlatTree(options: FlatTreeOptions): DirectoryPlan[] {
  const { files, fileBytes, perDirectory = 250, under = "" } = options;
  const count = Math.ceil(files / perDirectory);
  return Array.from({ length: count }, (_, index) => ({
    path: joinPath(under, `d${String(index).padStart(4, "0")}`),
    files: Math.min(perDirectory, files - index * perDirectory),
    fileBytes,
  }));
}

/** One file in the root. */
export function planSingleFile(fileBytes: number): DirectoryPlan[] {
  return [{ path: "", files: 1, fileBytes }];
}

/** Levels of the deep branch of {@linkcode planSkewedTree}. */
export const DEEP_LEVELS = 18;

/** 90% of the files in one branch of {@linkcode DEEP_LEVELS} nested levels, spread over the levels, the rest flat. */
export function planSkewedTree(files: number, fileBytes: number): DirectoryPlan[] {
  const deepFiles = Math.round(files * 0.9);
  const plan = planFlatTree({ files: files - deepFiles, fileBytes, under: "" });
  let branch = "deep";
  for (let level = 0; level < DEEP_LEVELS; level++) {
    const share = Math.floor((deepFiles * (level + 1)) / DEEP_LEVELS) - Math.floor((deepFiles * level) / DEEP_LEVELS);
    branch = joinPath(branch, `level${String(level).padStart(2, "0")}`);
    plan.push(...planFlatTree({ files: share, fileBytes, under: branch }));
  }
  return plan;
}

/** Number of regular files. */
export function countFiles(plan: TreePlan): number {
  return plan.reduce((sum, directory) => sum + directory.files, 0);
}

/** Bytes of content. */
export function countBytes(plan: TreePlan): number {
  return plan.reduce((sum, directory) => sum + directory.files * directory.fileBytes, 0);
}

/** Path of a file, relative to the root. */
export function filePath(directory: DirectoryPlan, index: number): string {
  return joinPath(directory.path, `f${String(index).padStart(5, "0")}`);
}

/** Chooses the files that change, evenly over the whole tree and the same ones every time. */
export function planEdits(plan: TreePlan, counts: EditCounts): Edits {
  const paths = plan.flatMap((directory) => Array.from({ length: directory.files }, (_, i) => filePath(directory, i)));
  const changed = spread(counts.touch + counts.remove, paths.length).map((index) => paths[index]);
  const removedAt = new Set(spread(counts.remove, changed.length));
  return {
    touched: changed.filter((_, index) => !removedAt.has(index)),
    removed: changed.filter((_, index) => removedAt.has(index)),
    added: spread(counts.add, counts.add).map((index) => {
      const directory = plan[Math.floor((index * plan.length) / counts.add)];
      return joinPath(directory.path, `new${String(index).padStart(5, "0")}`);
    }),
  };
}

/** At most `count` different indexes below `total`, evenly spaced. */
function spread(count: number, total: number): number[] {
  const picked = Math.min(count, total);
  return Array.from({ length: picked }, (_, index) => Math.floor((index * total) / picked));
}

function joinPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}/${name}`;
}
