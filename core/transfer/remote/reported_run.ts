/**
 * A run that a daemon carries out, as the client sees it: what is told becomes events, and in the end a summary.
 *
 * @module
 */

import type { Summary, TransferEvent } from "../../../proto/blit/v2/blit_pb.ts";
import {
  type Counters,
  EVENT_SCHEMA_VERSION,
  type EventBody,
  type Failure,
  type RunStatus,
  type TransferSummary,
  zeroCounters,
} from "../../events.ts";
import { toBlitError } from "../../errors.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import { errorOfEnd, fromWireCounters, fromWireEvent, statusOfEnd } from "./event_messages.ts";

/** What is said of the run, and how the daemon is answered. */
export interface ReportedRunOptions {
  readonly request: TransferRequest;
  /** Both ends as people write them. */
  readonly source: string;
  readonly destination: string;
  /** Why it runs elsewhere, for `-v`. */
  readonly reason: string;
  readonly emit: (event: EventBody) => void;
  readonly answer: (allowed: boolean) => void;
  /** Adds what only this side knows to the counters of the summary. */
  readonly complete?: (counters: Counters) => void;
}

/** One such run. */
export class ReportedRun {
  readonly #options: ReportedRunOptions;
  readonly #started = performance.now();
  readonly #failures: Failure[] = [];
  readonly #notices: string[] = [];
  readonly #end = Promise.withResolvers<Summary>();
  readonly #fileSystem: "native" | "portable";
  /** What the daemon has told of its end. */
  #told: Summary | undefined;
  /** What it has told last before that. */
  #counters: Counters = zeroCounters();
  #isFinished = false;

  /** It begins now. */
  constructor(options: ReportedRunOptions) {
    this.#options = options;
    this.#end.promise.catch(() => {}); // told to whoever waits for it
    const { request: { verb, options: { dryRun = false, fileSystem } }, source, destination, reason, emit } = options;
    this.#fileSystem = chooseFileSystem(fileSystem).name;
    const common = { schema: EVENT_SCHEMA_VERSION, verb, source, destination, dryRun, fileSystem: this.#fileSystem };
    emit({ type: "started", ...common });
    emit({ type: "route", route: "remote", workers: 0, reason });
  }

  /** Resolves when the daemon has told the end; rejects with the reason why it will not. */
  get ended(): Promise<Summary> {
    return this.#end.promise;
  }

  /** Takes in what the daemon tells. */
  hear(message: TransferEvent): void {
    const { event } = message;
    if (event.case === "end") {
      this.#told = event.value;
      return this.#end.resolve(event.value);
    }
    if (event.case === "deletionQuestion") return void this.#answer(Number(event.value.entries));
    for (const body of fromWireEvent(message)) {
      if (body.type === "failed") {
        const { type: _, ...failure } = body;
        this.#failures.push(failure);
      }
      if (body.type === "progress") this.#counters = body;
      if (body.type === "notice") this.notice(body.message);
      else this.#options.emit(body);
    }
  }

  /** Tells something worth knowing. */
  notice(message: string): void {
    this.#notices.push(message);
    this.#options.emit({ type: "notice", message });
  }

  /** Nothing more will be told. What was told before still counts. */
  lose(error: unknown): void {
    this.#end.reject(error);
  }

  /** The summary, once the daemon has told the end; rejects with what ended the run, after the `finished` event. */
  async finish(): Promise<TransferSummary> {
    try {
      const end = await this.#end.promise;
      const error = errorOfEnd(end);
      if (error !== undefined) throw error;
      return this.#conclude(statusOfEnd(end), fromWireCounters(end.counters));
    } catch (error) {
      this.breakOff(error);
      throw error;
    }
  }

  /** It is over for this reason, with what the daemon has told until now; does nothing when that was said already. */
  breakOff(error: unknown): void {
    if (this.#isFinished) return;
    const isAborted = this.#options.request.options.signal?.aborted ?? false;
    const isInterrupted = isAborted || toBlitError(error).code === "interrupted";
    const counters = this.#told === undefined ? this.#counters : fromWireCounters(this.#told.counters);
    this.#conclude(isInterrupted ? "interrupted" : "failed", counters);
  }

  async #answer(entries: number): Promise<void> {
    const { request: { options: { confirmDeletions } }, destination, answer } = this.#options;
    try {
      answer(await confirmDeletions?.({ entries, destination }) ?? true);
    } catch (error) {
      answer(false);
      this.lose(error);
    }
  }

  #conclude(status: RunStatus, told: Counters): TransferSummary {
    this.#isFinished = true;
    const { request: { verb, options: { dryRun = false } }, source, destination, reason } = this.#options;
    const names = Object.keys(zeroCounters()) as (keyof Counters)[];
    const counters = Object.fromEntries(names.map((name) => [name, told[name]])) as unknown as Counters;
    this.#options.complete?.(counters);
    const unknown = { type: "unknown", device: "unknown" } as const;
    const summary: TransferSummary = {
      verb,
      status,
      source,
      destination,
      dryRun,
      route: "remote",
      routeReason: reason,
      workers: 0,
      fileSystem: this.#fileSystem,
      volumes: { source: unknown, destination: unknown, sameDevice: false },
      planningMs: 0,
      elapsedMs: performance.now() - this.#started,
      ...counters,
      failures: this.#failures,
      notices: this.#notices,
    };
    this.#options.emit({ type: "finished", summary });
    return summary;
  }
}
