/**
 * `blit diagnostics perf` for people: a table of runs and one of profiles.
 *
 * @module
 */

import type { JudgedRun, ProfilePerformance } from "../../core/report/performance.ts";
import { drawBar, drawSparkline } from "../bars.ts";
import { type Column, renderColumns } from "../columns.ts";
import { formatBytes, formatCount, formatNumber, formatPercent, formatShort, formatTime } from "../format.ts";
import { profileName } from "./profile_name.ts";

/** What is shown. */
export interface PerfView {
  /** The newest runs, as many as asked for, the oldest first. */
  readonly shown: readonly JudgedRun[];
  /** Runs in the history. */
  readonly total: number;
  readonly profiles: readonly ProfilePerformance[];
}

const NOTHING = "-";

/** Both tables, in lines of at most `width` characters. */
export function describePerformance({ shown, total, profiles }: PerfView, width: number): string {
  const title = shown.length < total
    ? `The newest ${formatNumber(shown.length)} of ${formatCount(total, "run", "runs")}`
    : formatCount(total, "run", "runs");
  const lines = [
    ...(shown.length === 0 ? [] : [title, ...renderColumns(runColumns(shown), shown.length, width), ""]),
    `By profile, ${total === 1 ? "1 run" : `all ${formatCount(total, "run", "runs")}`}`,
    ...renderColumns(profileColumns(profiles), profiles.length, width),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function runColumns(runs: readonly JudgedRun[]): Column[] {
  const fastest = Math.max(...runs.map(({ bytesPerSecond }) => bytesPerSecond ?? 0), Number.MIN_VALUE);
  const column = (title: string, text: (judged: JudgedRun) => string, rank?: number): Column => ({
    title,
    cells: runs.map(text),
    ...(rank === undefined ? {} : { rank }),
  });
  return [
    { title: "TIME", align: "left", cells: runs.map(({ run }) => formatTime(new Date(run.time))), rank: 2 },
    { title: "VERB", align: "left", cells: runs.map(({ run }) => run.verb) },
    { title: "ROUTE", align: "left", cells: runs.map(({ run }) => run.route), rank: 6 },
    column("WORKERS", ({ run }) => formatNumber(run.workers), 5),
    column("FILES", ({ run }) => formatNumber(run.files), 3),
    column("SIZE", ({ run }) => formatBytes(run.bytes), 1),
    column("TOOK", describeTook),
    column("PREDICTED", ({ prediction }) => prediction ? formatShort(prediction.ms) : NOTHING, 4),
    column("ERROR", ({ prediction }) => prediction ? formatPercent(prediction.error, { sign: true }) : NOTHING),
    column("RATE", (judged) => describeRate(judged.bytesPerSecond)),
    {
      title: "",
      draw: (row, width) => drawBar((runs[row].bytesPerSecond ?? 0) / fastest, width),
      leastWidth: 4,
      mostWidth: 20,
    },
  ];
}

function profileColumns(profiles: readonly ProfilePerformance[]): Column[] {
  return [
    { title: "RUNS", cells: profiles.map(({ runs }) => formatNumber(runs)) },
    { title: "RATE", cells: profiles.map(({ bytesPerSecond }) => describeRate(bytesPerSecond)) },
    {
      title: "",
      draw: (row, width) => drawSparkline(profiles[row].recentBytesPerSecond, width),
      leastWidth: 8,
      mostWidth: 12,
    },
    { title: "FILES/S", cells: profiles.map(({ filesPerSecond: rate }) => describeFiles(rate)), rank: 2 },
    { title: "PREDICTED", cells: profiles.map(({ predicted }) => formatNumber(predicted)), rank: 3 },
    {
      title: "ERROR",
      cells: profiles.map(({ medianError }) => medianError === undefined ? NOTHING : `±${formatPercent(medianError)}`),
      rank: 1,
    },
    { title: "PROFILE", align: "left", cells: profiles.map(profileName) },
  ];
}

function describeTook({ run, elapsedMs }: JudgedRun): string {
  return run.stalls > 0 ? `${formatShort(elapsedMs)} (stalled)` : formatShort(elapsedMs);
}

function describeRate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? NOTHING : `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

function describeFiles(filesPerSecond: number | undefined): string {
  return filesPerSecond === undefined ? NOTHING : formatNumber(Math.round(filesPerSecond));
}
