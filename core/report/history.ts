/**
 * The history of past runs: one line for a run, at most 1 MiB, written by any number of processes at once.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { portableError } from "../fs/portable_errors.ts";
import {
  ensureDirectory,
  HISTORY_FILE,
  type HistoryFiles,
  inDirectory,
  isAllowed,
  LINE_BREAK,
  locateHistory,
  openForAppending,
  openIfPresent,
  readTail,
  withLock,
} from "./history_files.ts";
import { HISTORY_BYTES, makeRoom, parseLines, removeHistory, setDamagedAside } from "./history_rotation.ts";
import { formatRun, type RunRecord } from "./run_record.ts";

/** A line is written once more when its file has left the history between opening and writing. */
const MOST_TRIES = 2;

/** What {@linkcode readRuns} found. */
export interface PastRuns {
  /** The oldest first. */
  readonly runs: RunRecord[];
  /** Something that the user should know, one sentence without a final period. */
  readonly notice?: string;
  /** What the notice says, where there is a history and it could not be read. */
  readonly error?: BlitError;
}

/** Options of {@linkcode readRuns}. */
export interface ReadRunsOptions {
  /**
   * Bytes from the end of the history that are looked at; a run takes about 300. Reading all of it takes 10 to 30 ms, the
   * newest 32 KiB below 2 ms.
   * @default 1 MiB, all of it
   */
  readonly newestBytes?: number;
  /**
   * Whether a damaged history may be set aside; otherwise nothing is written and its bad lines are left out without a word.
   * @default true
   */
  readonly mayRepair?: boolean;
}

/**
 * Appends a run, with one write, which local file systems do not mix with those of others. Creates the directory where it is
 * missing; rotates before the history would exceed 1 MiB. Whether a history is wanted is the caller's question (`isEnabled`).
 *
 * Never throws, and waits for nobody. `false` when the run is not in the history: a permission is missing, the disk is full, or
 * the record does not fit the schema.
 */
export function appendRun(directory: string, record: RunRecord): boolean {
  try {
    const line = formatRun(record);
    if (line === undefined || !isAllowed(directory, "write")) return false;
    ensureDirectory(directory);
    const files = locateHistory(directory);
    if (!isAllowed(files.home, "write")) return false;
    const bytes = new TextEncoder().encode(line);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (!makeRoom(files, bytes.length)) return false;
      if (appendLine(files, bytes)) return true;
    }
    return false;
  } catch {
    return false; // a run that succeeded does not fail for its record
  }
}

/**
 * Reads past runs. A line that is none is left out; the file with it is set aside as `perf_local.damaged-<time>.jsonl`, its good
 * lines stay in the history, and the notice says so. Runs of a later schema stay in the file and are skipped.
 *
 * Never throws. Without a history, or without permission to read it, there are no runs. Waits for the lock only to set
 * something aside; when others hold it for 150 ms, that is left to the next reader.
 */
export function readRuns(directory: string, options: ReadRunsOptions = {}): PastRuns {
  const { newestBytes = HISTORY_BYTES, mayRepair = true } = options;
  try {
    if (!isAllowed(directory, "read")) return { runs: [] };
    const files = locateHistory(directory);
    if (!isAllowed(files.home, "read")) return { runs: [] };
    const { runs, damaged } = parseLines(readNewest(files, newestBytes));
    return damaged === 0 || !mayRepair ? { runs } : { runs, ...repair(files) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { runs: [] };
    const reason = portableError(error, "read the history of past runs", inDirectory(directory, HISTORY_FILE));
    return { runs: [], notice: reason.message, error: reason };
  }
}

/**
 * Forgets all runs, also those in damaged files that were set aside, and those behind a symbolic link; the link stays.
 *
 * @throws {BlitError} when it cannot; with the code "busy" after waiting for others for about 150 ms
 */
export function clearRuns(directory: string): void {
  try {
    withLock(directory, () => removeHistory(locateHistory(directory)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // no directory, nothing to forget
    throw portableError(error, "clear the history of past runs", inDirectory(directory, HISTORY_FILE));
  }
}

/** Returns whether the line is in the history: the file may have left it between opening and writing. */
function appendLine({ current, old }: HistoryFiles, bytes: Uint8Array): boolean {
  using file = openForAppending(current);
  const info = file.statSync();
  // A line that a crash or a full disk has torn must not take the next one with it.
  const whole = endsWithLineBreak(file, info.size) ? bytes : new Uint8Array([LINE_BREAK, ...bytes]);
  if (file.writeSync(whole) !== whole.length) throw new Error("The disk is full");
  // Looked up in this order: a file goes from the first place to the second, never back.
  return isAt(current, info) || isAt(old, info);
}

function isAt(path: string, { dev, ino }: Deno.FileInfo): boolean {
  if (ino === null) return true; // files without a number cannot be told apart
  try {
    const there = Deno.statSync(path);
    return there.ino === ino && there.dev === dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function endsWithLineBreak(file: Deno.FsFile, size: number): boolean {
  if (size === 0) return true;
  const last = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  return file.readSync(last) === 1 && last[0] === LINE_BREAK;
}

/** The last whole lines of both files. */
function readNewest(files: HistoryFiles, mostBytes: number): string {
  using current = openIfPresent(files.current);
  using old = openIfPresent(files.old);
  const { size, ino } = current?.statSync() ?? { size: 0, ino: null };
  const newest = current === undefined ? "" : readTail(current, mostBytes);
  // Where the first became the second between the two, it is read once.
  if (old === undefined || size >= mostBytes || (ino !== null && old.statSync().ino === ino)) return newest;
  return readTail(old, mostBytes - size) + newest;
}

/** Sets aside what is damaged, and says so. */
function repair(files: HistoryFiles): { notice?: string } {
  try {
    if (!isAllowed(files.home, "write")) throw new Deno.errors.NotCapable("No permission to write");
    const { damaged, aside } = withLock(files.directory, () => setDamagedAside(files));
    if (damaged === 0) return {}; // somebody else was faster
    const left = `${damaged} ${damaged === 1 ? "line" : "lines"} of the history of past runs`;
    return { notice: `Left out ${left} that could not be read; the damaged file is now "${aside.join('", "')}"` };
  } catch (error) {
    if (error instanceof BlitError && error.code === "busy") return {}; // the next reader finds it again
    return { notice: portableError(error, "set aside the damaged history of past runs", files.current).message };
  }
}
