/**
 * What choices are measured on: the workloads of the benchmark, and small trees, where the choice matters most.
 *
 * @module
 */

import { planFlatTree } from "../trees.ts";
import { listWorkloads, type Work, type Workload } from "../workloads.ts";

/** Work that Blit does in different ways. */
export interface PredictorWork extends Work {
  fileSystem: "native" | "portable";
}

/** The part of the workloads that shows as much, with six variants in turn, in a few minutes. */
const WORKLOAD_SCALE = 0.3;
/** Of the million files, which leave as many behind at each run. */
const MILLION_SCALE = 0.1;

/**
 * The small trees, then a part of the workloads of the benchmark with their sizes multiplied by `scale`. The small trees stay
 * as they are: their size is the point.
 */
export function listPredictorWorks(scale: number): PredictorWork[] {
  const partOf = (part: number, isWanted: (name: string) => boolean): PredictorWork[] =>
    listWorkloads(scale * part).filter(({ name }) => isWanted(name)).map((workload) => toWork(workload, part));
  return [
    ...[30, 300, 1000, 2000, 4000].map((files) => smallTree(`files-${files}`, files, 4096, "4 KiB")),
    smallTree("medium-files", 40, 2 * 1024 * 1024, "2 MiB"),
    smallTree("large-files", 8, 11_000_000, "11 MB"),
    ...partOf(WORKLOAD_SCALE, (name) => name !== "million"),
    ...partOf(MILLION_SCALE, (name) => name === "million"),
  ];
}

function smallTree(name: string, files: number, fileBytes: number, size: string): PredictorWork {
  return {
    name,
    title: `${files.toLocaleString("en-US")} files of ${size}`,
    verb: "copy",
    what: "tree",
    checksum: false,
    preparation: "nothing",
    tree: planFlatTree({ files, fileBytes }),
    roundsFactor: 2,
    mostRounds: 100,
    watchFirstByte: false,
    fileSystem: "native",
  };
}

/** Without peers and targets. The first byte is not watched: looking for it takes part of a core. */
function toWork({ subject, tools: _tools, targets: _targets, ...work }: Workload, part: number): PredictorWork {
  const title = work.name === "one-byte" ? work.title : `${work.title}; ${part} of that`;
  return { ...work, title, watchFirstByte: false, fileSystem: subject === "blit-portable" ? "portable" : "native" };
}
