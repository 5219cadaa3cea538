/**
 * What executors with one engine on the calling thread have in common.
 *
 * @module
 */

import type { BlitError } from "../../errors.ts";
import type { Counters } from "../../events.ts";
import { type ByteString, displayName } from "../../paths/bytes.ts";
import type { Filter } from "../../scan/filter.ts";
import { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import type { EngineReport, FirstName, Job, Task } from "./job.ts";
import { Outbox } from "./outbox.ts";
import type { RemoteSource } from "./remote_source.ts";
import { SharedState, type Vitals } from "./shared_state.ts";

/** What a {@linkcode SingleEngineExecutor} is created with. */
export interface SingleEngineOptions {
  readonly job: Job;
  readonly filter: Filter;
  /** The source, where it is on another machine. */
  readonly remote?: RemoteSource;
  readonly receive: (report: EngineReport) => void;
}

/** Runs one engine on the calling thread; how a phase goes is up to its kinds. */
export abstract class SingleEngineExecutor implements Executor {
  readonly workers = 0;
  protected readonly shared: SharedState = new SharedState();
  protected readonly engine: Engine;
  readonly #receive: (report: EngineReport) => void;
  /** What ended the run: a listener that threw, or what its kind says. */
  #crash: { readonly error: unknown } | undefined;

  constructor({ job, filter, remote, receive }: SingleEngineOptions) {
    this.#receive = receive;
    const outbox = new Outbox((report) => this.#deliver(report), job.entryEvents);
    const source = remote === undefined ? {} : { remote };
    this.engine = new Engine({ job, filter, outbox, thread: 0, shared: this.shared, ...source });
  }

  abstract run(tasks: Task[]): Promise<void>;

  findLinks(files: string[]): Promise<Map<string, FirstName>> {
    return Promise.resolve(this.engine.links.findAll(files));
  }

  counters(): Counters {
    return { ...this.engine.outbox.counters };
  }

  currentPath(): string {
    return displayName(this.shared.somePath() as ByteString);
  }

  vitals(): Vitals {
    return this.shared;
  }

  hasIdle(): boolean {
    return false;
  }

  scanComplete(): boolean {
    return this.shared.scanComplete;
  }

  stop(): void {
    this.engine.stop();
  }

  abandon(error: BlitError): Promise<void> {
    this.crash(error);
    this.stop();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.engine.close();
    return Promise.resolve();
  }

  /** Notes what ended the run; the first reason counts. */
  protected crash(error: unknown): void {
    this.#crash ??= { error };
  }

  /** What ended the run, if something did. */
  protected get crashed(): { readonly error: unknown } | undefined {
    return this.#crash;
  }

  /** Ends a phase; throws what has ended the run. */
  protected endPhase(): void {
    this.engine.endPhase();
    if (this.#crash !== undefined) throw this.#crash.error;
  }

  /** A listener that throws ends the run. */
  #deliver(report: EngineReport): void {
    try {
      this.#receive(report);
    } catch (error) {
      this.crash(error);
      this.stop();
    }
  }
}
