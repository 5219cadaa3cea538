/**
 * What a walking worker is doing at this moment, in memory that it shares with the main thread: a thread that waits for a disk
 * says nothing.
 *
 * @module
 */

/** The walk that is in a call; 0 between calls. */
const WALK = 0;
/** When the call began, in milliseconds, cut to 32 bits. */
const SINCE = 1;
const WORDS = 2;

/**
 * A step of a walk takes about a millisecond; one that takes so long, in milliseconds, waits for a disk. A disk that is only
 * slow loses nothing by it: its walks go on.
 */
const HELD_UP_MS = 2000;

/** One worker, as both sides see it. */
export class WalkProgress {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Makes a call of a walk. */
  during<T>(walk: number, call: () => T): T {
    Atomics.store(this.#words, SINCE, Date.now() | 0);
    Atomics.store(this.#words, WALK, walk);
    try {
      return call();
    } finally {
      Atomics.store(this.#words, WALK, 0);
    }
  }

  /** The walk that has been in one call for seconds. */
  get heldUp(): number | undefined {
    const walk = Atomics.load(this.#words, WALK);
    const elapsedMs = ((Date.now() | 0) - Atomics.load(this.#words, SINCE)) | 0;
    return walk !== 0 && elapsedMs >= HELD_UP_MS ? walk : undefined;
  }
}
