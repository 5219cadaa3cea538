/**
 * The pulse of a run on the main thread: progress events, and the end of a run that hangs.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Executor } from "../threads/executor.ts";
import { StallDetector } from "./stall.ts";

/** Interval between two beats; while workers wait for work, what there is to do changes faster. */
const BEAT_MS = 1000;
const IDLE_BEAT_MS = 500;

/** What a heartbeat needs. */
export interface HeartbeatOptions {
  /** Silence in milliseconds that ends a phase. */
  readonly limitMs: number;
  /** Called at every beat. */
  readonly beat: () => void;
  /** The path for people of an entry below the root. */
  readonly describe: (path: string) => string;
}

/** Beats from its creation until it is stopped, and watches phases. */
export class Heartbeat {
  readonly #detector: StallDetector;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watched: { readonly executor: Executor; readonly stalled: (error: BlitError) => void } | undefined;

  constructor(readonly options: HeartbeatOptions) {
    // A short limit needs a faster pulse.
    this.#detector = new StallDetector(options.limitMs, 2 * this.#interval());
    this.#schedule();
  }

  /** Resolves with the phase; rejects with "stalled" when nothing moves for too long, and then the executor is given up. */
  async watch(executor: Executor, phase: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#detector.reset();
    this.#watched = { executor, stalled: reject };
    try {
      await Promise.race([phase, promise]);
    } catch (error) {
      phase.catch(() => {}); // it ends as well, after its workers were given up
      throw error;
    } finally {
      this.#watched = undefined;
    }
  }

  /** Ends it. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #interval(): number {
    const usual = this.#watched?.executor.hasIdle() ? IDLE_BEAT_MS : BEAT_MS;
    return Math.min(usual, this.options.limitMs / 4);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.options.beat();
      this.#look();
      this.#schedule();
    }, this.#interval());
  }

  #look(): void {
    const watched = this.#watched;
    if (watched === undefined || !this.#detector.look(watched.executor.vitals(), performance.now())) return;
    this.#watched = undefined;
    const path = this.options.describe(watched.executor.currentPath());
    const seconds = Math.round(this.options.limitMs / 100) / 10;
    const error = new BlitError("stalled", `Cannot go on: nothing has moved for ${seconds} s at "${path}"`, {
      path,
      hint: "A disk, a network file system or the program behind a mount does not answer",
    });
    watched.executor.abandon(error).then(() => watched.stalled(error));
  }
}
