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

/** What is drawn, for whom. */
export interface PictureOptions {
  readonly verb: Verb;
  /** The width of the terminal. Its last column stays free: filling it makes some terminals wrap. */
  readonly columns: number;
}

/** One or two lines, each narrower than the terminal. The bar fills once it is known how much there is. */
export function drawPicture(
  state: ProgressState & { currentPath: string },
  rate: ProgressRate,
  { verb, columns }: PictureOptions,
): string[] {
  const room = Math.max(0, columns - 1);
  const facts = fitFacts(progressFacts(state, rate, { verb }), room);
  const width = BAR_WIDTHS.find((width) => `[] ${facts}`.length + width <= room);
  const first = width === undefined
    ? facts
    : `${drawBar(state.scanComplete ? doneFraction(state) : 0, width)} ${facts}`;
  const path = shortenPath(state.currentPath, room);
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
