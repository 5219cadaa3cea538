/**
 * One JSON object a line on standard output: the events of the run as they are, the last one the summary.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferEvent } from "../core/events.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import type { Output, OutputOptions } from "./output.ts";
import { describeError } from "./report_error.ts";

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
    const isLeaving = this.#finished !== undefined || this.#options.watchesOnly;
    // Whoever interrupts a run knows it; what a server has interrupted comes with its reason.
    const expected = error?.code === "interrupted" && error.hint === undefined && isLeaving;
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
