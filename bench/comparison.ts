/**
 * Comparing tools: all workloads in all places, into one report.
 *
 * @module
 */

import { renderChart } from "./chart.ts";
import { type Tool, TOOL_LABELS } from "./peers.ts";
import { type Report, REPORT_SCHEMA, reportWorkload, writeResults } from "./report.ts";
import { runWorkload } from "./run.ts";
import { describeStage, type Stage } from "./stage.ts";
import { renderHeader, renderWorkload } from "./table.ts";
import type { ToolChoice } from "./tools.ts";
import type { Workload } from "./workloads.ts";

/** A report without a workload yet. */
export function startReport({ scale }: { scale: number }, tools: ToolChoice, stage: Stage): Report {
  const { missing, ...info } = describeStage(stage);
  return {
    schema: REPORT_SCHEMA,
    startedAt: new Date().toISOString(),
    scale,
    ...info,
    tools: tools.infos,
    missing: [...tools.missing.map(({ name, reason }) => ({ what: TOOL_LABELS[name], reason })), ...missing],
    workloads: [],
  };
}

/** Options of {@linkcode compareWorkloads}. */
export interface ComparisonOptions<W extends Workload> {
  /** Rounds of each workload. */
  rounds: number;
  /** Whether nothing is printed before the end. */
  json: boolean;
  stage: Stage;
  signal: AbortSignal;
  /** The tools that can do a workload here. */
  toolsFor: (workload: W) => readonly Tool[];
}

/** Runs the workloads in every place, adds them to the report, and prints each table when it is there. */
export async function compareWorkloads<W extends Workload>(
  report: Report,
  workloads: readonly W[],
  { rounds, json, stage, signal, toolsFor }: ComparisonOptions<W>,
): Promise<void> {
  const { env, ballast } = stage;
  if (!json) console.log(renderHeader(report));
  for (const place of stage.places) {
    for (const workload of workloads) {
      const onProgress = (line: string) => console.error(`${place.name}: ${workload.name}: ${line}`);
      const tools = toolsFor(workload);
      const result = await runWorkload(workload, { place, tools, rounds, ballast, env, onProgress, signal });
      const finished = reportWorkload(workload, place.name, result);
      report.workloads.push(finished);
      if (!json) console.log("\n" + renderWorkload(finished, report));
    }
  }
}

/** Writes the report and its chart, named after its start and `suffix`, and says where; as JSON also prints it. */
export async function writeComparison(report: Report, json: boolean, suffix = ""): Promise<void> {
  const text = JSON.stringify(report, null, 1);
  if (json) console.log(text);
  const paths = await writeResults(`${report.startedAt}${suffix}`, { json: text, svg: renderChart(report) });
  for (const path of paths) console.error(`written: ${path}`);
}
