/**
 * Numbers for people.
 *
 * @module
 */

import { TOOL_LABELS } from "./peers.ts";
import type { Spread } from "./statistics.ts";
import type { Target } from "./workloads.ts";

/** `8.4 ms`, `523 ms`, `1.92 s`, `75.3 s`. */
export function formatMs(ms: number): string {
  if (Math.abs(ms) < 10) return `${ms.toFixed(1)} ms`;
  if (Math.abs(ms) < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}

/** Whole numbers with separators: `123,456`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** Memory in MiB: `45 MiB`, below ten with a digit more. */
export function formatMib(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  return `${mib.toFixed(mib < 9.95 ? 1 : 0)} MiB`;
}

/** Ratios with two digits; small ones with three. */
export function formatRatio(ratio: number): string {
  return ratio.toFixed(ratio < 0.0995 ? 3 : 2);
}

/** A target as a sentence: `at most 0.33 of rsync -a`. */
export function formatTarget(target: Target): string {
  switch (target.kind) {
    case "ratio":
      return `at most ${target.atMost.toFixed(2)} of ${TOOL_LABELS[target.against]}`;
    case "difference":
      return `at most ${formatMs(target.atMostMs)} more than ${TOOL_LABELS[target.against]}`;
    case "first-byte":
      return `first byte within ${formatMs(target.atMostMs)}`;
    case "memory":
      return `peak memory at most ${formatMib(target.atMostBytes)}`;
  }
}

/** What was measured for a target, in its unit: `0.27 (0.25 to 0.31)`. */
export function formatValue(target: Target, value: Spread): string {
  const format = target.kind === "ratio" ? formatRatio : target.kind === "memory" ? formatMib : formatMs;
  return `${format(value.median)} (${format(value.min)} to ${format(value.max)})`;
}
