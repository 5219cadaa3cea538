/**
 * Runs one engine whose source is at the other end of a lane, on the calling thread.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import type { Filter } from "../../scan/filter.ts";
import type { Lane, SourceRecord } from "../../wire/mod.ts";
import type { DestinationState, EngineReport, Job, Task } from "../threads/job.ts";
import { countTasks } from "../threads/scheduler.ts";
import type { Vitals } from "../threads/shared_state.ts";
import { SingleEngineExecutor } from "../threads/single_engine.ts";
import { Slice } from "../threads/slice.ts";
import { letOthersIn } from "../../turns.ts";
import { confirmations } from "./confirm.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import type { RemoteOrigin } from "../run/orchestrator.ts";
import { Receiver } from "./receiver.ts";

/** How long files are hashed before what has arrived gets a look, in milliseconds. */
const HASH_MS = 5;

/** What a {@linkcode LaneExecutor} is created with. */
export interface LaneExecutorOptions {
  readonly job: Job;
  readonly filter: Filter;
  readonly lane: Lane<"sink">;
  readonly hash: Xxh128;
  /** What the other side can do besides, and is told. */
  readonly origin: Pick<RemoteOrigin, "lanes" | "confirming" | "removed">;
  readonly receive: (report: EngineReport) => void;
}

/** The first phase does what the source tells; later ones do what had to wait, and may still ask for contents. */
export class LaneExecutor extends SingleEngineExecutor {
  readonly #lane: Lane<"sink">;
  readonly #receiver: Receiver;
  readonly #origin: LaneExecutorOptions["origin"];
  readonly #slice = new Slice();
  #hasBegun = false;
  #hasEnded = false;
  #isWaiting = false;
  #waits = 0;
  /** What the engine could not go on after. */
  #fatal: BlitError | undefined;
  /** Somebody has ended the run before its end. */
  #isCutOff = false;
  /** A record that is being read while there is something else to do. */
  #reading: Reading | undefined;
  /** Wakes whoever waits for a record or for helpers. */
  #wake: () => void = () => {};

  constructor({ job, filter, lane, hash, origin, receive }: LaneExecutorOptions) {
    const receiver = new Receiver(hash, origin.lanes);
    const note = ({ fatal }: EngineReport): void => {
      if (fatal !== undefined) this.#fatal ??= new BlitError(fatal.code, fatal.message);
    };
    super({
      job,
      filter,
      remote: receiver,
      receive: (report) => {
        note(report);
        receive(report);
      },
    });
    this.#lane = lane;
    this.#origin = origin;
    this.#receiver = receiver;
    receiver.attach(this.engine);
    receiver.ranges?.listen(() => this.#wake());
  }

  async run(tasks: Task[]): Promise<void> {
    try {
      if (!this.#hasBegun) this.#expectRoot(tasks);
      else await this.#work(tasks);
      this.#hasBegun = true;
      await this.#pump();
    } catch (error) {
      if (!this.engine.stopped) this.crash(error);
    }
    this.endPhase();
  }

  /** Waiting for the peer is bounded by the lane, which watches bytes; helpers show that they live. */
  override vitals(): Vitals {
    const isPatient = this.#isWaiting && !(this.#receiver.ranges?.isStuck ?? false);
    if (isPatient) this.#waits++;
    return { signs: this.#waits + this.shared.signs, inSlowCall: this.shared.inSlowCall };
  }

  notices(): string[] {
    return this.#receiver.notices();
  }

  override hasIdle(): boolean {
    return this.#isWaiting;
  }

  override scanComplete(): boolean {
    return this.#receiver.isScanned;
  }

  override stop(): void {
    this.#isCutOff = true;
    super.stop();
    this.#lane.abort(new BlitError("interrupted", "Interrupted"));
  }

  override async abandon(error: BlitError): Promise<void> {
    this.crash(error);
    super.stop();
    await this.#lane.abort(error);
  }

  override async close(): Promise<void> {
    if (this.crashed === undefined && !this.engine.stopped) this.#receiver.ranges?.end();
    // What failed here fails again, but whoever was interrupted or has lost the other side goes on later.
    const isKept = (this.#isCutOff || this.crashed !== undefined) && this.engine.job.resume;
    if (isKept) await this.#receiver.ranges?.stop();
    this.#receiver.close(isKept);
    await super.close();
    if (this.crashed !== undefined) await this.#lane.abort(toBlitError(this.crashed.error));
    else if (this.engine.stopped) await this.#lane.abort(this.#fatal ?? new BlitError("interrupted", "Interrupted"));
    else if (this.#hasEnded) this.#lane.close();
    else await this.#endLane();
  }

  /** A source that is lost now has told everything. */
  async #endLane(): Promise<void> {
    try {
      await this.#lane.end();
      while (await this.#read() !== undefined);
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
    countTasks(this.shared, mine, 1);
    this.engine.scheduler.start(mine);
    while (this.engine.step()) if (this.#slice.isOver) await this.#slice.next();
  }

  async #confirm(except: ReadonlySet<ByteString>): Promise<void> {
    if (this.engine.job.mode !== "write") return this.#receiver.reportRemovals(except);
    this.#origin.confirming?.();
    for (const record of confirmations(this.engine, except)) await this.#lane.write(record);
    // The source removes while it reads, and tells what it could not.
    await this.#lane.end();
    for (let record = await this.#read(); record !== undefined; record = await this.#read()) {
      this.#receiver.take(record);
    }
    this.#hasEnded = true;
    this.engine.outbox.counters.removed += await this.#origin.removed?.() ?? 0;
  }

  /** Does what the source tells until it has told everything and every content that was asked for is here. */
  async #pump(): Promise<void> {
    for (;;) {
      this.#reply();
      if (this.engine.stopped || this.#receiver.isQuiet) return;
      if (this.#receiver.ranges?.hasNews) {
        this.#receiver.ranges.catchUp();
        continue;
      }
      if (this.#receiver.canHash && !await this.#hasArrived()) {
        this.#hash();
        continue;
      }
      this.#isWaiting = true;
      const record = await this.#next();
      this.#isWaiting = false;
      if (record === "news") continue;
      if (record === undefined) {
        throw new BlitError("protocol", `Cannot go on: "${this.#lane.peer}" has ended too early`);
      }
      this.#receiver.take(record);
      // What has arrived already is read without a turn for anybody else.
      if (this.#slice.isOver) await this.#slice.next();
    }
  }

  /** Hashes for a while: looking for what has arrived takes as long as hashing some dozen small files. */
  #hash(): void {
    const end = performance.now() + HASH_MS;
    do this.#receiver.hash(); while (this.#receiver.canHash && !this.engine.stopped && performance.now() < end);
  }

  /** Begins to read, and returns whether that is done within a moment, in which others may use the thread as well. */
  async #hasArrived(): Promise<boolean> {
    const reading = this.#reading ??= this.#beginReading();
    await letOthersIn(() => reading.isDone);
    return reading.isDone;
  }

  /** The next record, or that a helper has said something. */
  async #next(): Promise<SourceRecord | "news" | undefined> {
    const { ranges } = this.#receiver;
    if (ranges === undefined || ranges.count === 0) return await this.#read();
    const reading = this.#reading ??= this.#beginReading();
    if (!reading.isDone && !ranges.hasNews) await new Promise<void>((resolve) => this.#wake = resolve);
    return ranges.hasNews ? "news" : await this.#read();
  }

  #beginReading(): Reading {
    const reading: Reading = { record: this.#lane.read(), isDone: false };
    const onDone = (): void => {
      reading.isDone = true;
      this.#wake();
    };
    reading.record.then(onDone, onDone); // a failure is told to whoever reads next
    return reading;
  }

  /** The next record, which may have been begun to read. */
  #read(): Promise<SourceRecord | undefined> {
    const record = this.#reading?.record ?? this.#lane.read();
    this.#reading = undefined;
    return record;
  }

  /** Reading never waits for writing: how much there is to write is bounded by what the source may tell unasked. */
  #reply(): void {
    for (const reply of this.#receiver.takeReplies()) {
      this.#lane.write(reply).catch((error) => {
        // A lane that has failed says so to whoever reads. A record that cannot be written is a defect: nobody would answer it.
        if (!(error instanceof BlitError)) this.abandon(toBlitError(error)).catch(() => {});
      });
    }
  }
}

/** A record that somebody has begun to read. */
interface Reading {
  readonly record: Promise<SourceRecord | undefined>;
  isDone: boolean;
}
