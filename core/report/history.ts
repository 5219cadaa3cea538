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
  inDirectory,
  isAllowed,
  openForAppending,
  readTail,
  removeIfPresent,
  replaceFile,
  withLock,
  writeNewFile,
} from "./history_files.ts";
import { formatRun, parseRun, type RunRecord, runTime } from "./run_record.ts";

/** Size that the history never exceeds: about 3,400 runs. */
export const HISTORY_BYTES = 1024 * 1024;
/** What a rotation keeps, the newest lines. */
const KEPT_BYTES = HISTORY_BYTES / 2;
/** Damaged histories that are kept; a disk that damages one after another must not fill up with them. */
const MOST_SET_ASIDE = 3;
const SET_ASIDE = /^perf_local\.damaged-[\dTZ-]+\.jsonl$/;
const LINE_BREAK = 0x0a;

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
 * Appends a run, with one write. Creates the directory where it is missing; replaces the history by its newest half before it
 * would exceed {@linkcode HISTORY_BYTES}. Whether a history is wanted is the caller's question (`isEnabled`).
 *
 * Never throws, and never waits for more than about 150 ms. `false` when the run is not in the history: others held the lock,
 * a permission is missing, the disk is full, or the record does not fit the schema.
 */
export function appendRun(directory: string, record: RunRecord): boolean {
  try {
    const line = formatRun(record);
    if (line === undefined || !isAllowed(directory, "write")) return false;
    ensureDirectory(directory);
    return withLock(directory, () => appendLine(inDirectory(directory, HISTORY_FILE), line));
  } catch {
    return false; // a run that succeeded does not fail for its record
  }
}

/**
 * Reads past runs. A line that is none is left out; the file with it is set aside as `perf_local.damaged-<time>.jsonl`, a new
 * one gets the good lines, and the notice says so. Runs of a later schema stay in the file and are skipped.
 *
 * Never throws. Without a history, or without permission to read it, there are no runs. Waits for the lock only to set a
 * damaged history aside; when others hold it for 150 ms, that is left to the next reader.
 */
export function readRuns(directory: string, options: ReadRunsOptions = {}): PastRuns {
  const { newestBytes = HISTORY_BYTES, mayRepair = true } = options;
  const path = inDirectory(directory, HISTORY_FILE);
  try {
    if (!isAllowed(directory, "read")) return { runs: [] };
    const { runs, damaged } = parseLines(readTail(path, newestBytes));
    // Without the lock the last line may be one that is just being written, so the second look decides.
    return damaged === 0 || !mayRepair ? { runs } : { runs, ...setAside(directory, path) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { runs: [] };
    const reason = portableError(error, "read the history of past runs", path);
    return { runs: [], notice: reason.message, error: reason };
  }
}

/**
 * Forgets all runs, also those in damaged files that were set aside.
 *
 * @throws {BlitError} when it cannot; with the code "busy" after waiting for others for about 150 ms
 */
export function clearRuns(directory: string): void {
  const path = inDirectory(directory, HISTORY_FILE);
  try {
    withLock(directory, () => {
      removeIfPresent(path);
      removeIfPresent(`${path}.tmp`);
      for (const name of setAsideNames(directory)) removeIfPresent(inDirectory(directory, name));
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // no directory, nothing to forget
    throw portableError(error, "clear the history of past runs", path);
  }
}

/** Call it under the lock. */
function appendLine(path: string, line: string): boolean {
  const bytes = new TextEncoder().encode(line);
  rotateFor(path, bytes.length);
  using file = openForAppending(path);
  const { size } = file.statSync();
  // A line that a crash has torn must not take the next one with it.
  const whole = endsWithLineBreak(file, size) ? bytes : new Uint8Array([LINE_BREAK, ...bytes]);
  if (writeOnce(file, whole)) return true;
  file.truncateSync(size);
  return false;
}

function writeOnce(file: Deno.FsFile, bytes: Uint8Array): boolean {
  try {
    return file.writeSync(bytes) === bytes.length;
  } catch {
    return false; // a full disk is the usual reason, and the caller undoes what part was written
  }
}

function endsWithLineBreak(file: Deno.FsFile, size: number): boolean {
  if (size === 0) return true;
  const last = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  return file.readSync(last) === 1 && last[0] === LINE_BREAK;
}

function rotateFor(path: string, bytes: number): void {
  const { size, isFile } = statIfPresent(path) ?? { size: 0, isFile: true };
  // One more for the line break after a torn line.
  if (isFile && size + bytes + 1 > HISTORY_BYTES) replaceFile(path, readTail(path, KEPT_BYTES));
}

function statIfPresent(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Sets the history aside, unless a look under the lock finds it whole. */
function setAside(directory: string, path: string): { notice?: string } {
  const left = (damaged: number): string =>
    `${damaged} ${damaged === 1 ? "line" : "lines"} of the history of past runs`;
  let damaged = 0;
  try {
    if (!isAllowed(directory, "write")) throw new Deno.errors.NotCapable("No permission to write");
    const name = withLock(directory, () => {
      const found = parseLines(readTail(path, HISTORY_BYTES));
      damaged = found.damaged;
      return damaged === 0 ? undefined : replaceDamaged(directory, path, found.kept);
    });
    if (name === undefined) return {};
    return { notice: `Left out ${left(damaged)} that could not be read; the damaged file is now "${name}"` };
  } catch (error) {
    if (error instanceof BlitError && error.code === "busy") return {}; // the next reader finds it again
    return { notice: portableError(error, "set aside the damaged history of past runs", path).message };
  }
}

/** Returns the path of what was set aside. */
function replaceDamaged(directory: string, path: string, lines: string[]): string {
  const stamp = runTime(new Date()).replaceAll(":", "").replaceAll("-", "");
  const taken = setAsideNames(directory);
  let name = `perf_local.damaged-${stamp}.jsonl`;
  for (let i = 2; taken.includes(name); i++) name = `perf_local.damaged-${stamp}-${i}.jsonl`;
  const temporary = `${path}.tmp`;
  writeNewFile(temporary, lines.map((line) => `${line}\n`).join(""));
  Deno.renameSync(path, inDirectory(directory, name));
  Deno.renameSync(temporary, path);
  for (const old of taken.slice(0, Math.max(0, taken.length + 1 - MOST_SET_ASIDE))) {
    removeIfPresent(inDirectory(directory, old));
  }
  return inDirectory(directory, name);
}

/** The oldest first. */
function setAsideNames(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => SET_ASIDE.test(name)).sort();
}

/** `kept` are the lines that stay: runs, and what a later version wrote. */
function parseLines(text: string): { runs: RunRecord[]; kept: string[]; damaged: number } {
  const runs: RunRecord[] = [];
  const kept: string[] = [];
  let damaged = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const parsed = parseRun(line);
    if (parsed.kind === "run") runs.push(parsed.run);
    if (parsed.kind === "damaged") damaged++;
    else kept.push(line);
  }
  return { runs, kept, damaged };
}
