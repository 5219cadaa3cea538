/**
 * What a terminal shows of a run: the bar with its facts, and below it the path that is being worked on.
 *
 * ```text
 * [########------------] 1.3 GiB of 3.4 GiB, 1,204 of 9,000 entries, 310 MiB/s, 7.0 s left
 * photos/.../harbour/IMG_2034.jpg
 * ```
 *
 * @module
 */

import type { Verb } from "../../core/events.ts";
import { doneFraction, progressFacts, type ProgressRate, type ProgressState } from "./line.ts";
import { shortenPath } from "./shorten.ts";

/** Widths of the bar; the facts come first, so it gives way to them. */
const BAR_WIDTHS = [20, 10];

/**
 * The width down to which a terminal can be narrowed at one blow and still has rows for all that was drawn before: below it, a
 * line may be left behind. Nobody reads anything in fewer columns.
 */
export const LEAST_COLUMNS = 10;
/** Terminals that are lower are drawn on as if they had so many rows: otherwise there would be nothing to see. */
const LEAST_ROWS = 5;

/** What is drawn, for whom. */
export interface PictureOptions {
  readonly verb: Verb;
  /** The width of the terminal. Its last column stays free: filling it makes some terminals wrap. */
  readonly columns: number;
  /** Its height. A second line in a terminal of one row would push the first one out of sight for good. */
  readonly rows: number;
}

/**
 * One or two lines, each narrower than the terminal, and both together no longer than its rows allow. The bar fills once it is
 * known how much there is.
 */
export function drawPicture(
  state: ProgressState & { currentPath: string },
  rate: ProgressRate,
  { verb, columns, rows }: PictureOptions,
): string[] {
  // Where a wide character does not fit at the end of a row, a column stays empty.
  const cells = Math.max(LEAST_ROWS, rows) * (LEAST_COLUMNS - 1);
  const room = Math.max(0, Math.min(columns - 1, cells));
  const facts = fitFacts(progressFacts(state, rate, { verb }), room);
  const width = BAR_WIDTHS.find((width) => `[] ${facts}`.length + width <= room);
  const first = width === undefined
    ? facts
    : `${drawBar(state.scanComplete ? doneFraction(state) : 0, width)} ${facts}`;
  const below = Math.min(room, cells - Math.ceil(first.length / (LEAST_COLUMNS - 1)) * (LEAST_COLUMNS - 1));
  const path = rows > 1 ? shortenPath(state.currentPath, below) : "";
  return path === "" ? [first] : [first, path];
}

function drawBar(fraction: number, width: number): string {
  return `[${"#".repeat(Math.floor(fraction * width)).padEnd(width, "-")}]`;
}

/** As many whole facts as fit, and the beginning of the first one where it is too long. */
function fitFacts(facts: readonly string[], room: number): string {
  let line = facts[0];
  for (const fact of facts.slice(1)) {
    if (`${line}, ${fact}`.length > room) break;
    line += `, ${fact}`;
  }
  return line.slice(0, room);
}
