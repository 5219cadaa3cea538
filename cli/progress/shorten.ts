/**
 * Paths that fit into a number of columns.
 *
 * @module
 */

import stringWidth from "string-width";
import { cleanText } from "../../core/paths/bytes.ts";

/** Stands for what was left out; plain ASCII, as every terminal shows it with the width it has here. */
const GAP = "...";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * A path that takes at most so many columns, without control characters. Directories in its middle go first, then those at
 * its beginning, and the middle of its name last; no grapheme is split.
 */
export function shortenPath(path: string, columns: number): string {
  const text = cleanText(path);
  if (stringWidth(text) <= columns) return text;
  const [first, ...rest] = text.split("/");
  return joinFitting(`${first}/${GAP}`, rest.slice(1), columns) ?? joinFitting(GAP, rest, columns) ??
    shortenName(rest.at(-1) ?? first, columns);
}

/** A beginning and as many of the last components as fit, `undefined` where not even the last one does. */
function joinFitting(start: string, components: readonly string[], columns: number): string | undefined {
  for (let left = 0; left < components.length; left++) {
    const text = [start, ...components.slice(left)].join("/");
    if (stringWidth(text) <= columns) return text;
  }
  return undefined;
}

/** Cuts out the middle: the end of a name often tells more. */
function shortenName(name: string, columns: number): string {
  if (stringWidth(name) <= columns) return name;
  if (columns <= GAP.length) return GAP.slice(0, Math.max(0, columns));
  const pieces = Array.from(graphemes.segment(name), ({ segment }) => segment);
  const room = columns - GAP.length;
  const end = takeFitting(pieces.toReversed(), Math.floor(room / 2)).reverse().join("");
  return takeFitting(pieces, room - stringWidth(end)).join("") + GAP + end;
}

/** The first graphemes, as many as fit. */
function takeFitting(pieces: readonly string[], columns: number): string[] {
  let taken = 0;
  let width = 0;
  while (taken < pieces.length && (width += stringWidth(pieces[taken])) <= columns) taken++;
  return pieces.slice(0, taken);
}
