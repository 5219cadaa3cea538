/**
 * The jobs of a daemon: those that go on, and the latest that have ended.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { JobStatus, Role, Verb } from "../../proto/blit/v2/blit_pb.ts";
import type { DaemonLog } from "../daemon.ts";
import { Job, type JobDescription } from "./job.ts";
import { isOperator, sameAddress } from "./may_cancel.ts";
import { JobTotals } from "./totals.ts";

/** Jobs that are remembered after their end; with 256 KiB of events each, 25 MiB at most. */
const MOST_RECENT = 100;

/** Jobs at once: all of them, and those that are remembered, fit into one answer of `GetState`. */
const MOST_ACTIVE = 512;

/** All jobs. */
export class Jobs {
  /** What all of them have done. */
  readonly totals = new JobTotals();
  readonly #active = new Map<string, Job>();
  /** The latest first. */
  readonly #recent: Job[] = [];
  readonly #log: DaemonLog;
  #isStopping = false;

  constructor(log: DaemonLog) {
    this.#log = log;
  }

  /** The oldest first. */
  get active(): Job[] {
    return [...this.#active.values()];
  }

  /** The latest first. */
  get recent(): readonly Job[] {
    return this.#recent;
  }

  /**
   * A job begins; its owner calls {@linkcode Job.finish}, whatever happens.
   *
   * @throws {BlitError} "unreachable" once the daemon stops, "busy" when too many are under way
   */
  begin(description: JobDescription): Job {
    if (this.#isStopping) throw stopping();
    if (this.#active.size >= MOST_ACTIVE) {
      throw new BlitError("busy", `Cannot begin: ${MOST_ACTIVE} jobs are under way, which is the limit`);
    }
    const job = new Job(description, this.totals.begin(description));
    this.#active.set(job.id, job);
    this.#log.info("Job started", factsOf(job));
    job.finished.then(() => this.#end(job));
    return job;
  }

  /**
   * The job of this id.
   *
   * @throws {BlitError} "not-found"
   */
  find(id: string): Job {
    const job = this.#active.get(id) ?? this.#recent.find((candidate) => candidate.id === id);
    if (job !== undefined) return job;
    const shown = cleanText(id.slice(0, 100));
    throw new BlitError("not-found", `Cannot find job "${shown}": it is unknown, or ended too long ago`);
  }

  /**
   * Asks a job to stop, for somebody at this address.
   *
   * @throws {BlitError} "not-found", or "refused" for somebody who neither started it nor is on this machine
   */
  cancel(id: string, address: string): Job {
    const job = this.find(id);
    if (!sameAddress(job.description.peer, address) && !isOperator(address)) {
      throw new BlitError("refused", `Cannot cancel job "${job.id}": somebody else has started it`, {
        hint: "Whoever started it can, from the same address, and whoever is on the server itself",
      });
    }
    job.cancel(
      new BlitError("interrupted", `Cancelled on the server, from ${address}`, { hint: "What is done stays done" }),
    );
    return job;
  }

  /** A further lane of a job has failed by a defect, and the job goes on without it. */
  reportDefect({ id }: Job, { message, stack }: BlitError): void {
    this.#log.warn("A further lane has failed by a defect", { id, error: stack ?? message });
  }

  /** Cancels what goes on, takes no more, and resolves when everything has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const active = this.active;
    if (active.length > 0) this.#log.info("Cancelling jobs", { jobs: active.map(({ id }) => id) });
    for (const job of active) job.cancel(stopping());
    await Promise.all(active.map(({ finished }) => finished));
  }

  #end(job: Job): void {
    this.#active.delete(job.id);
    this.#recent.unshift(job);
    this.#recent.splice(MOST_RECENT);
    const { filesCopied, bytesCopied, failed } = job.counters;
    const { error } = job;
    this.#log.info("Job ended", {
      ...factsOf(job),
      status: JobStatus[job.status].toLowerCase(),
      files: Number(filesCopied),
      bytes: Number(bytesCopied),
      ms: Math.round(job.elapsedMs),
      failures: Number(failed),
      ...(error === undefined ? {} : { code: error.code, error: cleanText(error.message) }),
    });
  }
}

function factsOf({ id, description }: Job): Record<string, unknown> {
  const { verb, role, location, peer, delegated } = description;
  return {
    id,
    verb: Verb[verb].toLowerCase(),
    role: delegated ? "delegated" : Role[role].toLowerCase(),
    module: location?.module ?? "",
    peer,
  };
}

function stopping(): BlitError {
  return new BlitError("unreachable", "Cannot go on: the daemon stops", {
    hint: "Run it again when the daemon is back; what is done is not repeated",
  });
}
