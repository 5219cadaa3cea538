/**
 * Bounds on waiting, for whatever may never come: a peer, a worker, a file system. Every wait for a peer goes through one of
 * these or through the watch of a lane.
 *
 * @module
 */

/**
 * Waits for a promise, but no longer than this. Resolves with what it resolves with, or with `undefined` when it is late; rejects
 * as it does, unless that comes late as well. Timers do not outlive it.
 */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), milliseconds);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles as a promise does, unless the signal comes first: then it rejects with this error. The promise itself goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, error: () => unknown): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(error());
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
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
