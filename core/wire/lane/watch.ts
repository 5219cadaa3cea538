/**
 * Whether the peer of a lane is still there, and whether it knows that we are.
 *
 * @module
 */

/** Looks in the time that silence may last. More of them notice it sooner; six is 17% late at most. */
const LOOKS = 6;
/** A keep-alive is due after this many looks without anything sent. */
const LOOKS_PER_KEEP_ALIVE = 2;

/** What {@linkcode Watch} needs from its lane. */
export interface WatchOptions {
  /** Silence that means that the peer is gone, in milliseconds. */
  idleMs: number;
  /** Nothing was sent for a third of the time. */
  onQuiet: () => void;
  /** Nothing was heard for all of it. Called once. */
  onSilence: () => void;
}

/**
 * Counts looks without a sign of life instead of reading a clock: a process that was stopped, asleep, or busy in a system call has
 * missed looks, and does not blame the peer for them.
 */
export class Watch {
  #silentLooks = 0;
  #quietLooks = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(readonly options: WatchOptions) {
    this.#timer = setInterval(() => this.#look(), options.idleMs / LOOKS);
  }

  /** A byte has come or gone: the peer takes part. */
  signOfLife(): void {
    this.#silentLooks = 0;
  }

  /** The peer takes part, and may say nothing for so long before the usual time begins. */
  allowSilence(milliseconds: number): void {
    this.#silentLooks = -Math.ceil(milliseconds * LOOKS / this.options.idleMs);
  }

  /** Something was sent: the peer knows that we are here. */
  sent(): void {
    this.#quietLooks = 0;
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (++this.#quietLooks >= LOOKS_PER_KEEP_ALIVE) {
      this.#quietLooks = 0;
      this.options.onQuiet();
    }
    // The first look may come right after the last sign: only the next one has seen a whole interval.
    if (++this.#silentLooks > LOOKS) {
      this.stop();
      this.options.onSilence();
    }
  }
}
