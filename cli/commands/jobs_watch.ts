/**
 * `blit jobs watch`.
 *
 * @module
 */

import { BlitError, EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveOutput } from "../resolve.ts";
import { runTransfer } from "../run_transfer.ts";
import { connectTo } from "../server.ts";
import { PROGRAM } from "../table/mod.ts";

/** Runs the command and resolves with the exit status, which is the one that the job ends with. */
export async function run({ args: [server, id], flags }: Command, io: Io): Promise<number> {
  const { listJobs, watchJob } = await import("../../core/transfer/remote/jobs.ts");
  using control = await connectTo(server);
  const job = choose(await listJobs(control), id, control.server);
  if (job === undefined) {
    if (!flags.quiet) io.stderr.write(`${PROGRAM}: Nothing goes on at ${control.server}\n`);
    return EXIT_STATUS.done;
  }
  let sequence = 0;
  const began = performance.now();
  return await runTransfer(resolveOutput(job.verb, flags), io, ({ shared, signal }) =>
    watchJob(control, job, {
      emit: (event) => shared.onEvent?.({ sequence: ++sequence, timeMs: performance.now() - began, ...event }),
      signal,
    }));
}

/** The job that is meant; without an id the one that goes on. */
function choose(jobs: readonly RemoteJob[], id: string | undefined, server: string): RemoteJob | undefined {
  if (id !== undefined) {
    const found = jobs.find((job) => job.id === id);
    if (found !== undefined) return found;
    throw new BlitError("not-found", `Cannot watch job "${cleanText(id)}" of "${server}": it is unknown there`);
  }
  const active = jobs.filter(({ status }) => status === "active");
  if (active.length <= 1) return active[0];
  throw new BlitError("usage", `Cannot watch "${server}" without an id: ${active.length} jobs go on there`, {
    hint: `"${PROGRAM} jobs list" shows them`,
  });
}
