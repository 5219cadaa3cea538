/**
 * Large buffers of the lanes of one thread: a few lanes have all they want, many make do with less.
 *
 * @module
 */

/**
 * Bytes that the lanes of a thread may have in large buffers before they get small ones: three lanes that receive, or four that send,
 * at full speed. The threads of a daemon with 64 clients at once stay within 300 MiB by it.
 */
const BUDGET_BYTES = 4 * 1024 * 1024;
/** Sizes are multiples of this, so that one lane can use what another one had. */
const GRAIN_BYTES = 64 * 1024;

/** How large a buffer should be. */
export interface BufferSizes {
  /** Where there is room for it, in bytes. */
  readonly wanted: number;
  /** In any case, in bytes. */
  readonly least: number;
}

/**
 * Hands out buffers. Their content is what was in them before. A buffer that somebody may still read or write must not be given
 * back: it is forgotten instead, and the collector finds out.
 */
export class BufferBudget {
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();
  #usedBytes = 0;
  #freeBytes = 0;

  constructor(readonly budgetBytes: number = BUDGET_BYTES) {}

  /** Bytes that are handed out. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that are kept for the next one who asks. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of the wanted size, or of the least one when too much is handed out; rounded up. */
  take({ wanted, least }: BufferSizes): Uint8Array<ArrayBuffer> {
    const bytes = roundUp(this.#hasRoom(roundUp(wanted)) ? wanted : least);
    this.#usedBytes += bytes;
    const known = this.#free.get(bytes)?.pop();
    if (known === undefined) return new Uint8Array(bytes);
    this.#freeBytes -= bytes;
    return known;
  }

  /** Whether `take` would give more than this now. */
  hasMoreThan(bytes: number, { wanted }: BufferSizes): boolean {
    return bytes < roundUp(wanted) && this.#hasRoom(roundUp(wanted) - bytes);
  }

  /** Takes a buffer back that nobody uses any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.forget(buffer);
    const { length } = buffer;
    if (this.#usedBytes + this.#freeBytes + length > this.budgetBytes) return;
    const list = this.#free.get(length);
    if (list === undefined) this.#free.set(length, [buffer]);
    else list.push(buffer);
    this.#freeBytes += length;
  }

  /** A buffer that was handed out is left to the collector. */
  forget({ length }: Uint8Array): void {
    this.#usedBytes -= length;
  }

  #hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.budgetBytes;
  }
}

/** The lanes of this thread share one. */
export const threadBuffers: BufferBudget = new BufferBudget();

function roundUp(bytes: number): number {
  return Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES;
}
