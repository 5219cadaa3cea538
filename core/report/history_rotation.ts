/**
 * Keeping the history small and readable, while others append to it without a lock.
 *
 * Who has opened a file may write to it after it was renamed. So the newest file becomes the old one by renaming, and a line that
 * comes late is still in the history. Where a file has to leave the history (it is damaged, or larger than Blit makes it), it
 * is renamed first and read then; who has written to it finds that out and writes once more (`history.ts`).
 *
 * @module
 */

import {
  type HistoryFiles,
  inDirectory,
  openIfPresent,
  readTail,
  removeIfPresent,
  replaceFile,
  withLock,
} from "./history_files.ts";
import { parseRun, type RunRecord, runTime } from "./run_record.ts";

/** Size that both files together never exceed: at most 2,800 runs, the newest 1,400 at least. */
export const HISTORY_BYTES = 1024 * 1024;
/** Size of one of them. */
export const FILE_BYTES = HISTORY_BYTES / 2;
/** Room for what others write in the moment in which one rotates: a hundred lines. */
const MARGIN_BYTES = 32 * 1024;
/** Damaged files that are kept; a disk that damages one after another must not fill up with them. */
const MOST_SET_ASIDE = 3;
const SET_ASIDE = /^perf_local\.damaged-[\dTZ-]+\.jsonl(?:\.tmp)?$/;

/** What lines are. `kept` are those that stay: runs, and what a later version wrote. */
export interface ParsedLines {
  readonly runs: RunRecord[];
  readonly kept: string[];
  readonly damaged: number;
}

/** Parses whole lines. */
export function parseLines(text: string): ParsedLines {
  const runs: RunRecord[] = [];
  const kept: string[] = [];
  let damaged = 0;
  for (const line of splitLines(text)) {
    const parsed = parseRun(line);
    if (parsed.kind === "run") runs.push(parsed.run);
    if (parsed.kind === "damaged") damaged++;
    else kept.push(line);
  }
  return { runs, kept, damaged };
}

function splitLines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/**
 * Makes the newest file the old one where a line of so many bytes would not fit any more. While somebody else holds the lock
 * there is room for more, so nobody waits.
 *
 * @returns whether the line may be written
 */
export function makeRoom(files: HistoryFiles, bytes: number): boolean {
  const isFull = (): boolean => sizeOf(files.current) + bytes > FILE_BYTES - MARGIN_BYTES;
  if (!isFull()) return true;
  try {
    withLock(files.directory, () => isFull() && rotate(files), 0);
  } catch {
    // Somebody else is at it, or it cannot be done. Its limit holds only where the lock is free now and then.
  }
  return sizeOf(files.current) + bytes <= HISTORY_BYTES;
}

function rotate(files: HistoryFiles): void {
  const { current, old } = files;
  if (sizeOf(current) <= FILE_BYTES) return Deno.renameSync(current, old);
  // Larger than Blit makes it. Whoever wrote it, its newest part counts, and the rest is never read.
  const leaving = `${current}.tmp`;
  Deno.renameSync(current, leaving);
  replaceFile(old, newestLines([readNewest(old), readNewest(leaving)].flatMap(splitLines)));
  Deno.removeSync(leaving);
}

/**
 * Sets aside the files that have lines which cannot be read, at most their newest half MiB; the other lines stay. Call it under
 * the lock.
 *
 * @returns how many lines were left out, and the paths of what was set aside
 */
export function setDamagedAside(files: HistoryFiles): { damaged: number; aside: string[] } {
  let damaged = 0;
  const aside: string[] = [];
  const lines: string[] = [];
  for (const path of [files.old, files.current]) {
    const isDamaged = parseLines(readNewest(path)).damaged > 0;
    if (!isDamaged && path === files.current) break; // it stays as it is
    const text = isDamaged ? moveAside(files, path, aside) : readNewest(path);
    const found = parseLines(text);
    lines.push(...found.kept);
    damaged += found.damaged;
  }
  if (aside.length > 0) replaceFile(files.old, newestLines(lines));
  return { damaged, aside };
}

/** Returns what is in it, as far as it is read. */
function moveAside(files: HistoryFiles, path: string, aside: string[]): string {
  const taken = setAsideNames(files);
  const stamp = runTime(new Date()).replaceAll(":", "").replaceAll("-", "");
  let name = `perf_local.damaged-${stamp}.jsonl`;
  for (let i = 2; taken.includes(name); i++) name = `perf_local.damaged-${stamp}-${i}.jsonl`;
  const moved = inDirectory(files.home, name);
  Deno.renameSync(path, moved);
  aside.push(moved);
  for (const oldest of taken.slice(0, Math.max(0, taken.length + 1 - MOST_SET_ASIDE))) {
    removeIfPresent(inDirectory(files.home, oldest));
  }
  const text = readNewest(moved);
  if (sizeOf(moved) > FILE_BYTES) replaceFile(moved, text);
  return text;
}

/** Removes everything but the lock. Call it under the lock. */
export function removeHistory(files: HistoryFiles): void {
  const { current, old, home } = files;
  for (const path of [current, old]) {
    removeIfPresent(path);
    removeIfPresent(`${path}.tmp`);
  }
  for (const name of setAsideNames(files)) removeIfPresent(inDirectory(home, name));
}

/** The oldest first. */
function setAsideNames({ home }: HistoryFiles): string[] {
  return [...Deno.readDirSync(home)].map(({ name }) => name).filter((name) => SET_ASIDE.test(name)).sort();
}

function readNewest(path: string): string {
  using file = openIfPresent(path);
  return file === undefined ? "" : readTail(file, FILE_BYTES);
}

/** As many of the last lines as one file holds. */
function newestLines(lines: readonly string[]): string {
  let first = lines.length;
  for (let bytes = 0; first > 0; first--) {
    bytes += lines[first - 1].length + 1;
    if (bytes > FILE_BYTES - MARGIN_BYTES) break;
  }
  return lines.slice(first).map((line) => `${line}\n`).join("");
}

/** 0 where there is none. A directory or a FIFO has no size either, and is refused by whoever opens it. */
function sizeOf(path: string): number {
  try {
    const { size, isFile } = Deno.statSync(path);
    return isFile ? size : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
