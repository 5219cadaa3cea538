/**
 * A run that a daemon carries out, as the client sees it: what is told becomes events, and in the end a summary.
 *
 * @module
 */

import type { Summary, TransferEvent } from "../../../proto/blit/v2/blit_pb.ts";
import { EVENT_SCHEMA_VERSION, type EventBody, type Failure, type TransferSummary } from "../../events.ts";
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
}

/** One such run. */
export class ReportedRun {
  readonly #options: ReportedRunOptions;
  readonly #started = performance.now();
  readonly #failures: Failure[] = [];
  readonly #notices: string[] = [];
  readonly #end = Promise.withResolvers<Summary>();

  /** It begins now. */
  constructor(options: ReportedRunOptions) {
    this.#options = options;
    this.#end.promise.catch(() => {}); // told to whoever waits for it
    const { request: { verb, options: { dryRun = false } }, source, destination, reason } = options;
    const { emit } = options;
    emit({ type: "started", schema: EVENT_SCHEMA_VERSION, verb, source, destination, dryRun, fileSystem });
    emit({ type: "route", route: "remote", workers: 0, reason });
  }

  /** Takes in what the daemon tells. */
  hear(message: TransferEvent): void {
    const { event } = message;
    if (event.case === "end") return this.#end.resolve(event.value);
    if (event.case === "deletionQuestion") return void this.#answer(Number(event.value.entries));
    for (const body of fromWireEvent(message)) {
      if (body.type === "failed") {
        const { type: _, ...failure } = body;
        this.#failures.push(failure);
      }
      if (body.type === "notice") this.#notices.push(body.message);
      this.#options.emit(body);
    }
  }

  /** Nothing more will be told. What was told before still counts. */
  lose(error: unknown): void {
    this.#end.reject(error);
  }

  /** The summary, once the daemon has told the end; rejects with what ended the run. */
  async finish(): Promise<TransferSummary> {
    const end = await this.#end.promise;
    const error = errorOfEnd(end);
    const summary = this.#summary(end);
    this.#options.emit({ type: "finished", summary });
    if (error !== undefined) throw error;
    return summary;
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

  #summary(end: Summary): TransferSummary {
    const { request: { verb, options: { dryRun = false } }, source, destination, reason } = this.#options;
    const unknown = { type: "unknown", device: "unknown" } as const;
    return {
      verb,
      status: statusOfEnd(end),
      source,
      destination,
      dryRun,
      route: "remote",
      routeReason: reason,
      workers: 0,
      fileSystem,
      volumes: { source: unknown, destination: unknown, sameDevice: false },
      planningMs: 0,
      elapsedMs: performance.now() - this.#started,
      ...fromWireCounters(end.counters),
      failures: this.#failures,
      notices: this.#notices,
    };
  }
}

/** Of this machine, which touches no file. */
const fileSystem = chooseFileSystem().name;
