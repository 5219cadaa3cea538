/**
 * Jobs as rows of a table.
 *
 * @module
 */

import { cleanText } from "../../core/paths/bytes.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import { type Column, renderColumns } from "../columns.ts";
import { formatBytes, formatCount, formatNumber, formatRate, formatTime } from "../format.ts";
import { shortIds } from "./find_job.ts";

/** What a job has moved lately. */
export interface Pace {
  readonly bytes: number;
  readonly ms: number;
}

/** Active and recent jobs, with titles, in lines of at most so many columns. */
export function jobRows(jobs: readonly RemoteJob[], width: number): string[] {
  const { text, number } = columnsOf(jobs);
  const short = shortIds(jobs);
  return renderColumns(
    [
      text("ID", ({ id }) => short(id)),
      text("STATUS", ({ status }) => status),
      text("VERB", ({ verb }) => verb, 2),
      text("ROLE", ({ role }) => role, 3),
      number("FILES", ({ counters }) => formatNumber(counters.filesCopied), 1),
      number("SIZE", ({ counters }) => formatBytes(counters.bytesCopied), 4),
      text("STARTED", ({ startedMs }) => formatTime(new Date(startedMs)), 6),
      text("PEER", ({ peer }) => peer, 5),
      text("PLACE", ({ place }) => place, 7),
    ],
    jobs.length,
    width,
  );
}

/**
 * Jobs that go on, as {@linkcode jobRows}.
 *
 * @param height lines that there are at most, and at least 3; how many jobs are left out is told
 */
export function liveRows(
  jobs: readonly RemoteJob[],
  paceOf: (job: RemoteJob) => Pace,
  { width, height }: { width: number; height: number },
): string[] {
  const most = Math.max(1, height - 1);
  const shown = jobs.length > most ? jobs.slice(0, Math.max(1, most - 1)) : jobs;
  const { text, number } = columnsOf(shown);
  const short = shortIds(jobs);
  const rows = renderColumns(
    [
      text("ID", ({ id }) => short(id)),
      text("VERB", ({ verb }) => verb, 3),
      text("ROLE", ({ role }) => role, 4),
      number("FILES", ({ counters }) => formatNumber(counters.filesCopied), 2),
      number("SIZE", ({ counters }) => formatBytes(counters.bytesCopied), 1),
      number("FOUND", ({ counters }) => formatBytes(counters.bytesFound), 5),
      number("RATE", (job) => formatRate(paceOf(job).bytes, paceOf(job).ms)),
      text("PEER", ({ peer }) => peer, 6),
      text("PLACE", ({ place }) => place, 7),
    ],
    shown.length,
    width,
  );
  const rest = jobs.length - shown.length;
  return rest === 0 ? rows : [...rows, `and ${formatCount(rest, "other", "others")}`];
}

/** A job that has ended, as a line: `6f1c2a3b done: copy push 127.0.0.1 /m/photos: 12 files, 3.4 MiB`. */
export function endLine({ id, status, verb, role, peer, place, counters }: RemoteJob): string {
  const { filesCopied, bytesCopied, failed } = counters;
  const facts = [
    formatCount(filesCopied, "file", "files"),
    formatBytes(bytesCopied),
    ...failed > 0 ? [`${formatNumber(failed)} failed`] : [],
  ];
  return cleanText(`${id.slice(0, 8)} ${status}: ${verb} ${role} ${peer} ${place}: ${facts.join(", ")}`);
}

function columnsOf(jobs: readonly RemoteJob[]) {
  return {
    text: (title: string, cell: (job: RemoteJob) => string, rank?: number): Column => ({
      title,
      cells: jobs.map((job) => cleanText(cell(job))),
      align: "left",
      ...(rank === undefined ? {} : { rank }),
    }),
    number: (title: string, cell: (job: RemoteJob) => string, rank?: number): Column => ({
      title,
      cells: jobs.map(cell),
      ...(rank === undefined ? {} : { rank }),
    }),
  };
}
