/**
 * Runs an engine in each of several workers, and one on the calling thread at the beginning.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Counters } from "../../events.ts";
import { type ByteString, displayName } from "../../paths/bytes.ts";
import type { Filter } from "../../scan/filter.ts";
import { within } from "../../within.ts";
import { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import type { EngineReport, FirstName, Job, Task, WorkerReply, WorkerRequest } from "./job.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { countTasks } from "./scheduler.ts";
import { SharedState, type Vitals } from "./shared_state.ts";
import { Slice } from "./slice.ts";

/** Longest time that workers may take to close their handles. */
const CLOSE_MS = 2000;
/**
 * How long the calling thread does the work of the last worker, in milliseconds: in a short run starting one more would cost more
 * than it gains, and in a long one this thread had better look after what else there is.
 */
const STAND_IN_MS = 2000;
/** Reports that may wait unread before workers wait too. */
const UNREAD_REPORTS = 256;

/** What a {@linkcode WorkerExecutor} is created with. */
export interface WorkerExecutorOptions {
  readonly job: Job;
  readonly filter: Filter;
  /** Workers to start, at most. */
  readonly count: number;
  /**
   * What the calling thread does of the work: nothing, where a call might never return; all of it until the workers are there;
   * or that of the last worker as well, for some seconds.
   */
  readonly mainThread: "supervises" | "starts" | "stands in";
  /** Whether workers are started before anything shows that they pay. */
  readonly startsAtOnce: boolean;
  readonly receive: (report: EngineReport) => void;
}

/**
 * Runs an engine in each of several workers. A worker takes 30 to 40 ms to start; until all of them have, the calling thread
 * works too, in slices. It begins alone: workers are started when what is known to be left would take longer than that costs,
 * which a large tree shows with its first directories and a small one never. Then it goes on as one of them, for a while.
 */
export class WorkerExecutor implements Executor {
  readonly #shared = new SharedState();
  readonly #options: WorkerExecutorOptions;
  #workers: Worker[] = [];
  /** The worker that is to take over the calling thread's part. */
  #last: { readonly worker: Worker; isOpen: boolean; readonly opened: PromiseWithResolvers<void> } | undefined;
  /** The calling thread has come upon something that would keep it from signals and timers. */
  #hasLeftWork = false;
  /** Workers that may have something open, by index; not those that crashed outside of everything or hang. */
  readonly #open = new Map<number, Worker>();
  #onAllClosed: () => void = () => {};
  #pending: { replies: Map<number, WorkerReply>; answered: Promise<void>; resolve: () => void } | undefined;
  /** What ends the run: a worker that crashed, or a listener that threw. */
  #crash: { readonly error: unknown } | undefined;

  /** When the calling thread has done its part, by the monotonic clock. */
  #standsInUntil: number;

  /** The calling thread's own engine, as long as it works and as long as it may know first names of links. */
  readonly #helper: Engine;

  constructor(options: WorkerExecutorOptions) {
    const { job, filter, count, mainThread, startsAtOnce } = options;
    this.#options = options;
    this.#standsInUntil = mainThread === "stands in" && count > 1 ? performance.now() + STAND_IN_MS : -Infinity;
    const outbox = new Outbox((report) => this.#deliver(report), job.entryEvents);
    // Small steps, since the calling thread has signals and timers to look after.
    this.#helper = new Engine({
      job: { ...job, smallSteps: true },
      filter,
      outbox,
      thread: count,
      shared: this.#shared,
      onLeave: () => {
        this.#hasLeftWork = true;
        this.#standsInUntil = -Infinity; // what is left to workers is for all of them
      },
    });
    // Last, so that no worker is left over when a root cannot be opened.
    if (startsAtOnce || mainThread === "supervises") this.#startWorkers();
  }

  get workers(): number {
    return this.#workers.length;
  }

  async run(tasks: Task[]): Promise<void> {
    countTasks(this.#shared, tasks, 1);
    const isShared = tasks.every(isForMainThread);
    if (this.#workers.length === 0) {
      if (isShared && await this.#workAlone(tasks)) return;
      this.#startWorkers();
      if (isShared) tasks = []; // what is left is the helper's
    }
    this.#adoptLast();
    const helps = isShared && this.#options.mainThread !== "supervises" && this.#isWanted;
    // There is work for all of them, and one is missing.
    if (!helps && tasks.length >= this.#options.count) await this.#startLast();
    this.#adoptLast();
    const shares = this.#workers.map((_, index) =>
      helps ? [] : tasks.filter((_, i) => i % this.#workers.length === index)
    );
    const replies = this.#ask(shares.map((share) => ({ type: "run", tasks: share })));
    await Promise.all([replies, helps ? this.#help(tasks) : undefined]);
    this.#helper.endPhase();
  }

  /** Whether workers are starting, or one is missing whose part the calling thread does. */
  get #isWanted(): boolean {
    return this.#shared.ready < this.#workers.length || this.#workers.length < this.#options.count;
  }

  /** Works without workers. Returns whether that was all; `false` as soon as workers would pay. */
  async #workAlone(tasks: Task[]): Promise<boolean> {
    const { scheduler, outbox } = this.#helper;
    scheduler.start(tasks);
    const slice = new Slice();
    const pace = new Pace(performance.now());
    while (this.#helper.stepOwn()) {
      if (this.#hasLeftWork) return false;
      const nowMs = performance.now();
      if (pace.isDue(nowMs) && pace.workersPay(outbox.counters.entriesFound, scheduler.outlook(), nowMs)) return false;
      if (slice.isOver) await slice.next();
    }
    if (this.#hasLeftWork) return false;
    this.#helper.endPhase();
    this.#throwCrash();
    return true;
  }

  /** Works on the tasks, and hands over what is left when it is not wanted any more. */
  async #help(tasks: Task[]): Promise<void> {
    const { scheduler } = this.#helper;
    scheduler.start(tasks);
    const slice = new Slice();
    while (!this.#shared.stopped) {
      if (performance.now() >= this.#standsInUntil) this.#startLast();
      // What does not fit into the pool is its own until there is room.
      if (!this.#isWanted) scheduler.offerAll();
      // What others have on offer may be what this thread has left to them.
      if ((!this.#isWanted || this.#hasLeftWork) && !scheduler.hasOwn) break;
      if (this.#helper.stepReady()) {
        if (slice.isOver) await slice.next();
      } else if (this.#shared.outstanding > 0) {
        this.#helper.leave();
        await this.#shared.waitForWorkWithoutBlocking();
      } else break;
    }
    this.#helper.publish();
    this.#helper.leave();
  }

  async findLinks(files: string[]): Promise<Map<string, FirstName>> {
    const replies = await this.#ask(this.#workers.map(() => ({ type: "find-links", files })));
    const found = new Map(replies.flatMap((reply) => reply.type === "links" ? reply.found : []));
    for (const [file, first] of this.#helper.links.findAll(files)) found.set(file, first);
    return found;
  }

  counters(): Counters {
    return this.#shared.sumCounters();
  }

  currentPath(): string {
    return displayName(this.#shared.somePath() as ByteString);
  }

  vitals(): Vitals {
    const { signs, inSlowCall, started, ready } = this.#shared;
    return { signs: signs + started + ready, inSlowCall, isStarting: started < this.#workers.length };
  }

  hasIdle(): boolean {
    return this.#shared.hasIdle;
  }

  scanComplete(): boolean {
    return this.#shared.scanComplete;
  }

  stop(): void {
    this.#shared.stop();
  }

  async abandon(error: BlitError): Promise<void> {
    // First of all: whoever wakes up and answers now has not done its work.
    this.#crash ??= { error };
    this.stop();
    // Those that do not hang clean up after themselves.
    const pending = this.#pending;
    if (pending !== undefined) {
      await within(pending.answered, CLOSE_MS);
      for (const index of this.#workers.keys()) if (!pending.replies.has(index)) this.#release(index);
      pending.resolve();
    }
    this.#last?.opened.resolve();
  }

  async close(): Promise<void> {
    // Also after a crash, and the one that takes no part yet: what a worker has open outlives its thread.
    for (const worker of this.#open.values()) this.#post(worker, { type: "close" });
    if (this.#open.size > 0) await within(new Promise<void>((resolve) => this.#onAllClosed = resolve), CLOSE_MS);
    for (const worker of this.#workers) worker.terminate();
    this.#last?.worker.terminate();
    this.#helper.close();
  }

  #startWorkers(): void {
    const { job, count } = this.#options;
    const length = performance.now() < this.#standsInUntil ? count - 1 : count;
    this.#workers = Array.from({ length }, (_, index) => this.#start(job, index));
  }

  /**
   * Starts the worker that the calling thread stands in for, if there is one. It opens the roots by their paths, seconds after the
   * others: where those lead elsewhere by now, the calling thread goes on in its place.
   */
  async #startLast(): Promise<void> {
    const { job, count } = this.#options;
    if (this.#workers.length === 0 || this.#workers.length === count) return;
    this.#last ??= {
      worker: this.#start(job, count - 1),
      isOpen: false,
      opened: Promise.withResolvers<void>(),
    };
    await this.#last.opened.promise;
  }

  /** Has the last worker take part, once it has opened the roots: from now on, or in the phase that goes on. */
  #adoptLast(): void {
    const last = this.#last;
    if (!last?.isOpen || this.#workers.length === this.#options.count) return;
    // As long as something is left, no worker has said that the phase is over.
    if (this.#pending !== undefined && this.#shared.outstanding === 0) return;
    this.#workers.push(last.worker);
    if (this.#pending !== undefined) this.#post(last.worker, { type: "run", tasks: [] });
  }

  #opened(index: number, { fits, error }: Extract<WorkerReply, { type: "opened" }>): void {
    const last = this.#last;
    if (last === undefined || index < this.#workers.length) {
      if (!fits) this.#crashed(index, error ? new BlitError(error.code, error.message) : replaced(this.#options.job));
      return;
    }
    last.isOpen = fits;
    if (!fits) {
      this.#release(index); // it has closed everything
      last.worker.terminate();
    }
    last.opened.resolve();
    this.#adoptLast();
  }

  #start(job: Job, index: number): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: `blit-${index}` });
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(index, data);
    this.#open.set(index, worker);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#release(index);
      this.#crashed(index, new BlitError("internal", `Cannot go on: a worker failed: ${event.message}`));
    };
    const { sourceIdentity: source, destinationIdentity: destination } = this.#helper;
    const roots = { source, destination };
    this.#post(worker, {
      type: "start",
      job,
      shared: this.#shared.buffer,
      index,
      unreadReports: UNREAD_REPORTS,
      roots,
    });
    return worker;
  }

  #post(worker: Worker, request: WorkerRequest): void {
    worker.postMessage(request);
  }

  /** Asks every worker. Resolves when all have answered, also after a crash: until then workers may be cleaning up. */
  async #ask(requests: WorkerRequest[]): Promise<WorkerReply[]> {
    this.#throwCrash();
    if (requests.length === 0) return [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const replies = new Map<number, WorkerReply>();
    this.#pending = { replies, answered: promise, resolve };
    requests.forEach((request, i) => this.#post(this.#workers[i], request));
    await promise;
    this.#pending = undefined;
    this.#throwCrash();
    return [...replies.values()];
  }

  #throwCrash(): void {
    if (this.#crash !== undefined) throw this.#crash.error;
  }

  #receive(index: number, reply: WorkerReply): void {
    if (reply.type === "report") {
      this.#shared.confirmMessage();
      this.#deliver(reply.report);
    } else if (reply.type === "opened") {
      this.#opened(index, reply);
    } else if (reply.type === "closed") {
      this.#release(index);
    } else if (reply.type === "crashed") {
      this.#crashed(index, new BlitError(reply.code, reply.message));
    } else {
      this.#answered(index, reply);
    }
  }

  /** Nothing is left to be closed, or nobody who could. */
  #release(index: number): void {
    this.#open.delete(index);
    if (this.#open.size === 0) this.#onAllClosed();
  }

  #answered(index: number, reply: WorkerReply): void {
    const pending = this.#pending;
    // The last worker takes part only once it is one of them.
    if (pending === undefined || index >= this.#workers.length) return;
    pending.replies.set(index, reply);
    if (pending.replies.size === this.#workers.length) pending.resolve();
  }

  /** A listener that throws ends the run. */
  #deliver(report: EngineReport): void {
    try {
      this.#options.receive(report);
    } catch (error) {
      this.#crash ??= { error };
      this.stop();
    }
  }

  /** A worker that crashed answers no more. */
  #crashed(index: number, error: BlitError): void {
    this.#crash ??= { error };
    this.stop();
    this.#last?.opened.resolve();
    this.#answered(index, { type: "crashed", code: error.code, message: error.message });
  }
}

function replaced({ source, destination = "" }: Job): BlitError {
  const which = `"${source}" or "${destination}" is another directory than when the run began`;
  return new BlitError("changed", `Cannot go on: ${which}`);
}

/** Paths of one task that the main thread still takes: about as much as may pass before it looks after signals. */
const FEW_PATHS = 256;

/**
 * Whether the main thread may do a task while there are no workers. It works in small steps where the engine knows how; whole
 * trees are deleted, and disks flushed, in one.
 */
function isForMainThread(task: Task): boolean {
  switch (task.kind) {
    case "directory":
    case "entries":
    case "range":
      return true;
    case "links":
      return task.links.length <= FEW_PATHS;
    case "finalize":
      return task.paths.length <= FEW_PATHS;
    default:
      return false;
  }
}
