/**
 * `blit jobs watch`.
 *
 * @module
 */

import { BlitError, EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import type { ControlClient } from "../../core/wire/control/client.ts";
import type { Io } from "../io.ts";
import { findJob } from "../jobs/find_job.ts";
import type { Command } from "../parse/mod.ts";
import { resolveOutput } from "../resolve.ts";
import { runTransfer } from "../run_transfer.ts";
import { connectTo } from "../server.ts";
import { watchSignals } from "../signals.ts";
import { PROGRAM, type RawFlags } from "../table/mod.ts";

/** Runs the command and resolves with the exit status, with an id the one that the job ends with. */
export async function run({ args: [server, id], flags }: Command, io: Io): Promise<number> {
  if (id === undefined) checkFlags(flags);
  const { listJobs } = await import("../../core/transfer/remote/jobs.ts");
  const control = await connectTo(server);
  // Rows and bars are for people: what is no terminal gets JSON.
  const wanted = { ...flags, json: flags.json || (!(io.stdout.isTerminal && io.canRedraw) && !flags.quiet) };
  const gone = Promise.withResolvers<number>();
  io.stdout.closed.addEventListener("abort", () => gone.resolve(EXIT_STATUS.done), { once: true });
  const jobs = await listJobs(control);
  const watching = id === undefined
    ? watchEverything(control, jobs, wanted, io)
    : watchOne(control, jobs, id, wanted, io);
  const status = await Promise.race([watching, gone.promise]);
  // Where nobody reads any more the process ends at once; closing would only make the watching say that it was cut off.
  if (!io.stdout.closed.aborted) control.close();
  return status;
}

async function watchEverything(
  control: ControlClient,
  jobs: readonly RemoteJob[],
  { json = false, quiet = false }: RawFlags,
  io: Io,
): Promise<number> {
  if (!jobs.some(({ status }) => status === "active")) {
    if (!quiet) io.stderr.write(`${PROGRAM}: Nothing goes on at ${control.server}\n`);
    return EXIT_STATUS.done;
  }
  const [{ listJobs }, { watchAll }] = await Promise.all([
    import("../../core/transfer/remote/jobs.ts"),
    import("../jobs/watch_all.ts"),
  ]);
  const controller = new AbortController();
  using signals = watchSignals(controller, io);
  const status = await watchAll(() => listJobs(control), io, { json, quiet, signal: controller.signal });
  return signals.status ?? status;
}

async function watchOne(
  control: ControlClient,
  jobs: readonly RemoteJob[],
  id: string,
  flags: RawFlags,
  io: Io,
): Promise<number> {
  const job = findJob(jobs, id);
  if (job === undefined) {
    throw new BlitError("not-found", `Cannot watch job "${cleanText(id)}" of "${control.server}": it is unknown there`);
  }
  const { watchJob } = await import("../../core/transfer/remote/jobs.ts");
  let sequence = 0;
  const began = performance.now();
  const output = { ...resolveOutput(job.verb, flags), watchesOnly: true };
  return await runTransfer(output, io, ({ shared, signal }) =>
    watchJob(control, job, {
      emit: (event) => shared.onEvent?.({ sequence: ++sequence, timeMs: performance.now() - began, ...event }),
      signal,
    }));
}

/** What is told of single entries and of a single bar cannot be told of all jobs together. */
function checkFlags({ verbose = false, progress }: RawFlags): void {
  if (!verbose && progress === undefined) return;
  const name = verbose ? "--verbose" : progress ? "--progress" : "--no-progress";
  throw new BlitError("usage", `Cannot use ${name} without an id: it is about a single job`, {
    hint: `"${PROGRAM} jobs list" shows the ids`,
  });
}
