/**
 * Who carries a run out.
 *
 * @module
 */

import type { RouteChoice } from "../../plan/route.ts";
import { loadFilter } from "../../scan/filter.ts";
import type { Executor } from "../threads/executor.ts";
import { InlineExecutor } from "../threads/inline_executor.ts";
import type { EngineReport, Job } from "../threads/job.ts";
import { WorkerExecutor } from "../threads/worker_executor.ts";
import type { TransferRequest } from "./orchestrator.ts";

/** What {@linkcode createExecutor} needs to know of the run. */
export interface ExecutorOptions {
  readonly job: Job;
  readonly route: RouteChoice;
  /** A call on one of the file systems may never return. */
  readonly mayHang: boolean;
  readonly receive: (report: EngineReport) => void;
  /** Tells something worth knowing at once. */
  readonly notice: (message: string) => void;
}

/** Creates it; a source on another machine is asked to begin. */
export async function createExecutor(
  { origin, options }: TransferRequest,
  { job, route, mayHang, receive, notice }: ExecutorOptions,
): Promise<Executor> {
  const filter = await loadFilter(job.filter);
  if (origin !== undefined) {
    const [{ LaneExecutor }, { Xxh128 }] = await Promise.all([
      import("../receiving/mod.ts"),
      import("../../hash/xxh128.ts"),
    ]);
    const hash = await Xxh128.create();
    const lane = await origin.open(job, notice);
    return new LaneExecutor({ job, filter, lane, hash, origin, receive });
  }
  if (route.workers === 0) return new InlineExecutor({ job, filter, receive });
  const startsAtOnce = options.workers !== undefined || route.route === "large-file";
  // The main thread does no work where a call may never return, and little where somebody wants workers to do it.
  const mainThread = mayHang ? "supervises" : options.workers === undefined ? "stands in" : "starts";
  return new WorkerExecutor({ job, filter, count: route.workers, mainThread, startsAtOnce, receive });
}
