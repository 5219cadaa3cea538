/**
 * `deno task bench`: Blit beside its peers on the same work.
 *
 * Nothing here is an assertion: the exit status is 0 whether targets are met or not.
 *
 * @module
 */

import { compareWorkloads, startReport, writeComparison } from "./comparison.ts";
import { type BenchOptions, type BenchSubject, helpFor, parseOptions } from "./options.ts";
import { comparePredictor } from "./predictor/mod.ts";
import { listPredictorWorks } from "./predictor/works.ts";
import { compareRemote } from "./remote/mod.ts";
import { listRemoteWorkloads } from "./remote/workloads.ts";
import { openStage, type Stage } from "./stage.ts";
import { chooseTools } from "./tools.ts";
import { chooseWorkloads, listWorkloads, type Work } from "./workloads.ts";

/** What can be compared: its works, and who compares them. */
const SUBJECTS: Readonly<Record<BenchSubject, Comparison>> = {
  local: { list: listWorkloads, compare: compareTools },
  predictor: { list: listPredictorWorks, compare: comparePredictor },
  remote: { list: listRemoteWorkloads, compare: compareRemote },
};

interface Comparison {
  list(scale: number): readonly Work[];
  compare(options: BenchOptions, stage: Stage, signal: AbortSignal): Promise<void>;
}

/** Runs the benchmark and returns its exit status. Everything it made but the results is gone afterwards. */
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "utils") return await (await import("./utils/mod.ts")).main(args.slice(1));
  const options = parseOptions(args);
  const chosen = chooseWorkloads(SUBJECTS[options.subject].list(options.scale), options.only);
  if (options.help) {
    console.log(
      helpFor(options.subject) + "\nWorkloads:\n" +
        chosen.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join("\n"),
    );
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
  await SUBJECTS[options.subject].compare(options, stage, signal);
  console.error("removing everything that was built");
}

async function compareTools(options: BenchOptions, stage: Stage, signal: AbortSignal): Promise<void> {
  const tools = await chooseTools(options.tools, { env: stage.env, signal });
  const report = startReport(options, tools, stage);
  const workloads = chooseWorkloads(listWorkloads(options.scale), options.only);
  await compareWorkloads(report, workloads, { ...options, stage, signal, toolsFor: () => tools.found });
  await writeComparison(report, options.json);
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
