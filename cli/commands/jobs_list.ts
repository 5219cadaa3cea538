/**
 * `blit jobs list`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import { type Column, renderColumns } from "../columns.ts";
import { formatBytes, formatNumber, formatTime } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { connectTo } from "../server.ts";

const DEFAULT_COLUMNS = 120;

/** Runs the command and resolves with the exit status. */
export async function run({ args: [server], flags }: Command, io: Io): Promise<number> {
  const { listJobs } = await import("../../core/transfer/remote/jobs.ts");
  using control = await connectTo(server);
  const jobs = await listJobs(control);
  if (flags.json) { for (const job of jobs) io.stdout.write(jsonLine({ type: "job", ...job })); }
  else if (jobs.length === 0) io.stdout.write(`${control.server} has no jobs\n`);
  else for (const line of table(jobs, io.columns() ?? DEFAULT_COLUMNS)) io.stdout.write(`${line}\n`);
  return EXIT_STATUS.done;
}

function table(jobs: readonly RemoteJob[], width: number): string[] {
  const text = (title: string, cell: (job: RemoteJob) => string, rank?: number): Column => ({
    title,
    cells: jobs.map((job) => cleanText(cell(job))),
    align: "left",
    ...(rank === undefined ? {} : { rank }),
  });
  const number = (title: string, cell: (job: RemoteJob) => string, rank: number): Column => ({
    title,
    cells: jobs.map(cell),
    rank,
  });
  const columns = [
    text("ID", ({ id }) => id),
    text("STATUS", ({ status }) => status),
    text("VERB", ({ verb }) => verb, 2),
    text("ROLE", ({ role }) => role, 3),
    number("FILES", ({ counters }) => formatNumber(counters.filesCopied), 1),
    number("SIZE", ({ counters }) => formatBytes(counters.bytesCopied), 4),
    text("STARTED", ({ startedMs }) => formatTime(new Date(startedMs)), 6),
    text("PEER", ({ peer }) => peer, 5),
    text("PLACE", ({ place }) => place, 7),
  ];
  return renderColumns(columns, jobs.length, width);
}
