/**
 * What Deno and `node:fs` know of an entry, as {@linkcode Stat}.
 *
 * @module
 */

import type { Stats } from "node:fs";
import type { EntryKind, Stat, Times } from "./types.ts";

/** Times are `Date`s here: whole milliseconds. */
export const TIME_STEP_NANOSECONDS = 1_000_000;
const INODE_HALF = 0x1_0000_0000;
/** POSIX counts allocated space in units of this, whatever the file system's own block is. */
const BLOCK_BYTES = 512;

/** Converts what Deno tells of an entry; what the platform does not know is 0. */
export function toStat(info: Deno.FileInfo): Stat {
  const kind = kindOf(info);
  const size = kind === "file" || kind === "symlink" ? info.size : 0;
  const mtimeMs = info.mtime?.getTime() ?? 0;
  const ctimeMs = info.ctime?.getTime() ?? 0;
  const mtimeSeconds = Math.floor(mtimeMs / 1000);
  const ctimeSeconds = Math.floor(ctimeMs / 1000);
  const ino = info.ino ?? 0;
  const inoHigh = Math.floor(ino / INODE_HALF);
  return {
    kind,
    size,
    mode: (info.mode ?? 0) & 0o7777,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    mtimeSeconds,
    mtimeNanoseconds: (mtimeMs - mtimeSeconds * 1000) * TIME_STEP_NANOSECONDS,
    ctimeSeconds,
    ctimeNanoseconds: (ctimeMs - ctimeSeconds * 1000) * TIME_STEP_NANOSECONDS,
    stampNanoseconds: stampNanoseconds(info.birthtime, mtimeMs),
    dev: info.dev,
    inoHigh,
    inoLow: ino - inoHigh * INODE_HALF,
    nlink: countLinks(ino, info.nlink),
    rdev: kind === "block-device" || kind === "character-device" ? info.rdev ?? 0 : 0,
    allocatedBytes: info.blocks === null ? size : info.blocks * BLOCK_BYTES,
  };
}

/** Converts what `node:fs` tells of an open regular file. Its `Date`s are a millisecond off before 1970. */
export function fromNodeStats(stats: Stats): Stat {
  const isKind = { isFile: stats.isFile(), isDirectory: false, isSymlink: false };
  const isSpecial = { isFifo: null, isSocket: null, isBlockDevice: null, isCharDevice: null };
  const dates = {
    mtime: new Date(stats.mtimeMs),
    atime: null,
    ctime: new Date(stats.ctimeMs),
    birthtime: stats.birthtimeMs > 0 ? new Date(stats.birthtimeMs) : null,
  };
  return toStat({ ...stats, ...isKind, ...isSpecial, ...dates });
}

/** A time in the unit and precision that can be set. */
export function toDate(times: Times): Date {
  return new Date(times.mtimeSeconds * 1000 + Math.floor(times.mtimeNanoseconds / TIME_STEP_NANOSECONDS));
}

/** Whether two records are of the same file. Where there are no inode numbers nothing speaks against it. */
export function isSameFile(a: Stat, b: Stat): boolean {
  if (a.inoLow === 0 && a.inoHigh === 0) return true;
  return a.inoLow === b.inoLow && a.inoHigh === b.inoHigh && a.dev === b.dev;
}

function kindOf(info: Deno.FileInfo): EntryKind {
  if (info.isFile) return "file";
  if (info.isDirectory) return "directory";
  if (info.isSymlink) return "symlink";
  if (info.isFifo) return "fifo";
  if (info.isSocket) return "socket";
  if (info.isBlockDevice) return "block-device";
  return info.isCharDevice ? "character-device" : "unknown";
}

/**
 * The change time has whole seconds in Deno; the birth time is stamped by the same clock and has milliseconds. One that is the
 * modification time as well is no second witness: of what was just created, one in a thousand has a whole second.
 */
function stampNanoseconds(birthtime: Date | null, mtimeMs: number): number {
  const ms = birthtime?.getTime();
  if (ms === undefined || ms === mtimeMs) return TIME_STEP_NANOSECONDS; // unknown is no evidence of whole seconds
  return (ms - Math.floor(ms / 1000) * 1000) * TIME_STEP_NANOSECONDS;
}

/**
 * An inode number above 2^53 arrives rounded (`node:fs` rounds it as well), so two files can seem to be one. Better to
 * copy one content twice than to link different contents.
 */
function countLinks(ino: number, nlink: number | null): number {
  return Number.isSafeInteger(ino) ? nlink ?? 1 : 1;
}
