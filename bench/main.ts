/**
 * `deno task bench`: Blit beside its peers on the same work.
 *
 * Nothing here is an assertion: the exit status is 0 whether targets are met or not.
 *
 * @module
 */

import { renderChart } from "./chart.ts";
import { describeLoad, readMachine } from "./machine.ts";
import { Ballast } from "./memory.ts";
import { type BenchOptions, HELP, parseOptions } from "./options.ts";
import { TOOL_LABELS } from "./peers.ts";
import { openPlace, type Place } from "./places.ts";
import {
  describeRecentRun,
  readFinishTimes,
  type Report,
  REPORT_SCHEMA,
  reportWorkload,
  writeReport,
} from "./report.ts";
import { runWorkload } from "./run.ts";
import { renderHeader, renderWorkload } from "./table.ts";
import { chooseTools, type ToolChoice } from "./tools.ts";
import { chooseWorkloads, listWorkloads, type Workload } from "./workloads.ts";

/** Runs the benchmark and returns its exit status. Everything it made but the results is gone afterwards. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const workloads = chooseWorkloads(listWorkloads(options.scale), options.only);
  if (options.help) {
    console.log(
      HELP + "\nWorkloads:\n" + workloads.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join("\n"),
    );
    return 0;
  }
  if (Deno.build.os !== "linux") throw new Error("Cannot run the benchmark: it reads Linux's /proc and mounts tmpfs");
  const interrupt = listenForInterrupt();
  try {
    await runAll(workloads, options, interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.exitStatus === undefined) throw error;
    console.error("Interrupted: everything that was built is removed");
    return interrupt.exitStatus;
  } finally {
    interrupt.dispose();
  }
}

async function runAll(workloads: readonly Workload[], options: BenchOptions, signal: AbortSignal): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const configDirectory = await Deno.makeTempDir({ prefix: "blit-bench-config-" });
  cleanup.defer(() => Deno.remove(configDirectory, { recursive: true }));
  // Neither the user's settings nor a history of benchmark runs belong into each other.
  const env = { XDG_CONFIG_HOME: configDirectory };
  const tools = await chooseTools(options.tools, { env, signal });
  const places = await openPlaces(options.places, cleanup);
  const report = startReport(options, tools, places);
  if (!options.json) console.log(renderHeader(report));
  const ballast = await openBallast(cleanup);
  for (const place of places.found) {
    for (const workload of workloads) {
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
  console.error("removing everything that was built");
}

interface PlaceChoice {
  found: Place[];
  missing: { what: string; reason: string }[];
}

async function openPlaces(names: readonly string[], cleanup: AsyncDisposableStack): Promise<PlaceChoice> {
  const choice: PlaceChoice = { found: [], missing: [] };
  for (const name of names) {
    try {
      choice.found.push(cleanup.use(await openPlace(name)));
    } catch (error) {
      choice.missing.push({ what: name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return choice;
}

/** Without a tmpfs there is no ballast, and first touches of memory stay in the figures. */
async function openBallast(cleanup: AsyncDisposableStack): Promise<Ballast | undefined> {
  const { found: [place] } = await openPlaces(["tmpfs"], cleanup);
  if (place === undefined) return undefined;
  return cleanup.use(new Ballast(`${await place.open()}/ballast`));
}

function startReport(options: BenchOptions, tools: ToolChoice, places: PlaceChoice): Report {
  const machine = readMachine();
  const notes = [describeLoad(Deno.loadavg(), machine.cores)];
  if (places.found.some(({ inMemory }) => !inMemory)) notes.push(describeRecentRun(readFinishTimes(), Date.now()));
  return {
    schema: REPORT_SCHEMA,
    startedAt: new Date().toISOString(),
    scale: options.scale,
    machine,
    places: places.found.map(({ name, description }) => ({ name, description })),
    tools: tools.infos,
    missing: [...tools.missing.map(({ name, reason }) => ({ what: TOOL_LABELS[name], reason })), ...places.missing],
    notes: notes.filter((note) => note !== undefined),
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
