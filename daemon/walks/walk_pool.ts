/**
 * Walks in workers: the disk is never waited for on the main thread.
 *
 * A worker is started when the first walk comes, another one while all that are there are busy, and ended when it has had nothing
 * to do for a while.
 *
 * A disk may not answer for hours, and nothing ends a thread that waits for it. Such a worker gets no walks but those that would
 * wait for the same disk, and another one takes its place.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import type { ModuleConfig } from "../../core/config/daemon_config.ts";
import { BlitError } from "../../core/errors.ts";
import { inSlices } from "../../core/scan/slices.ts";
import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { workersCanStart } from "../../core/transfer/run/worker_permission.ts";
import { within } from "../../core/within.ts";
import type { DaemonLog } from "../daemon.ts";
import type { ModuleAccess } from "../exports.ts";
import { fromPlainError } from "../sessions/plain_error.ts";
import type { WalkCommand, WalkReport } from "./messages.ts";
import { openWork } from "./open_work.ts";
import { moduleOf, type WalkKind, type WalkOrder, type WalkResult, type Walks } from "./orders.ts";
import { WalkProgress } from "./progress.ts";

const WORKER_URL = new URL("./worker.ts", import.meta.url);
/** A walk is bound by the kernel's calls, and transfers want processors as well. */
const MOST_WORKERS = Math.max(2, Math.min(4, navigator.hardwareConcurrency));
/** Workers that wait for disks, beside those. Until it is known, one disk may hold up as many as there are. */
const MOST_HELD_UP = 12;
/**
 * What a worker's short-lived objects may take, in MiB. V8 would let them have 64, and a walk that looks at a million entries uses
 * 20 of that without being any faster. The workers of the web platform have no such limit.
 */
const YOUNG_MB = 4;
/** How long a worker stays without a walk, in milliseconds. */
const IDLE_MS = 60_000;
/** How long walks may take to end when the daemon stops, in milliseconds. */
const CLOSE_MS = 2000;
/** Walks at once; each holds an open directory and up to a megabyte. */
export const MOST_WALKS = 128;

/** What a {@linkcode WalkPool} works with. */
export interface WalkPoolOptions {
  readonly access: ModuleAccess;
  readonly log: DaemonLog;
  /** How long a worker stays without a walk, in milliseconds. @default {60000} */
  readonly idleMs?: number;
}

/** Carries out orders. */
export class WalkPool {
  readonly #options: WalkPoolOptions;
  readonly #workers = new Set<WalkWorker>();
  readonly #told = new WeakSet<WalkWorker>();
  readonly #stopped = new AbortController();
  #underWay = 0;

  constructor(options: WalkPoolOptions) {
    this.#options = options;
  }

  /**
   * Carries out an order, answer by answer. It ends with the signal, and when nobody asks for more answers.
   *
   * @throws {BlitError} "busy" where too many go on, and whatever ends the walk
   */
  async *run<Kind extends WalkKind>(
    order: Walks[Kind]["order"],
    signal: AbortSignal,
  ): AsyncGenerator<Walks[Kind]["result"]> {
    if (this.#underWay >= MOST_WALKS) {
      const reason = `the server does so for ${MOST_WALKS} others at this moment`;
      throw new BlitError("busy", `Cannot look into a module or remove from it: ${reason}`);
    }
    this.#underWay++;
    const ended = AbortSignal.any([signal, this.#stopped.signal]);
    try {
      yield* workersCanStart(WORKER_URL)
        ? this.#worker(moduleOf(order)).run(order, ended)
        : inSlices(openWork(this.#options.access, order), ended);
    } catch (error) {
      if (this.#stopped.signal.aborted) throw new BlitError("unreachable", "Cannot go on: the daemon stops");
      throw error;
    } finally {
      this.#underWay--;
    }
  }

  /** Workers that are there. */
  get size(): number {
    return this.#workers.size;
  }

  /** Whether a walk of this module waits for its disk. */
  isHeldUp(module: ModuleConfig): boolean {
    return [...this.#workers].some((worker) => worker.heldUpIn?.path === module.path);
  }

  /** Ends all walks and workers. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([...this.#workers].map((worker) => worker.close()));
  }

  /** The one with the fewest walks; a new one where all have some. Those that are held up are for what holds them up. */
  #worker({ name, path }: ModuleConfig): WalkWorker {
    const heldUp = [...this.#workers].filter((worker) => worker.heldUpIn !== undefined);
    for (const worker of heldUp) this.#tell(worker);
    const same = heldUp.find((worker) => worker.heldUpIn?.path === path);
    if (same !== undefined) {
      if (same.load < MOST_WALKS) return same;
      throw new BlitError("busy", `Cannot go on: ${same.load} others wait for the disk of module "${name}"`);
    }
    const free = [...this.#workers].filter((worker) => !heldUp.includes(worker));
    const [least] = free.sort((a, b) => a.load - b.load);
    if (least !== undefined && (least.load === 0 || free.length >= MOST_WORKERS)) return least;
    if (heldUp.length < MOST_HELD_UP) return this.#start();
    if (least !== undefined) return least;
    throw new BlitError("busy", `Cannot go on: ${heldUp.length} threads of the server wait for disks`);
  }

  #start(): WalkWorker {
    const { access, log, idleMs = IDLE_MS } = this.#options;
    const worker = new WalkWorker(access, idleMs, {
      onLost: (reason) => log.error("A thread that looks through modules has failed", { reason }),
      onEnd: () => this.#workers.delete(worker),
    });
    this.#workers.add(worker);
    return worker;
  }

  /** Once for each worker. */
  #tell(worker: WalkWorker): void {
    if (this.#told.has(worker)) return;
    this.#told.add(worker);
    const module = worker.heldUpIn?.name;
    this.#options.log.warn("A thread waits for the disk of a module, and another one takes its place", { module });
  }
}

interface WalkWorkerEvents {
  readonly onLost: (reason: string) => void;
  /** It takes no more walks. */
  readonly onEnd: () => void;
}

/** A walk under way. */
interface Walk {
  readonly module: ModuleConfig;
  readonly results: AsyncQueue<WalkResult>;
}

/** One worker. */
class WalkWorker {
  readonly #worker = new Worker(WORKER_URL, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  readonly #events: WalkWorkerEvents;
  readonly #walks = new Map<number, Walk>();
  readonly #progress = new WalkProgress();
  #lastId = 0;
  #onIdle: () => void = () => {};
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ fileSystem, lock }: ModuleAccess, readonly idleMs: number, events: WalkWorkerEvents) {
    this.#events = events;
    this.#worker.on("message", (report: WalkReport) => this.#hear(report));
    this.#worker.on("error", ({ message }: Error) => {
      this.#events.onLost(message);
      this.end();
    });
    this.#post({ type: "set-up", fileSystem: fileSystem.name, lock, progress: this.#progress.memory });
  }

  /** Walks under way. */
  get load(): number {
    return this.#walks.size;
  }

  /** The module whose disk it has been waiting for, for seconds. */
  get heldUpIn(): ModuleConfig | undefined {
    const walk = this.#progress.heldUp;
    return walk === undefined ? undefined : this.#walks.get(walk)?.module;
  }

  async *run(order: WalkOrder, signal: AbortSignal): AsyncGenerator<WalkResult> {
    signal.throwIfAborted(); // before it counts as busy
    clearTimeout(this.#idleTimer);
    const id = ++this.#lastId;
    const results = new AsyncQueue<WalkResult>();
    this.#walks.set(id, { module: moduleOf(order), results });
    const onAbort = (): void => results.end(signal.reason);
    signal.addEventListener("abort", onAbort);
    this.#post({ type: "start", id, order });
    try {
      for await (const result of results) {
        yield result;
        this.#post({ type: "taken", id });
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      // One that has ended is told in vain. Until it says so it counts: it may hang in a call.
      this.#post({ type: "cancel", id });
    }
  }

  /** Ends it when its walks have given back what they hold; one that hangs is not waited for. */
  async close(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#walks.size > 0) await within(idle.promise, CLOSE_MS);
    this.end();
  }

  end(): void {
    clearTimeout(this.#idleTimer);
    this.#events.onEnd();
    this.#worker.terminate();
    const error = new BlitError("internal", "Cannot go on: the thread of this walk has failed");
    for (const { results } of this.#walks.values()) results.end(error);
    this.#walks.clear();
  }

  #hear(report: WalkReport): void {
    const { results } = this.#walks.get(report.id) ?? {};
    if (report.type === "result") return results?.push(report.result);
    results?.end(report.error && fromPlainError(report.error));
    this.#walks.delete(report.id);
    if (this.#walks.size > 0) return;
    this.#onIdle();
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.end(), this.idleMs);
    Deno.unrefTimer(Number(this.#idleTimer));
  }

  #post(command: WalkCommand): void {
    this.#worker.postMessage(command);
  }
}
