/**
 * The lines at the end of a terminal that are drawn again and again, whatever becomes of its width in between.
 *
 * The cursor rests at the first column of the first line. When a narrower terminal breaks the lines into more rows, all of
 * them are below the cursor, and when it cuts them off instead there is nothing more; from the cursor downwards everything is
 * ours in either case, and nothing above it ever is. (After lines that end with the cursor behind them, nobody could tell how
 * many rows there are above it.)
 *
 * What is drawn must not take more rows than the terminal has, whatever its width becomes: then its beginning would leave the
 * screen upwards, and the place of the cursor with it. See `LEAST_COLUMNS` of `picture.ts`.
 *
 * @module
 */

import type { Io } from "../io.ts";
import type { TextWriter } from "../text_writer.ts";

/** Erases from the cursor to the end of its row, and to the end of the screen. */
const CLEAR_RIGHT = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
/** One column to the right: what is erased from the first column of the first row on, tmux keeps in its history. */
const RIGHT = "\x1b[C";
/** Without wrapping, a character that is wider than it was taken for costs the end of a row and not its place. */
const WRAP_OFF = "\x1b[?7l";
const WRAP_ON = "\x1b[?7h";

/** The terminal as `cli-progress` wants it. Drawing is one write, so that no half of it can stay behind. */
export class BarTerminal {
  readonly #io: Io;
  readonly #stream: TextWriter;

  /** Creates a terminal, by default on standard error; nothing is written yet. */
  constructor(io: Io, stream: TextWriter = io.stderr) {
    this.#io = io;
    this.#stream = stream;
  }

  /** Always; nobody creates one elsewhere. */
  isTTY(): boolean {
    return true;
  }

  /** Columns, as they are now. */
  getWidth(): number {
    return this.#io.columns() ?? 80;
  }

  /** Draws lines over those before. */
  write(text: string): void {
    const lines = text.split("\n");
    const up = lines.length > 1 ? `\x1b[${lines.length - 1}A` : "";
    const drawn = lines.map((line) => line + CLEAR_RIGHT).join("\r\n");
    this.#stream.write(`${WRAP_OFF}\r${drawn}${CLEAR_BELOW}${up}\r${WRAP_ON}`);
  }

  /** Takes them away. */
  clearLine(): void {
    this.#stream.write(`\r${CLEAR_RIGHT}${RIGHT}${CLEAR_BELOW}\r`);
  }

  /** Nothing to do: every drawing begins and ends where the cursor is. */
  cursorTo(): void {}
  /** As {@linkcode cursorTo}; positions that a terminal saves are wrong once it has scrolled. */
  cursorSave(): void {}
  /** As {@linkcode cursorSave}. */
  cursorRestore(): void {}
  /** Drawing has done it. */
  clearRight(): void {}
}
