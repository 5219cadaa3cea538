/**
 * What all jobs of a daemon have done since it started, counted once.
 *
 * @module
 */

import type { ErrorCode } from "../../core/errors.ts";
import { fromWireCode } from "../../core/wire/control/error_codes.ts";
import { type Counters, JobStatus, Role, type TransferEvent, Verb } from "../../proto/blit/v2/blit_pb.ts";
import type { JobDescription } from "./job.ts";

/** What a client does: it pushes, it pulls, or has the daemon pull from another one. */
export type JobRole = "push" | "pull" | "delegated";

/** The way of a data stream: a connection of its own, or the control stream. */
export type StreamCarrier = "tcp" | "control";

/** What a role has moved. */
export interface Moved {
  bytes: number;
  files: number;
}

/** How many jobs have ended in one way. */
export interface EndedJobs {
  readonly verb: string;
  readonly role: JobRole;
  readonly status: string;
  count: number;
}

/** The counts of one job, as far as they are in the totals. */
export interface JobCount {
  /** Takes in an event of it, in its order. */
  add(event: TransferEvent): void;
  /** A data stream has opened; it is taken for closed at the end of the job. */
  openStream(carrier: StreamCarrier): void;
  /** It is over. */
  end(status: JobStatus): void;
}

/** The totals. They never decrease, but for `streams`, which are those that are open. */
export class JobTotals {
  readonly moved: Readonly<Record<JobRole, Moved>> = {
    push: { bytes: 0, files: 0 },
    pull: { bytes: 0, files: 0 },
    delegated: { bytes: 0, files: 0 },
  };
  readonly streams: Record<StreamCarrier, number> = { tcp: 0, control: 0 };
  readonly errors = new Map<ErrorCode, number>();
  stalls = 0;
  readonly #ended = new Map<string, EndedJobs>();

  /** Jobs that have ended, by verb, role and status. */
  get ended(): Iterable<EndedJobs> {
    return this.#ended.values();
  }

  /** Counts a job from now on. */
  begin({ verb, role, delegated }: JobDescription): JobCount {
    const name: JobRole = delegated ? "delegated" : role === Role.PULL ? "pull" : "push";
    const counted: Moved = { bytes: 0, files: 0 };
    const streams: StreamCarrier[] = [];
    return {
      add: ({ event }) => {
        if (event.case === "failures") { for (const { code } of event.value.failures) this.#fail(fromWireCode(code)); }
        if (event.case !== "progress" && event.case !== "end") return;
        this.#move(name, counted, event.value.counters);
        const { error } = event.case === "end" ? event.value : {};
        if (error !== undefined) this.#fail(fromWireCode(error.code));
        if (error !== undefined && fromWireCode(error.code) === "stalled") this.stalls++;
      },
      openStream: (carrier) => {
        streams.push(carrier);
        this.streams[carrier]++;
      },
      end: (status) => {
        for (const carrier of streams.splice(0)) this.streams[carrier]--;
        this.#end(Verb[verb].toLowerCase(), name, JobStatus[status].toLowerCase());
      },
    };
  }

  /** A job tells what it has done since its beginning; one that fails may end with less than it had told before. */
  #move(role: JobRole, counted: Moved, counters: Counters | undefined): void {
    const now = { bytes: Number(counters?.bytesCopied ?? 0), files: Number(counters?.filesCopied ?? 0) };
    for (const what of ["bytes", "files"] as const) {
      if (now[what] <= counted[what]) continue;
      this.moved[role][what] += now[what] - counted[what];
      counted[what] = now[what];
    }
  }

  #fail(code: ErrorCode): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  #end(verb: string, role: JobRole, status: string): void {
    const key = `${verb} ${role} ${status}`;
    const known = this.#ended.get(key);
    if (known === undefined) this.#ended.set(key, { verb, role, status, count: 1 });
    else known.count++;
  }
}
