/**
 * What the verbs that look around have in common: results on standard output, what could not be looked at beside them, and an
 * end that is quiet when nobody reads any more.
 *
 * @module
 */

import { type BlitError, EXIT_STATUS } from "../core/errors.ts";
import { cleanText } from "../core/paths/bytes.ts";
import type { Io } from "./io.ts";
import { failureJson } from "./listing_text.ts";

/** Options of {@linkcode Results}. */
export interface ResultsOptions {
  readonly json: boolean;
  /** The name that errors begin with. */
  readonly program: string;
  readonly io: Io;
}

/** Prints results and failures. */
export class Results {
  readonly #options: ResultsOptions;
  #failures = 0;

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /** Nobody reads any more: whoever goes on works for nothing. */
  get isOver(): boolean {
    return this.#options.io.stdout.closed.aborted;
  }

  /** The exit status by now. */
  get status(): number {
    return this.#failures > 0 ? EXIT_STATUS.partial : EXIT_STATUS.done;
  }

  /** Writes whole lines. */
  write(text: string): void {
    this.#options.io.stdout.write(text);
  }

  /** Reports an entry that something could not be done with. */
  fail(error: BlitError): void {
    if (this.isOver) return;
    this.#failures++;
    const { json, program, io } = this.#options;
    if (json) io.stdout.write(failureJson(error));
    else io.stderr.write(`${program}: ${cleanText(error.message)}\n`);
  }

  /** Waits until the reader has taken what there is: a slow one slows the search, and nothing piles up. */
  async drain(): Promise<void> {
    await this.#options.io.stdout.flush();
  }
}
