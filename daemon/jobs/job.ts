/**
 * One transfer as the daemon keeps it in mind.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BlitError, toBlitError } from "../../core/errors.ts";
import { toWireCode } from "../../core/wire/control/error_codes.ts";
import { errorOfEnd, toWireEnd } from "../../core/transfer/remote/event_messages.ts";
import {
  type Counters,
  CountersSchema,
  ErrorCode,
  type Job as JobMessage,
  JobSchema,
  JobStatus,
  type Location,
  type Role,
  type Summary,
  type TransferEvent,
  type Verb,
} from "../../proto/blit/v2/blit_pb.ts";
import { EventLog } from "./event_log.ts";
import type { JobCount, StreamCarrier } from "./totals.ts";

/** Bytes of a path that a job remembers: a peer chooses how long it is. */
const MOST_PATH_BYTES = 1024;

/** What a job is about. */
export interface JobDescription {
  readonly verb: Verb;
  readonly role: Role;
  readonly location: Location | undefined;
  /** Who asked: an address. */
  readonly peer: string;
  /** A pull from another daemon on somebody's behalf. */
  readonly delegated: boolean;
}

/** The ends of a run that has done its work. */
const COMPLETED: readonly JobStatus[] = [JobStatus.DONE, JobStatus.PARTIAL, JobStatus.DIFFERENCES];

/** A job: active until {@linkcode Job.finish}, then what it came to, for good. */
export class Job {
  readonly id = crypto.randomUUID();
  readonly #started = Date.now();
  readonly #begin = performance.now();
  readonly #log = new EventLog();
  readonly #stopping = new AbortController();
  readonly #finished = Promise.withResolvers<void>();
  #ended: number | undefined;
  #elapsedMs = 0;
  #status = JobStatus.ACTIVE;
  #counters: Counters = create(CountersSchema);
  #summary: Summary | undefined;

  readonly description: JobDescription;
  readonly #count: JobCount;

  /** Begins it; `count` takes it into the totals of the daemon. */
  constructor(description: JobDescription, count: JobCount) {
    this.description = { ...description, location: bounded(description.location) };
    this.#count = count;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get counters(): Counters {
    return this.#counters;
  }

  /** What ended it before it was done, once that is known. */
  get error(): BlitError | undefined {
    return this.#summary && errorOfEnd(this.#summary);
  }

  /** From its beginning to its end, in milliseconds. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Raised when the job is to stop; its reason is the {@linkcode BlitError} that the other side is told. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Resolves when it has ended. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Takes in what the side that writes reports. Totals come from there alone, so nothing is counted twice. The event gets its
   * number and, at the end of a job that was told to stop, the reason.
   */
  record(event: TransferEvent): void {
    if (this.#status !== JobStatus.ACTIVE || this.#summary !== undefined) return;
    event.timeMs = BigInt(Math.round(performance.now() - this.#begin));
    const { event: what } = event;
    if (what.case === "end") this.#summary = this.#withReason(what.value);
    if (what.case === "end" || what.case === "progress") this.#counters = what.value.counters ?? this.#counters;
    this.#count.add(event);
    this.#log.add(event);
  }

  /** A data stream of it has opened. */
  openStream(carrier: StreamCarrier): void {
    if (this.#status === JobStatus.ACTIVE) this.#count.openStream(carrier);
  }

  /** Asks it to stop. What is done stays done: after its end this does nothing. */
  cancel(reason: BlitError): void {
    if (this.#status === JobStatus.ACTIVE) this.#stopping.abort(reason);
  }

  /**
   * It is over. A run that has told its end is what it said, even when it was asked to stop a moment before.
   *
   * @param thrown what ended it, if something did
   */
  finish(thrown?: unknown): void {
    if (this.#status !== JobStatus.ACTIVE) return;
    const error = thrown === undefined ? undefined : reasonOf(thrown, this.signal);
    this.#elapsedMs = performance.now() - this.#begin;
    if (this.#summary === undefined) this.record(toWireEnd(undefined, error ?? reasonOf(NO_END, this.signal), 0));
    this.#ended = Date.now();
    this.#status = this.#summary!.status = this.#finalStatus();
    this.#count.end(this.#status);
    this.#log.complete();
    this.#finished.resolve();
  }

  /** What it has reported behind a sequence number, then what it reports, until it ends. */
  follow(afterSequence: bigint, signal: AbortSignal): AsyncGenerator<TransferEvent> {
    return this.#log.follow(afterSequence, signal);
  }

  /** As the control plane tells it. */
  toMessage(): JobMessage {
    const { verb, role, location, peer, delegated } = this.description;
    return create(JobSchema, {
      id: this.id,
      verb,
      role,
      ...(location === undefined ? {} : { location }),
      peer,
      started: timestampFromMs(this.#started),
      ...(this.#ended === undefined ? {} : { ended: timestampFromMs(this.#ended) }),
      status: this.#status,
      counters: this.#counters,
      delegated,
    });
  }

  /** A session that is stopped knows no more than that. */
  #withReason(summary: Summary): Summary {
    const { reason } = this.signal;
    if (summary.error?.code !== ErrorCode.INTERRUPTED || !(reason instanceof BlitError)) return summary;
    const { code, message, path = "", hint = "" } = reason;
    Object.assign(summary.error, { code: toWireCode(code), path, hint });
    return Object.assign(summary, { errorMessage: message });
  }

  #finalStatus(): JobStatus {
    const { status = JobStatus.FAILED } = this.#summary ?? {};
    if (COMPLETED.includes(status)) return status;
    if (status === JobStatus.INTERRUPTED || this.signal.aborted) return JobStatus.INTERRUPTED;
    // Its data may be missed before its control stream is: the client has gone.
    const isDeserted = !this.description.delegated && this.#summary?.error?.code === ErrorCode.UNREACHABLE;
    return isDeserted ? JobStatus.INTERRUPTED : JobStatus.FAILED;
  }
}

const NO_END = new BlitError("interrupted", "Interrupted: the other side has left without a word");

/** A place whose path is cut where it is too long to be remembered. */
function bounded(location: Location | undefined): Location | undefined {
  if (location === undefined) return undefined;
  let bytes = 0;
  const path = location.path.filter(({ length }) => (bytes += length + 1) <= MOST_PATH_BYTES);
  return { ...location, path };
}

/** Why a session ended: where it was told to stop, the reason for that. */
export function reasonOf(thrown: unknown, signal: AbortSignal): BlitError {
  const error = toBlitError(thrown);
  return error.code === "interrupted" && signal.reason instanceof BlitError ? signal.reason : error;
}
