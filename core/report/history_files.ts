/**
 * The files of the history: their names, the lock that those who change them hold, and replacing one as a whole.
 *
 * ```text
 * perf_local.jsonl                 one line for a run
 * perf_local.lock                  empty; whoever changes another of these files holds its lock. Never removed or replaced
 * perf_local.damaged-TIME.jsonl    a history with lines that could not be read, set aside
 * perf.json                        settings
 * *.tmp                            what is about to replace one of them
 * ```
 *
 * @module
 */

import { BlitError } from "../errors.ts";

/** The name of the history in its directory. */
export const HISTORY_FILE = "perf_local.jsonl";
/** The lock is on a file of its own: that of the history is another one after each rotation. */
const LOCK_FILE = "perf_local.lock";
/** Longest wait for the lock. Whoever holds it needs a few milliseconds at most. */
const LOCK_WAIT_MS = 150;
/** Pauses between two tries are up to this long and differ, so that many who wait do not meet again. */
const LOCK_PAUSE_MS = 4;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Whether the permissions allow reading, and writing if asked, below a directory; asking for them would show a prompt. */
export function isAllowed(directory: string, access: "read" | "write"): boolean {
  const names = access === "read" ? ["read"] as const : ["read", "write"] as const;
  return names.every((name) => Deno.permissions.querySync({ name, path: directory }).state === "granted");
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
 * Does something under the exclusive lock of an existing directory. Blocks for at most about 150 ms before it begins.
 *
 * @throws {BlitError} "busy" when others hold the lock for that long; otherwise whatever Deno or the action throws
 */
export function withLock<T>(directory: string, action: () => T): T {
  const path = inDirectory(directory, LOCK_FILE);
  refuseSpecial(path);
  using file = Deno.openSync(path, { read: true, write: true, create: true, mode: OWNER_ONLY });
  const until = performance.now() + LOCK_WAIT_MS;
  while (!file.tryLockSync(true)) {
    if (performance.now() > until) {
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

/**
 * The last bytes of a file, from the beginning of a line, as text.
 *
 * @param mostBytes that are read, the part of a line that is left out included
 */
export function readTail(path: string, mostBytes: number): string {
  refuseSpecial(path);
  using file = Deno.openSync(path, { read: true });
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
  const lineStart = start === 0 ? 0 : bytes.indexOf(0x0a) + 1;
  return new TextDecoder().decode(bytes.subarray(lineStart, length));
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
