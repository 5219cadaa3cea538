/**
 * Values from whoever has them to whoever waits for them.
 *
 * @module
 */

/** An iterable that is filled from outside. For one reader. */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  readonly #values: T[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  #onRoom: (() => void)[] = [];

  /** Adds a value; after the end it is dropped. */
  push(value: T): void {
    if (this.#end !== undefined) return;
    this.#values.push(value);
    this.#wake?.();
  }

  /** Adds a value, and resolves when fewer than `most` of them wait, or nobody reads any more. */
  async pushWithin(value: T, most: number): Promise<void> {
    this.push(value);
    while (this.#values.length >= most) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Nothing follows; with an error the reader gets that after what is there. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      if (this.#values.length > 0) {
        const value = this.#values.shift()!;
        this.#makeRoom();
        return { done: false, value };
      }
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The reader has failed. */
  throw(error: unknown): Promise<IteratorResult<T>> {
    this.#leave();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #leave(): void {
    this.end();
    this.#values.length = 0;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}
