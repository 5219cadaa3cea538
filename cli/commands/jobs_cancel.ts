/**
 * `blit jobs cancel`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import type { Io } from "../io.ts";
import { findJob } from "../jobs/find_job.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { connectTo } from "../server.ts";

/** Runs the command and resolves with the exit status. */
export async function run({ args: [server, id], flags }: Command, io: Io): Promise<number> {
  const { cancelJob, listJobs } = await import("../../core/transfer/remote/jobs.ts");
  using control = await connectTo(server);
  // What is no beginning of an id is for the server to refuse.
  const job = await cancelJob(control, findJob(await listJobs(control), id)?.id ?? id);
  if (flags.json) io.stdout.write(jsonLine({ type: "job", ...job }));
  else if (job.status === "active") io.stdout.write(`Job ${cleanText(job.id)} was asked to stop\n`);
  else io.stdout.write(`Job ${cleanText(job.id)} had ended before: ${job.status}\n`);
  return EXIT_STATUS.done;
}
