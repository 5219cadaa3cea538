/**
 * Progress events -> a bar on a terminal, a few lines a minute elsewhere, or nothing; and a line whenever somebody asks. A
 * terminal that cannot move its cursor is treated like a pipe.
 *
 * @module
 */

import type { TransferEvent } from "../../core/events.ts";
import type { Io } from "../io.ts";
import type { OutputOptions } from "../output.ts";
import { PROGRAM } from "../table/mod.ts";
import { progressLine, ProgressRate } from "./line.ts";

/** A progress event. */
export type ProgressEvent = Extract<TransferEvent, { type: "progress" }>;

/** Shows how far a run has come. */
export interface Progress {
  update(event: ProgressEvent): void;
  /** Removes what is drawn, until the next update. */
  pause(): void;
}

/** Shorter runs show nothing: what is over before it was read only flickers. */
export const FIRST_SHOWN_MS = 1000;

/** Between two lines where there is no terminal: four a minute. */
const LINE_INTERVAL_MS = 15_000;

/** The kind of progress that options and terminal call for. */
export function createProgress(options: OutputOptions, io: Io): Progress {
  if (options.quiet || options.progress === false) return { update() {}, pause() {} };
  if (io.stderr.isTerminal && io.canRedraw) return createBar(options, io);
  return options.progress ? createLines(options, io) : { update() {}, pause() {} };
}

/** A bar from the moment when one is due, except while results are on their way to the same terminal. */
function createBar(options: OutputOptions, io: Io): Progress {
  const rate = new ProgressRate();
  let bar: Progress | undefined;
  let loading = false;
  let due: ProgressEvent | undefined;
  const draw = (): void => {
    if (due !== undefined && io.stdout.idle) bar?.update(due);
  };
  const load = async (): Promise<void> => {
    loading = true;
    const { BarProgress } = await import("./bar.ts");
    bar = new BarProgress(options.verb, rate, io);
    draw();
  };
  return {
    update(event) {
      rate.add(event);
      if (event.timeMs < FIRST_SHOWN_MS) return;
      due = event;
      // Without the packages there is no bar; the transfer matters more than its picture.
      if (!loading) load().catch(() => {});
      draw();
    },
    pause() {
      due = undefined;
      bar?.pause();
    },
  };
}

function createLines(options: OutputOptions, io: Io): Progress {
  const rate = new ProgressRate();
  let next = FIRST_SHOWN_MS;
  return {
    update(event) {
      rate.add(event);
      if (event.timeMs < next) return;
      next = event.timeMs + LINE_INTERVAL_MS;
      io.stderr.write(`${PROGRAM}: ${progressLine(event, rate, { verb: options.verb })}\n`);
    },
    pause() {},
  };
}
