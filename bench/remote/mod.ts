/**
 * `deno task bench remote`: Blit beside rsync, each with its own daemon on this machine.
 *
 * ```text
 * workloads.ts        what is transferred, in which direction, and the lines to hold
 * servers.ts          both daemons and the link with latency, as child processes (server_program.ts, ports.ts)
 * delay_proxy.ts      the link, a program of its own (delay_stream.ts)
 * tools.ts            a job with one end at a daemon -> command lines
 * ```
 *
 * Everything else is what measures local copies.
 *
 * @module
 */

import { compareWorkloads, startReport, writeComparison } from "../comparison.ts";
import type { BenchOptions } from "../options.ts";
import type { Tool } from "../peers.ts";
import type { Stage } from "../stage.ts";
import { tryTools } from "../tools.ts";
import { chooseWorkloads } from "../workloads.ts";
import { startServers } from "./servers.ts";
import { createRemoteTools } from "./tools.ts";
import { listRemoteWorkloads } from "./workloads.ts";

/** Compares Blit and rsync in all places, prints the tables, and writes the report. */
export async function compareRemote(options: BenchOptions, stage: Stage, signal: AbortSignal): Promise<void> {
  const { env, configDirectory } = stage;
  const workloads = chooseWorkloads(listRemoteWorkloads(options.scale), options.only);
  await using cleanup = new AsyncDisposableStack();
  const delayed = workloads.some((workload) => workload.delayed);
  const servers = await startServers(cleanup, { directory: configDirectory, delayed, env, signal });
  const plain = { direction: "push", forceGrpc: false, delayed: false } as const;
  const choice = await tryTools(createRemoteTools(servers, plain), { env, signal });
  const canRun = ({ name }: Tool) => !choice.missing.some((missing) => missing.name === name);
  const report = startReport(options, choice, stage);
  report.missing.push(...servers.missing);
  await compareWorkloads(report, workloads, {
    ...options,
    stage,
    signal,
    toolsFor: (workload) => createRemoteTools(servers, workload).filter(canRun),
  });
  await writeComparison(report, options.json, "-remote");
}
