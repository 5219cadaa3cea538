/**
 * Numbers for people.
 *
 * @module
 */

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1 byte`, `512 bytes`, `1.5 KiB`, `12 MiB`: three digits at most, in units of 1,024. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return formatCount(bytes, "byte", "bytes");
  let value = bytes;
  let unit = 0;
  // 1,023.6 would round to 1,024, which is 1 of the next unit.
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `1 file`, `1,204 files`. */
export function formatCount(count: number, one: string, many: string): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** `1,204`. */
export function formatNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `0.24 s`, `3.4 s`, `12 s`, `3 min 04 s`, `2 h 05 min`. */
export function formatElapsed(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor(whole / 60) % 60)} min`;
}

/** `0.4 ms`, `12 ms`, `250 ms`; from a second on as {@linkcode formatElapsed} has it. */
export function formatShort(ms: number): string {
  if (ms >= 999.5) return formatElapsed(ms);
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `0.4 ns`, `12 ns`, `1.2 µs`, `250 µs`, `3.1 ms`: what one of many costs. */
export function formatCost(ns: number): string {
  const [value, unit] = ns < 999.5 ? [ns, "ns"] : ns < 999_500 ? [ns / 1e3, "µs"] : [ns / 1e6, "ms"];
  return `${value < 9.95 ? value.toFixed(1) : formatNumber(Math.round(value))} ${unit}`;
}

/** `310 MiB/s`. */
export function formatRate(bytes: number, ms: number): string {
  return `${formatBytes(Math.round(bytes / (Math.max(ms, 1) / 1000)))}/s`;
}

/** `12%`, or `+12%` where a sign is asked for. Beyond 999% the exact number says nothing. */
export function formatPercent(part: number, { sign = false } = {}): string {
  const percent = Math.round(Math.abs(part) * 100);
  const prefix = !sign || percent === 0 ? "" : part < 0 ? "-" : "+";
  return percent > 999 ? `${prefix}>999%` : `${prefix}${percent}%`;
}

/** `2026-01-31 13:00`, where the clock of this machine is. */
export function formatTime(moment: Date): string {
  const date = [moment.getFullYear(), twoDigits(moment.getMonth() + 1), twoDigits(moment.getDate())].join("-");
  return `${date} ${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
}

/** `2026-01-31T12:00:00.123456789Z`. Years beyond 9999 have a sign and six digits. */
export function formatIsoTime(seconds: number, nanoseconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `@${seconds}.${String(nanoseconds).padStart(9, "0")}`;
  return date.toISOString().replace(/\.\d{3}Z$/, `.${String(nanoseconds).padStart(9, "0")}Z`);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
