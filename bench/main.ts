/**
 * `deno task bench`: Blit beside its peers on the same work.
 *
 * Nothing here is an assertion: the exit status is 0 whether targets are met or not.
 *
 * @module
 */

import { renderChart } from "./chart.ts";
import { type BenchOptions, HELP, parseOptions } from "./options.ts";
import { TOOL_LABELS } from "./peers.ts";
import { comparePredictor } from "./predictor/mod.ts";
import { listPredictorWorks } from "./predictor/works.ts";
import { type Report, REPORT_SCHEMA, reportWorkload, writeReport } from "./report.ts";
import { runWorkload } from "./run.ts";
import { describeStage, openStage, type Stage } from "./stage.ts";
import { renderHeader, renderWorkload } from "./table.ts";
import { chooseTools, type ToolChoice } from "./tools.ts";
import { chooseWorkloads, listWorkloads, type Work } from "./workloads.ts";

/** Runs the benchmark and returns its exit status. Everything it made but the results is gone afterwards. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const works: readonly Work[] = options.predictor ? listPredictorWorks(options.scale) : listWorkloads(options.scale);
  const chosen = chooseWorkloads(works, options.only);
  if (options.help) {
    console.log(HELP + "\nWorkloads:\n" + chosen.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join("\n"));
    return 0;
  }
  if (Deno.build.os !== "linux") throw new Error("Cannot run the benchmark: it reads Linux's /proc and mounts tmpfs");
  const interrupt = listenForInterrupt();
  try {
    await runAll(options, interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.exitStatus === undefined) throw error;
    console.error("Interrupted: everything that was built is removed");
    return interrupt.exitStatus;
  } finally {
    interrupt.dispose();
  }
}

async function runAll(options: BenchOptions, signal: AbortSignal): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const stage = await openStage(options.places, cleanup);
  await (options.predictor ? comparePredictor : compareTools)(options, stage, signal);
  console.error("removing everything that was built");
}

async function compareTools(options: BenchOptions, stage: Stage, signal: AbortSignal): Promise<void> {
  const { env, ballast } = stage;
  const tools = await chooseTools(options.tools, { env, signal });
  const report = startReport(options, tools, stage);
  if (!options.json) console.log(renderHeader(report));
  for (const place of stage.places) {
    for (const workload of chooseWorkloads(listWorkloads(options.scale), options.only)) {
      const onProgress = (line: string) => console.error(`${place.name}: ${workload.name}: ${line}`);
      const { rounds } = options;
      const result = await runWorkload(workload, {
        place,
        tools: tools.found,
        rounds,
        ballast,
        env,
        onProgress,
        signal,
      });
      const finished = reportWorkload(workload, place.name, result);
      report.workloads.push(finished);
      if (!options.json) console.log("\n" + renderWorkload(finished, report));
    }
  }
  if (options.json) console.log(JSON.stringify(report, null, 1));
  for (const path of await writeReport(report, renderChart(report))) console.error(`written: ${path}`);
}

function startReport(options: BenchOptions, tools: ToolChoice, stage: Stage): Report {
  const { missing, ...info } = describeStage(stage);
  return {
    schema: REPORT_SCHEMA,
    startedAt: new Date().toISOString(),
    scale: options.scale,
    ...info,
    tools: tools.infos,
    missing: [...tools.missing.map(({ name, reason }) => ({ what: TOOL_LABELS[name], reason })), ...missing],
    workloads: [],
  };
}

interface Interrupt {
  readonly signal: AbortSignal;
  /** Set once a signal came. */
  readonly exitStatus: number | undefined;
  dispose(): void;
}

/** Aborts on the first SIGINT or SIGTERM. Later ones change nothing: removing what was built has to finish. */
function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let exitStatus: number | undefined;
  const stop = (status: number) => () => {
    exitStatus ??= status;
    controller.abort(new Error("Interrupted"));
  };
  const listeners = [["SIGINT", stop(130)], ["SIGTERM", stop(143)]] as const;
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
  return {
    signal: controller.signal,
    get exitStatus() {
      return exitStatus;
    },
    dispose() {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = error instanceof TypeError || error instanceof RangeError ? 2 : 1;
  }
}
