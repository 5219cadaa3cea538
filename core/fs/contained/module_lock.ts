/**
 * What the sessions of a daemon must not do at once.
 *
 * An operation looks at the directories above an entry and then acts on a path. Another session that puts a symbolic link on
 * this path in between would lead it out of the module. So looking and acting is one section: many threads may be in a shared
 * one, and nobody else is in any while one of them is in an exclusive one, in which names come, go and change.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";

/** Sections under way; -1 for an exclusive one. */
const SECTIONS = 0;
/** Threads that wait for an exclusive one. They come first, or would never come. */
const WAITING = 1;
/** When a session last changed names, in seconds since 1970, cut to 32 bits. */
const CHANGED = 2;
const WORDS = 3;

/** Sections take microseconds, and as long as the disk does. A thread that is ended in one still leaves it. */
const LONGEST_WAIT_MS = 30_000;
/** A waiting thread is woken; this is for one that went to sleep just after. */
const LOOK_AGAIN_MS = 2;
/** So long after a change of our own, times of change say nothing of others. */
const LATELY_SECONDS = 3;

/** The memory of a {@linkcode ModuleLock}, to be handed to every thread that has sessions. */
export function createModuleLock(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** One lock for all modules of a daemon, as one thread sees it. A thread is in one section at a time. */
export class ModuleLock {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /**
   * Runs a call while no names change.
   *
   * @throws {BlitError} "busy" when it has no turn for 30 s
   */
  shared<T>(call: () => T): T {
    const words = this.#words;
    for (const wait = new Wait(words);;) {
      const held = Atomics.load(words, SECTIONS);
      const isFree = held >= 0 && Atomics.load(words, WAITING) === 0;
      if (isFree && Atomics.compareExchange(words, SECTIONS, held, held + 1) === held) break;
      if (!isFree) wait.whileHeld(held);
    }
    try {
      return call();
    } finally {
      Atomics.sub(words, SECTIONS, 1);
      Atomics.notify(words, SECTIONS);
    }
  }

  /**
   * Runs a call while no other thread looks or acts.
   *
   * @throws {BlitError} "busy" when it has no turn for 30 s
   */
  exclusive<T>(call: () => T): T {
    const words = this.#words;
    Atomics.add(words, WAITING, 1);
    try {
      for (const wait = new Wait(words);;) {
        const held = Atomics.compareExchange(words, SECTIONS, 0, -1);
        if (held === 0) break;
        wait.whileHeld(held);
      }
    } finally {
      Atomics.sub(words, WAITING, 1);
    }
    try {
      return call();
    } finally {
      Atomics.store(words, SECTIONS, 0);
      Atomics.notify(words, SECTIONS);
    }
  }

  /** A session changes names, now. */
  noteChange(): void {
    Atomics.store(this.#words, CHANGED, nowSeconds());
  }

  /** Whether a session has changed names in the last seconds. */
  get hasChangedLately(): boolean {
    return nowSeconds() - Atomics.load(this.#words, CHANGED) <= LATELY_SECONDS;
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000) | 0;
}

class Wait {
  #deadlineMs: number | undefined;

  constructor(readonly words: Int32Array) {}

  whileHeld(held: number): void {
    const nowMs = performance.now();
    this.#deadlineMs ??= nowMs + LONGEST_WAIT_MS;
    if (nowMs < this.#deadlineMs) return void Atomics.wait(this.words, SECTIONS, held, LOOK_AGAIN_MS);
    throw new BlitError("busy", "Cannot go on: another transfer on this server has been in the way for 30 s");
  }
}
