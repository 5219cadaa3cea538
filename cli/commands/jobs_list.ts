/**
 * `blit jobs list`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import type { Io } from "../io.ts";
import { jobRows } from "../jobs/job_rows.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { connectTo } from "../server.ts";

const DEFAULT_COLUMNS = 80;

/** Runs the command and resolves with the exit status. Rows are for people: what is no terminal gets JSON. */
export async function run({ args: [server], flags }: Command, io: Io): Promise<number> {
  const { listJobs } = await import("../../core/transfer/remote/jobs.ts");
  using control = await connectTo(server);
  const jobs = await listJobs(control);
  if (flags.json || !io.stdout.isTerminal) {
    for (const job of jobs) {
      io.stdout.write(jsonLine({ type: "job", ...job }));
    }
  } else if (jobs.length === 0) io.stdout.write(`${control.server} has no jobs\n`);
  else for (const line of jobRows(jobs, io.columns() ?? DEFAULT_COLUMNS)) io.stdout.write(`${line}\n`);
  return EXIT_STATUS.done;
}
