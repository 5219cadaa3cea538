/**
 * What the predictor is measured on: the workloads of the benchmark, and small trees where its choice matters.
 *
 * @module
 */

import { planFlatTree } from "../trees.ts";
import { listWorkloads, type Work, type Workload } from "../workloads.ts";

/** Work that Blit does under different experience. */
export interface PredictorWork extends Work {
  fileSystem: "native" | "portable";
}

/** The large workloads in training are this part of those that are measured: a hundred runs should take a minute or two. */
const TRAINING_SCALE = 0.1;
/** A million files seven times a round would fill 36 GB. */
const MILLION_SCALE = 0.2;

/**
 * The small trees, then the workloads of the benchmark with their sizes multiplied by `scale`. The small trees stay as they
 * are: their size is the point.
 */
export function listPredictorWorks(scale: number): PredictorWork[] {
  return [
    ...[30, 300, 1000, 2000, 4000].map((files) => smallTree(`files-${files}`, files, 4096, "4 KiB")),
    smallTree("medium-files", 40, 2 * 1024 * 1024, "2 MiB"),
    smallTree("large-files", 8, 11_000_000, "11 MB"),
    ...listWorkloads(scale).map((workload) =>
      toWork(workload.name === "million" ? fewerThanAMillion(scale) : workload)
    ),
  ];
}

/**
 * The works that the history is made from, in their order: all of them, the large ones at a tenth, and small and large ones
 * alternating, so that the first runs have seen something of both.
 */
export function listTrainingWorks(scale: number): PredictorWork[] {
  const works = listPredictorWorks(scale * TRAINING_SCALE);
  const half = Math.ceil(works.length / 2);
  return works.slice(0, half).flatMap((work, index) => [work, ...works.slice(half + index, half + index + 1)]);
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
    roundsFactor: 4,
    mostRounds: 100,
    watchFirstByte: false,
    fileSystem: "native",
  };
}

function fewerThanAMillion(scale: number): Workload {
  const workload = listWorkloads(scale * MILLION_SCALE).find(({ name }) => name === "million")!;
  return { ...workload, title: `${workload.title}, a fifth of them` };
}

/** Without peers and targets. The first byte is not watched: looking for it takes part of a core. */
function toWork({ subject, tools: _tools, targets: _targets, ...work }: Workload): PredictorWork {
  return { ...work, watchFirstByte: false, fileSystem: subject === "blit-portable" ? "portable" : "native" };
}
