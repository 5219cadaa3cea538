/**
 * Rows in columns that fit a terminal.
 *
 * @module
 */

/** A column whose cells are known. */
export interface TextColumn {
  readonly title: string;
  readonly cells: readonly string[];
  /** @default "right", as numbers are */
  readonly align?: "left" | "right";
  /** Where there is not enough room, the column with the highest rank goes first; those without one stay. */
  readonly rank?: number;
}

/** A column that takes the room that is left: a chart. */
export interface FlexibleColumn {
  readonly title: string;
  readonly draw: (row: number, width: number) => string;
  readonly leastWidth: number;
  readonly mostWidth: number;
  readonly rank?: number;
}

/** One column. */
export type Column = TextColumn | FlexibleColumn;

const GAP = "  ";

/**
 * The rows with their titles above, each as one line of at most `width` characters. Columns with a rank are left out until the
 * rest fits; what is still too long is cut.
 */
export function renderColumns(columns: readonly Column[], rows: number, width: number): string[] {
  const shown = fit(columns, width);
  const widths = shown.map(leastWidthOf);
  const room = Math.max(0, width - totalWidth(shown));
  const texts = shown.map((column, i) => {
    if (!isFlexible(column)) return cellsOf(column, widths[i]);
    const chartWidth = Math.min(column.mostWidth, widths[i] + room);
    const cells = Array.from({ length: rows }, (_, row) => column.draw(row, chartWidth).padEnd(chartWidth));
    return [column.title.padEnd(chartWidth), ...cells];
  });
  return Array.from({ length: rows + 1 }, (_, line) => cut(texts.map((cells) => cells[line]).join(GAP), width));
}

function fit(columns: readonly Column[], width: number): readonly Column[] {
  let shown = columns;
  while (totalWidth(shown) > width) {
    const rank = Math.max(...shown.map((column) => column.rank ?? 0));
    if (rank === 0) break;
    shown = shown.filter((column) => column.rank !== rank);
  }
  return shown;
}

function totalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + leastWidthOf(column), GAP.length * (columns.length - 1));
}

function leastWidthOf(column: Column): number {
  const length = isFlexible(column) ? column.leastWidth : Math.max(0, ...column.cells.map((cell) => cell.length));
  return Math.max(column.title.length, length);
}

function cellsOf({ title, cells, align = "right" }: TextColumn, width: number): string[] {
  return [title, ...cells].map((cell) => align === "left" ? cell.padEnd(width) : cell.padStart(width));
}

function cut(line: string, width: number): string {
  const text = line.trimEnd();
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function isFlexible(column: Column): column is FlexibleColumn {
  return "draw" in column;
}
