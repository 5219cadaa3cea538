/**
 * `deno task bench --predictor`: whether Blit chooses well, and whether past runs are in its way.
 *
 * ```text
 * works.ts          what is measured
 * past_runs.ts      a history
 * variants.ts       Blit without a history, with one, and with a fixed number of workers (fixed_workers.ts)
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
import { createVariants } from "./variants.ts";
import { listPredictorWorks, type PredictorWork } from "./works.ts";

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
  for (const work of chooseWorkloads(listPredictorWorks(scale), only)) {
    const context = { ...shared, onProgress: (line: string) => onProgress(`${work.name}: ${line}`) };
    yield await compareWork(work, directory, context);
  }
}

/** @param directory for the configuration directories of the variants */
async function compareWork(work: PredictorWork, directory: string, context: RoundsContext): Promise<WorkReport> {
  const variants = createVariants(work, directory);
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
