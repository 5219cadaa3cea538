/**
 * Small charts in text.
 *
 * @module
 */

/** A block and its parts, from one eighth to the whole. */
const HORIZONTAL = "▏▎▍▌▋▊▉█";
const VERTICAL = "▁▂▃▄▅▆▇█";

/**
 * A bar of up to `width` characters. What is not nothing shows, however little it is.
 *
 * @param part 0 to 1
 */
export function drawBar(part: number, width: number): string {
  const eighths = part > 0 ? Math.max(1, Math.round(Math.min(part, 1) * width * 8)) : 0;
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : HORIZONTAL[rest - 1]);
}

/** One character a value, the newest `width` of them, each as high as its part of the largest. */
export function drawSparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const largest = Math.max(...shown, Number.MIN_VALUE);
  return shown.map((value) => VERTICAL[Math.min(7, Math.floor(Math.max(0, value) / largest * 8))]).join("");
}
