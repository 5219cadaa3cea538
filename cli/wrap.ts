/**
 * Breaks text into lines.
 *
 * @module
 */

/**
 * Breaks a text at spaces so that no line is wider than `columns`, unless one word is.
 *
 * @param first What the first line begins with; the text follows it at once.
 * @param next What every other line begins with.
 */
export function wrap(text: string, columns: number, first = "", next = ""): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      [line, empty] = [next, true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join("\n");
}
