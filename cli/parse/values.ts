/**
 * Text after a flag -> a number, or a usage error that shows the accepted forms.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";

const SIZE = /^(\d+(?:\.\d+)?)(?:([KMGTP])(?:iB)?|B)?$/i;
const SIZE_UNITS: Readonly<Record<string, number>> = {
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
  P: 1024 ** 5,
};
const DURATION = /^(\d+(?:\.\d+)?)([smhdw])$/i;
const DURATION_UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Bytes from `100`, `10K`, `10KiB`, `1.5M`, `2G`; units are powers of 1,024. */
export function parseSize(flag: string, text: string): number {
  const match = SIZE.exec(text);
  const bytes = match ? Math.round(Number(match[1]) * (SIZE_UNITS[match[2]?.toUpperCase() ?? ""] ?? 1)) : NaN;
  return requireSafe(bytes, flag, text, "Sizes look like 100, 10K, 10KiB, 1.5M or 2G, in units of 1,024");
}

/** Milliseconds from `30s`, `10m`, `2h`, `7d`, `1w`. */
export function parseDuration(flag: string, text: string): number {
  const match = DURATION.exec(text);
  const ms = match ? Math.round(Number(match[1]) * DURATION_UNITS[match[2].toLowerCase()]) : NaN;
  return requireSafe(ms, flag, text, "Times look like 30s, 10m, 2h, 7d or 1w");
}

/** The same for waiting, where a number alone is seconds. */
export function parseWait(flag: string, text: string): number {
  return parseDuration(flag, /^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
}

/** A whole number, 0 or more. */
export function parseCount(flag: string, text: string): number {
  return requireSafe(/^\d+$/.test(text) ? Number(text) : NaN, flag, text, "It must be a whole number, 0 or more");
}

function requireSafe(value: number, flag: string, text: string, hint: string): number {
  if (Number.isSafeInteger(value)) return value;
  const reason = Number.isNaN(value) ? "the value cannot be read" : "the value is too large";
  throw new BlitError("usage", `Cannot use --${flag} "${text}": ${reason}`, { hint });
}
