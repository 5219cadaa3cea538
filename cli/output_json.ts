/**
 * One JSON object a line on standard output: the events of the run as they are, the last one the summary.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferEvent } from "../core/events.ts";
import type { Io } from "./io.ts";
import type { Output, OutputOptions } from "./output.ts";
import { describeError } from "./report_error.ts";

/** Control characters that `JSON.stringify` leaves alone and a terminal does not. */
const UNSAFE = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Prints events as JSON. */
export class JsonOutput implements Output {
  readonly #options: OutputOptions;
  readonly #io: Io;
  #finished: TransferEvent | undefined;

  /** Creates a printer for one run. */
  constructor(options: OutputOptions, io: Io) {
    this.#options = options;
    this.#io = io;
  }

  /** Prints the event; the summary is kept back until it is certain that nothing follows. */
  event(event: TransferEvent): void {
    if (event.type === "finished") this.#finished = event;
    else if (event.type !== "progress" || this.#options.progress !== false) this.#io.stdout.write(jsonLine(event));
  }

  /** Nothing is drawn. */
  pause(): void {}

  /** Prints the error, also as text on standard error, and the summary if the run got as far as having one. */
  end(error?: BlitError): void {
    const expected = error?.code === "interrupted" && this.#finished !== undefined;
    if (error && !expected) {
      this.#io.stderr.write(describeError(error, this.#options.verbose));
      this.#io.stdout.write(errorLine(error));
    }
    if (this.#finished) this.#io.stdout.write(jsonLine(this.#finished));
  }
}

/** The line that an error becomes. */
export function errorLine(error: BlitError): string {
  const { code, message, path, hint } = error;
  return jsonLine({ type: "error", code, message, path, hint });
}

function jsonLine(value: object): string {
  const text = JSON.stringify(value);
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`) + "\n";
}
