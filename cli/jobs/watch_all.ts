/**
 * Following everything that goes on at a server: a row for each job on a terminal, a line for each change elsewhere.
 *
 * The server is asked once a second for all of its jobs, however many there are; a job that begins and ends in between is told
 * with its end.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import { BarTerminal } from "../progress/terminal.ts";
import { endLine, liveRows, type Pace } from "./job_rows.ts";

/** Between two looks, in milliseconds. */
const INTERVAL_MS = 1000;

/** Shows jobs as they are at a moment. */
interface JobsView {
  /** @param ended those that have ended since the last look */
  show(active: readonly RemoteJob[], ended: readonly RemoteJob[]): void;
  /** Takes away what is drawn for the moment. */
  end(): void;
}

/** What is shown, and how. */
export interface WatchAllOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

/**
 * Follows all jobs until none goes on, and resolves with the exit status: 0 where all that ended meanwhile were done.
 *
 * @param look asks for all jobs
 */
export async function watchAll(
  look: () => Promise<readonly RemoteJob[]>,
  io: Io,
  { json, quiet, signal }: WatchAllOptions,
): Promise<number> {
  const view = quiet ? { show() {}, end() {} } : json ? jsonView(io) : rowsView(io);
  let isDone = true;
  try {
    let jobs = await look();
    /** What had ended before anybody watched is of no interest. */
    const told = new Set(jobs.filter(({ status }) => status !== "active").map(({ id }) => id));
    for (;; jobs = await look()) {
      const active = jobs.filter(({ status }) => status === "active");
      const ended = jobs.filter(({ id, status }) => status !== "active" && !told.has(id)).reverse();
      for (const { id, status } of ended) {
        told.add(id);
        isDone &&= status === "done";
      }
      view.show(active, ended);
      if (active.length === 0 || signal.aborted) break;
      await pause(signal);
      if (signal.aborted) break;
    }
  } finally {
    view.end();
  }
  return isDone ? EXIT_STATUS.done : EXIT_STATUS.partial;
}

/** A line for each job that has changed. */
function jsonView(io: Io): JobsView {
  let before = new Map<string, string>();
  return {
    show(active, ended) {
      const now = new Map<string, string>();
      for (const job of active) {
        const line = jsonLine({ type: "job", ...job });
        if (before.get(job.id) !== line) io.stdout.write(line);
        now.set(job.id, line);
      }
      for (const job of ended) io.stdout.write(jsonLine({ type: "job", ...job }));
      before = now;
    },
    end() {},
  };
}

/** Rows that are drawn again and again; what has ended stays above them. */
function rowsView(io: Io): JobsView {
  const terminal = new BarTerminal(io, io.stdout);
  const paces = new Map<string, { bytes: number; timeMs: number; pace: Pace }>();
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) terminal.clearLine();
    isDrawn = false;
  };
  const measure = (job: RemoteJob, timeMs: number): void => {
    const { bytesCopied: bytes } = job.counters;
    const last = paces.get(job.id) ?? { bytes, timeMs };
    paces.set(job.id, { bytes, timeMs, pace: { bytes: Math.max(0, bytes - last.bytes), ms: timeMs - last.timeMs } });
  };
  return {
    show(active, ended) {
      const now = performance.now();
      for (const job of active) measure(job, now);
      for (const { id } of ended) paces.delete(id);
      if (ended.length > 0) clear();
      for (const job of ended) io.stdout.write(`${endLine(job)}\n`);
      if (active.length === 0) return clear();
      // The last column stays free, as below a bar, and so does the line of the cursor.
      const size = { width: terminal.getWidth() - 1, height: (io.rows() ?? 24) - 1 };
      terminal.write(liveRows(active, ({ id }) => paces.get(id)?.pace ?? { bytes: 0, ms: 0 }, size).join("\n"));
      isDrawn = true;
    },
    end: clear,
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, INTERVAL_MS);
    signal.addEventListener("abort", end);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
