/**
 * The answers of a client to what its run asks: whether to delete.
 *
 * @module
 */

import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { within } from "../../core/within.ts";

/** How long a client may take to answer, in milliseconds: somebody may have to come to the terminal first. */
export const ANSWER_MS = 10 * 60_000;

/** Options of {@linkcode DeletionAnswers}. */
export interface DeletionAnswersOptions {
  /** How long each answer may take, in milliseconds. @default {600000} */
  readonly limitMs?: number | undefined;
  /** The client has gone while it was asked. Who leaves has not said no. */
  readonly onLeft: () => void;
}

/** Answers as they come. What is not said in time is a no, so that no run waits for somebody who has left the machine on. */
export class DeletionAnswers {
  readonly #queue = new AsyncQueue<boolean>();
  readonly #limitMs: number;
  readonly #onLeft: () => void;

  constructor({ limitMs = ANSWER_MS, onLeft }: DeletionAnswersOptions) {
    this.#limitMs = limitMs;
    this.#onLeft = onLeft;
  }

  push(allowed: boolean): void {
    this.#queue.push(allowed);
  }

  /** Nobody answers any more. */
  end(): void {
    this.#queue.end();
  }

  /** The next answer. */
  async next(): Promise<boolean> {
    const answer = await within(this.#queue.next(), this.#limitMs);
    if (answer?.done) this.#onLeft();
    return answer?.value === true;
  }
}
