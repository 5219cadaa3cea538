/**
 * The progress bar of `cli-progress` on standard error. Loaded when the first one is due: the packages cost more time than
 * most runs have.
 *
 * @module
 */

import cliProgress from "cli-progress";
import type { Verb } from "../../core/events.ts";
import type { Io } from "../io.ts";
import { doneFraction, type ProgressRate } from "./line.ts";
import type { Progress, ProgressEvent } from "./mod.ts";
import { drawPicture } from "./picture.ts";
import { BarTerminal } from "./terminal.ts";

/** What this module uses of `cli-progress`, which has no type declarations of its own. */
interface Bar {
  start(total: number, value: number): void;
  update(value: number): void;
  stop(): void;
}

interface BarOptions {
  terminal: BarTerminal;
  format: (options: unknown, params: { maxWidth: number }) => string;
  clearOnComplete: boolean;
  linewrap: boolean;
  gracefulExit: boolean;
  fps: number;
}

const { SingleBar } = cliProgress as unknown as { SingleBar: new (options: BarOptions) => Bar };

/** Draws an event at once, and again when the terminal has got another width. */
export class BarProgress implements Progress {
  readonly #bar: Bar;
  #latest: ProgressEvent | undefined;
  #drawn = false;

  /** Creates a bar that is not drawn yet. */
  constructor(verb: Verb, rate: ProgressRate, io: Io) {
    this.#bar = new SingleBar({
      terminal: new BarTerminal(io),
      format: (_options, { maxWidth }) =>
        this.#latest === undefined
          ? ""
          : drawPicture(this.#latest, rate, { verb, columns: maxWidth, rows: io.rows() ?? 24 }).join("\n"),
      clearOnComplete: true,
      // How long lines are dealt with is the terminal's business here, and signals are that of the run.
      linewrap: true,
      gracefulExit: false,
      fps: 4,
    });
  }

  /** Draws the event. */
  update(event: ProgressEvent): void {
    this.#latest = event;
    if (!this.#drawn) this.#bar.start(1, doneFraction(event));
    else this.#bar.update(doneFraction(event));
    this.#drawn = true;
  }

  /** Clears the lines. */
  pause(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.#bar.stop();
  }
}
