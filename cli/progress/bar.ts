/**
 * The progress bar of `cli-progress` on standard error.
 *
 * @module
 */

import type { Verb } from "../../core/events.ts";
import type { Io } from "../io.ts";
import { doneFraction, progressLine, ProgressRate } from "./line.ts";
import { FIRST_SHOWN_MS, type Progress, type ProgressEvent } from "./mod.ts";

/** What this module uses of `cli-progress`, which has no type declarations of its own. */
interface Bar {
  start(total: number, value: number): void;
  update(value: number): void;
  stop(): void;
}

interface BarOptions {
  stream: { isTTY: true; columns: number; write(text: string): void };
  format: (options: unknown, params: { progress: number; maxWidth: number }) => string;
  clearOnComplete: boolean;
  linewrap: boolean;
  fps: number;
}

type BarConstructor = new (options: BarOptions) => Bar;

const BAR_WIDTH = 20;

/** Draws a bar; it is loaded when the first one is due. */
export class BarProgress implements Progress {
  readonly #verb: Verb;
  readonly #io: Io;
  readonly #rate = new ProgressRate();
  #latest: ProgressEvent | undefined;
  #loading = false;
  #bar: Bar | undefined;
  #drawn = false;

  /** Creates a bar that is not drawn yet. */
  constructor(verb: Verb, io: Io) {
    this.#verb = verb;
    this.#io = io;
  }

  /** Draws the event, unless the run is too young or results are on their way to the same terminal. */
  update(event: ProgressEvent): void {
    this.#latest = event;
    this.#rate.add(event);
    if (event.timeMs < FIRST_SHOWN_MS || !this.#io.stdout.idle) return;
    if (!this.#bar) return this.#load();
    if (!this.#drawn) this.#bar.start(1, doneFraction(event));
    else this.#bar.update(doneFraction(event));
    this.#drawn = true;
  }

  /** Clears the line. */
  pause(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.#bar?.stop();
  }

  #load(): void {
    if (this.#loading) return;
    this.#loading = true;
    import("cli-progress").then((module) => {
      const { SingleBar } = (module as unknown as { default: { SingleBar: BarConstructor } }).default;
      this.#bar = new SingleBar(this.#options());
    }, () => {
      // Without the package there is no bar; the transfer matters more than its picture.
    });
  }

  #options(): BarOptions {
    const io = this.#io;
    return {
      stream: {
        isTTY: true,
        get columns() {
          return io.columns() ?? 80;
        },
        write: (text) => io.stderr.write(text),
      },
      format: (_options, { progress, maxWidth }) => this.#line(progress, maxWidth),
      clearOnComplete: true,
      // The line is cut to the width here, so the terminal's own setting can stay as it is.
      linewrap: true,
      fps: 4,
    };
  }

  #line(progress: number, maxWidth: number): string {
    if (!this.#latest) return "";
    const filled = Math.round(progress * BAR_WIDTH);
    const bar = "#".repeat(filled).padEnd(BAR_WIDTH, "-");
    const line = `[${bar}] ${progressLine(this.#latest, this.#rate, { verb: this.#verb })}`;
    // The last column stays free: filling it makes some terminals wrap.
    return line.slice(0, maxWidth - 1);
  }
}
