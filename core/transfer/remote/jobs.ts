/**
 * The jobs of a daemon, as a client asks for them.
 *
 * @module
 */

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Job, JobStatus, Role } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import type { Counters, EventBody, TransferSummary, Verb } from "../../events.ts";
import { displayName, fromBytes } from "../../paths/bytes.ts";
import type { ControlClient } from "../../wire/control/client.ts";
import { DIAL_LIMITS } from "../../wire/control/dial.ts";
import { fromWireCounters } from "./event_messages.ts";
import { fromWireVerb } from "./option_messages.ts";
import { ReportedRun } from "./reported_run.ts";

/** How a job stands. */
export type RemoteJobStatus = "active" | "done" | "partial" | "differences" | "interrupted" | "failed";

/** A transfer as a daemon keeps it in mind. Texts are to be cleaned before they are printed. */
export interface RemoteJob {
  /** Names it on this daemon until it restarts. */
  readonly id: string;
  readonly verb: Verb;
  /** What the client does: it pushes, it pulls, or has the daemon pull from another one. */
  readonly role: "push" | "pull" | "delegated";
  /** The module and the path in it, as they are written behind the server's name. */
  readonly place: string;
  /** The address of whoever asked. */
  readonly peer: string;
  readonly status: RemoteJobStatus;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly counters: Counters;
}

const STATUSES: ReadonlyMap<JobStatus, RemoteJobStatus> = new Map<JobStatus, RemoteJobStatus>([
  [JobStatus.ACTIVE, "active"],
  [JobStatus.DONE, "done"],
  [JobStatus.PARTIAL, "partial"],
  [JobStatus.DIFFERENCES, "differences"],
  [JobStatus.INTERRUPTED, "interrupted"],
  [JobStatus.FAILED, "failed"],
]);

/** All jobs: the active ones, the oldest first, then those that have ended, the latest first. */
export async function listJobs(control: ControlClient): Promise<RemoteJob[]> {
  try {
    const { active, recent } = await control.service.getState({}, { timeoutMs: DIAL_LIMITS.answerMs });
    return [...active, ...recent].map(toRemoteJob);
  } catch (error) {
    throw await control.explain(error);
  }
}

/** Asks a job to stop, and tells how it stands. One that has ended stays as it is. */
export async function cancelJob(control: ControlClient, id: string): Promise<RemoteJob> {
  try {
    const { job } = await control.service.cancelJob({ jobId: id }, { timeoutMs: DIAL_LIMITS.answerMs });
    if (job !== undefined) return toRemoteJob(job);
  } catch (error) {
    throw await control.explain(error);
  }
  throw new BlitError("protocol", `Cannot understand "${control.server}": it answers without a job`);
}

/** Tells what a job has reported and reports, until it ends; then its summary, or the error that has ended it. */
export async function watchJob(
  control: ControlClient,
  job: RemoteJob,
  { emit, signal }: { emit: (event: EventBody) => void; signal: AbortSignal },
): Promise<TransferSummary> {
  const place = `${control.server}:${job.place}`;
  const [source, destination] = job.role === "pull" ? [place, job.peer] : [job.peer, place];
  const run = new ReportedRun({
    request: { verb: job.verb, source, destination, options: {} },
    source,
    destination,
    reason: "it is a job of a server",
    emit,
    answer: () => {}, // the question is for whoever started it
  });
  try {
    for await (const { event } of control.service.subscribe({ jobId: job.id }, { signal })) {
      if (event !== undefined && event.event.case !== "deletionQuestion") run.hear(event);
    }
    run.lose(new BlitError("unreachable", `Lost "${control.server}": it has ended without a summary`));
  } catch (error) {
    const reason = await control.explain(error, signal);
    if (signal.aborted) throw reason; // the watching is over, and not the job
    run.lose(reason);
  }
  return await run.finish();
}

function toRemoteJob(job: Job): RemoteJob {
  const path = (job.location?.path ?? []).map((name) => displayName(fromBytes(name))).join("/");
  const role = job.delegated ? "delegated" : job.role === Role.PUSH ? "push" : "pull";
  return {
    id: job.id,
    verb: fromWireVerb(job.verb),
    role,
    place: `/${job.location?.module ?? ""}/${path}`,
    peer: job.peer,
    status: STATUSES.get(job.status) ?? "failed",
    startedMs: job.started === undefined ? 0 : timestampMs(job.started),
    ...(job.ended === undefined ? {} : { endedMs: timestampMs(job.ended) }),
    counters: fromWireCounters(job.counters),
  };
}
