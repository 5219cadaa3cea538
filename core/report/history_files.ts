/**
 * The files of the history: their names, the lock of those who replace them, and replacing one as a whole.
 *
 * ```text
 * perf_local.jsonl                 one line for a run; everybody appends to it, without a lock
 * perf_local.old.jsonl             what was perf_local.jsonl before; two together are the history
 * perf_local.lock                  empty; whoever renames, replaces or removes one of these files holds its lock
 * perf_local.damaged-TIME.jsonl    one with lines that could not be read, set aside
 * perf.json                        settings
 * *.tmp                            what is about to replace one of them, or was to
 * ```
 *
 * Where `perf_local.jsonl` is a symbolic link, the history is where it leads, with its other files beside it.
 *
 * @module
 */

import { BlitError } from "../errors.ts";

/** The name of the history in its directory. */
export const HISTORY_FILE = "perf_local.jsonl";
/** The name of the part before. */
const OLD_FILE = "perf_local.old.jsonl";
/** The lock is on a file of its own: that of the history is another one after each rotation. */
const LOCK_FILE = "perf_local.lock";
/** Longest wait for the lock. Whoever holds it needs a few milliseconds at most. */
const LOCK_WAIT_MS = 150;
/** Pauses between two tries are up to this long and differ, so that many who wait do not meet again. */
const LOCK_PAUSE_MS = 4;
export const LINE_BREAK = 0x0a;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Whether the permissions allow reading, and writing if asked, below a directory; asking for them would show a prompt. */
export function isAllowed(directory: string, access: "read" | "write"): boolean {
  const names = access === "read" ? ["read"] as const : ["read", "write"] as const;
  return names.every((name) => Deno.permissions.querySync({ name, path: directory }).state === "granted");
}

/** Where the files of a history are. */
export interface HistoryFiles {
  /** The configuration directory. */
  readonly directory: string;
  /** The directory of the next two: another one where a link leads there. */
  readonly home: string;
  readonly current: string;
  readonly old: string;
}

/** Finds them; none has to be there. */
export function locateHistory(directory: string): HistoryFiles {
  const path = inDirectory(directory, HISTORY_FILE);
  const current = followLink(path);
  const home = current === path
    ? directory
    : current.slice(0, Math.max(...["/", "\\"].map((s) => current.lastIndexOf(s))));
  return { directory, home, current, old: inDirectory(home, OLD_FILE) };
}

/** Where a link leads; the path itself where it is none, or leads to nothing yet. */
function followLink(path: string): string {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.realPathSync(path) : path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

/** The path of a file of the history. */
export function inDirectory(directory: string, name: string): string {
  return `${directory}/${name}`;
}

/** Creates the directory, for its owner only, where it is missing. */
export function ensureDirectory(directory: string): void {
  Deno.mkdirSync(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
}

/**
 * Does something under the exclusive lock of an existing directory. Blocks for at most about `waitMs` before it begins.
 *
 * @throws {BlitError} "busy" when others hold the lock for that long; otherwise whatever Deno or the action throws
 */
export function withLock<T>(directory: string, action: () => T, waitMs = LOCK_WAIT_MS): T {
  const path = inDirectory(directory, LOCK_FILE);
  refuseSpecial(path);
  using file = Deno.openSync(path, { read: true, write: true, create: true, mode: OWNER_ONLY });
  const until = performance.now() + waitMs;
  while (!file.tryLockSync(true)) {
    if (performance.now() >= until) {
      throw new BlitError("busy", `Cannot lock "${path}": another process holds it`, { path });
    }
    sleep(1 + Math.random() * LOCK_PAUSE_MS);
  }
  return action(); // closing the file releases the lock
}

/** Opens the history for appending; creates it where it is missing. */
export function openForAppending(path: string): Deno.FsFile {
  refuseSpecial(path);
  return Deno.openSync(path, { read: true, append: true, create: true, mode: OWNER_ONLY });
}

/** Opens a file of the history; `undefined` where there is none. */
export function openIfPresent(path: string): Deno.FsFile | undefined {
  refuseSpecial(path);
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The last whole lines of a file. What has no line break at the end is left out: somebody may be writing it.
 *
 * @param mostBytes that are read, the part of a line that is left out included
 */
export function readTail(file: Deno.FsFile, mostBytes: number): string {
  const { size } = file.statSync();
  const start = Math.max(0, size - mostBytes);
  file.seekSync(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(size - start);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  const lineStart = start === 0 ? 0 : bytes.indexOf(LINE_BREAK) + 1;
  return new TextDecoder().decode(bytes.subarray(lineStart, bytes.lastIndexOf(LINE_BREAK, length - 1) + 1));
}

/**
 * Replaces a file as a whole: readers find the old text or the new one. Call it under the lock. There is no flush to disk: a
 * power failure may cost the file, and no run depends on it.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeNewFile(temporary, text);
  try {
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeIfPresent(temporary);
    throw error;
  }
}

/** Writes a file for its owner only, in place of one that a crash left; removes what it could not finish. */
export function writeNewFile(path: string, text: string): void {
  removeIfPresent(path);
  try {
    Deno.writeTextFileSync(path, text, { createNew: true, mode: OWNER_ONLY });
  } catch (error) {
    removeIfPresent(path);
    throw error;
  }
}

/** Removes a file that may be missing. */
export function removeIfPresent(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Opening a FIFO waits for somebody at its other end, perhaps for ever. */
export function refuseSpecial(path: string): void {
  try {
    if (Deno.statSync(path).isFile) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new BlitError("unsupported", `Cannot use "${path}": it is not a regular file`, { path });
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
