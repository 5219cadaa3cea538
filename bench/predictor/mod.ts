/**
 * `deno task bench --predictor`: what past runs are worth.
 *
 * ```text
 * works.ts          what is measured, and what the history is made from
 * training.ts       a hundred real runs; the history after ten and after all of them
 * variants.ts       Blit without a history, with each of the two, and with a fixed number of workers (fixed_workers.ts)
 * comparison.ts     samples -> ratios and the lines to hold
 * report.ts         as text and as JSON
 * ```
 *
 * @module
 */

import type { BenchOptions } from "../options.ts";
import { describeStage, type Stage } from "../stage.ts";
import { writeResults } from "../report.ts";
import { type RoundsContext, runInTurn } from "../run.ts";
import type { Place } from "../places.ts";
import { countBytes, countFiles } from "../trees.ts";
import { chooseWorkloads } from "../workloads.ts";
import { compareVariants } from "./comparison.ts";
import {
  PREDICTOR_REPORT_SCHEMA,
  type PredictorReport,
  renderHeader,
  renderSummary,
  renderWork,
  type WorkReport,
} from "./report.ts";
import { train } from "./training.ts";
import { createVariants, type Histories } from "./variants.ts";
import { listPredictorWorks, listTrainingWorks, type PredictorWork } from "./works.ts";

/** Compares the variants in all places, prints the tables, and writes the report. */
export async function comparePredictor(options: BenchOptions, stage: Stage, signal: AbortSignal): Promise<void> {
  const report = startReport(options, stage);
  const print = (text: string) => options.json || console.log(text);
  print(renderHeader(report));
  for (const place of stage.places) {
    for await (const work of compareIn(place, options, stage, signal)) {
      report.works.push(work);
      print("\n" + renderWork(work, options.scale));
    }
  }
  print("\n" + renderSummary(report.works));
  const json = JSON.stringify(report, null, 1);
  if (options.json) console.log(json);
  for (const path of await writeResults(`${report.startedAt}-predictor`, { json })) console.error(`written: ${path}`);
}

async function* compareIn(
  place: Place,
  { rounds, scale, only }: BenchOptions,
  { env, configDirectory, ballast }: Stage,
  signal: AbortSignal,
): AsyncGenerator<WorkReport> {
  const onProgress = (line: string) => console.error(`${place.name}: ${line}`);
  const shared = { place, rounds, env, signal, onProgress, ...(ballast === undefined ? {} : { ballast }) };
  const directory = await Deno.makeTempDir({ dir: configDirectory, prefix: "predictor-" });
  const histories = await train(listTrainingWorks(scale), `${directory}/training`, shared);
  for (const work of chooseWorkloads(listPredictorWorks(scale), only)) {
    const context = { ...shared, onProgress: (line: string) => onProgress(`${work.name}: ${line}`) };
    yield await compareWork(work, { histories, directory, context });
  }
}

interface WorkOptions {
  histories: Histories;
  /** For the configuration directories of the variants. */
  directory: string;
  context: RoundsContext;
}

async function compareWork(work: PredictorWork, options: WorkOptions): Promise<WorkReport> {
  const { histories, directory, context } = options;
  const variants = createVariants(work, histories, directory);
  const { samples, rounds, notes } = await runInTurn(work, { all: variants, needed: variants }, context);
  return {
    work: work.name,
    title: work.title,
    place: context.place.name,
    files: countFiles(work.tree),
    bytes: countBytes(work.tree),
    rounds,
    ...compareVariants(variants.map(({ name }) => name), samples),
    notes,
    samples,
  };
}

function startReport({ scale }: BenchOptions, stage: Stage): PredictorReport {
  return {
    schema: PREDICTOR_REPORT_SCHEMA,
    kind: "predictor",
    startedAt: new Date().toISOString(),
    scale,
    ...describeStage(stage),
    works: [],
  };
}
