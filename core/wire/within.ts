/**
 * Bounds on waiting. Every wait for a peer goes through one of these or through the watch of a lane.
 *
 * @module
 */

/** Waits for a promise, but no longer than this; says whether it came to its end. Timers do not outlive it. */
export async function waitAtMost(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), milliseconds));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A signal that is raised after a time or together with another one. Dispose of it when the work is done: its timer and its
 * listener go with it.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;
  /** It was the time that ran out. */
  isOver = false;

  constructor(milliseconds: number, signal?: AbortSignal) {
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#controller.abort();
    }, milliseconds);
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  /** Raised at the latest when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#controller.abort(this.#outer?.reason);
}
