/**
 * Runs one engine whose source is at the other end of a lane, on the calling thread.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { Counters } from "../../events.ts";
import { asByteString, type ByteString, displayName } from "../../paths/bytes.ts";
import type { Filter } from "../../scan/filter.ts";
import type { Lane } from "../../wire/mod.ts";
import { Engine } from "../threads/engine.ts";
import { type Executor, foundLinks } from "../threads/executor.ts";
import type { DestinationState, EngineReport, FirstName, Job, Task } from "../threads/job.ts";
import { Outbox } from "../threads/outbox.ts";
import { countTasks } from "../threads/scheduler.ts";
import { SharedState, type Vitals } from "../threads/shared_state.ts";
import { confirmations } from "./confirm.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import { Receiver } from "./receiver.ts";

/** Longest time that the thread works before it looks after signals and timers. */
const SLICE_MS = 20;

/** What a {@linkcode LaneExecutor} is created with. */
export interface LaneExecutorOptions {
  readonly job: Job;
  readonly filter: Filter;
  readonly lane: Lane<"sink">;
  readonly hash: Xxh128;
  /** Entries that the other side has removed, once it has ended. */
  readonly removed?: (() => Promise<number>) | undefined;
  readonly receive: (report: EngineReport) => void;
}

/** The first phase does what the source tells; later ones do what had to wait, and may still ask for contents. */
export class LaneExecutor implements Executor {
  readonly workers = 0;
  readonly #lane: Lane<"sink">;
  readonly #shared = new SharedState();
  readonly #receiver: Receiver;
  readonly #engine: Engine;
  readonly #removed: (() => Promise<number>) | undefined;
  #hasBegun = false;
  #hasEnded = false;
  #isWaiting = false;
  #waits = 0;
  #sliceStart = performance.now();
  /** What ended the run: the lane failed, or a listener threw. */
  #crash: { readonly error: unknown } | undefined;

  constructor({ job, filter, lane, hash, removed, receive }: LaneExecutorOptions) {
    this.#lane = lane;
    this.#removed = removed;
    this.#receiver = new Receiver(hash);
    const outbox = new Outbox((report) => this.#deliver(report, receive), job.entryEvents);
    const options = { job, filter, outbox, thread: 0, shared: this.#shared, remote: this.#receiver };
    this.#engine = new Engine(options);
    this.#receiver.attach(this.#engine);
  }

  async run(tasks: Task[]): Promise<void> {
    try {
      if (!this.#hasBegun) this.#expectRoot(tasks);
      else await this.#work(tasks);
      this.#hasBegun = true;
      await this.#pump();
    } catch (error) {
      if (!this.#engine.stopped) this.#crash ??= { error };
    }
    this.#engine.endPhase();
    if (this.#crash !== undefined) throw this.#crash.error;
  }

  findLinks(files: string[]): Promise<Map<string, FirstName>> {
    return Promise.resolve(foundLinks(this.#engine, files));
  }

  counters(): Counters {
    return { ...this.#engine.outbox.counters };
  }

  currentPath(): string {
    return displayName(this.#shared.somePath() as ByteString);
  }

  /** Waiting for the peer is bounded by the lane, which watches bytes. */
  vitals(): Vitals {
    return { signs: this.#isWaiting ? ++this.#waits : this.#shared.signs, inSlowCall: this.#shared.inSlowCall };
  }

  notices(): string[] {
    return this.#receiver.notices();
  }

  hasIdle(): boolean {
    return this.#isWaiting;
  }

  scanComplete(): boolean {
    return this.#receiver.isScanned;
  }

  stop(): void {
    this.#engine.stop();
    this.#lane.abort(new BlitError("interrupted", "Interrupted"));
  }

  async abandon(error: BlitError): Promise<void> {
    this.#crash ??= { error };
    this.#engine.stop();
    await this.#lane.abort(error);
  }

  async close(): Promise<void> {
    this.#receiver.close();
    this.#engine.close();
    if (this.#crash !== undefined) await this.#lane.abort(toBlitError(this.#crash.error));
    else if (this.#engine.stopped) await this.#lane.abort(new BlitError("interrupted", "Interrupted"));
    else if (this.#hasEnded) this.#lane.close();
    else await this.#endLane();
  }

  /** A source that is lost now has told everything. */
  async #endLane(): Promise<void> {
    try {
      await this.#lane.end();
      while (await this.#lane.read() !== undefined);
    } catch {
      // Everything that was to be done is done.
    } finally {
      this.#lane.close();
    }
  }

  #expectRoot(tasks: Task[]): void {
    const [root] = tasks;
    const state: DestinationState = "destination" in root ? root.destination : "present";
    this.#receiver.expectDirectory(asByteString(""), state);
  }

  async #work(tasks: Task[]): Promise<void> {
    const mine = tasks.filter((task) => task.kind !== "remove-source");
    for (const task of tasks) if (task.kind === "remove-source") await this.#confirm(new Set(task.except));
    countTasks(this.#shared, mine, 1);
    this.#engine.scheduler.start(mine);
    while (this.#engine.step()) await this.#breathe();
  }

  /** Lets signals and timers have a turn when it is time: what has arrived already is read without one. */
  #breathe(): Promise<void> | void {
    if (performance.now() - this.#sliceStart < SLICE_MS) return;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#sliceStart = performance.now();
        resolve();
      });
    });
  }

  async #confirm(except: ReadonlySet<ByteString>): Promise<void> {
    if (this.#engine.job.mode !== "write") return this.#receiver.reportRemovals(except);
    for (const record of confirmations(this.#engine, except)) await this.#lane.write(record);
    // The source removes while it reads, and tells what it could not.
    await this.#lane.end();
    for (let record = await this.#lane.read(); record !== undefined; record = await this.#lane.read()) {
      this.#receiver.take(record);
    }
    this.#hasEnded = true;
    this.#engine.outbox.counters.removed += await this.#removed?.() ?? 0;
  }

  /** Does what the source tells until it has told everything and every content that was asked for is here. */
  async #pump(): Promise<void> {
    for (;;) {
      this.#reply();
      if (this.#engine.stopped || this.#receiver.isQuiet) return;
      if (await this.#receiver.hashNext()) continue;
      this.#isWaiting = true;
      const record = await this.#lane.read();
      this.#isWaiting = false;
      if (record === undefined) {
        throw new BlitError("protocol", `Cannot go on: "${this.#lane.peer}" has ended too early`);
      }
      this.#receiver.take(record);
      await this.#breathe();
    }
  }

  /** Reading never waits for writing: how much there is to write is bounded by what the source may tell unasked. */
  #reply(): void {
    for (const reply of this.#receiver.takeReplies()) {
      this.#lane.write(reply).catch(() => {}); // a lane that has failed says so to whoever reads
    }
  }

  /** A listener that throws ends the run. */
  #deliver(report: EngineReport, receive: (report: EngineReport) => void): void {
    try {
      receive(report);
    } catch (error) {
      this.#crash ??= { error };
      this.stop();
    }
  }
}
