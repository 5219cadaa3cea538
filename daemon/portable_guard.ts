/**
 * Noticing that a part of a path was swapped, where directories are paths and not handles.
 *
 * With the portable file system somebody who can write in a module may put a symbolic link in the place of a directory
 * while it is read, and take it away again. Both change the directory above, and its change time cannot be set by hand. So
 * the directories above are looked at before and after: what was read while they stood still came from inside.
 *
 * @module
 */

import { fsError } from "../core/fs/failures.ts";

/** A directory from the module's root to the one that is read. */
export interface GuardedPath {
  /** Canonical. */
  readonly root: string;
  /** Below it, name by name. */
  readonly names: readonly string[];
}

/**
 * File systems stamp changes with the time of the last tick, at most 10 ms ago. A change within one tick of the one before
 * could go unnoticed, so the directories have to have stood still for longer than that.
 */
const STILL_MS = 25;
const WAIT_MS = 10;
const MOST_WAITS = 10;

/**
 * Looks at a path now; the result throws "changed" when it is not, or was not all the time, what it is now.
 *
 * @throws {BlitError} "changed" where the path leads through a symbolic link, or never stands still.
 */
export function guardPath(path: GuardedPath, action: string, shown: string): () => void {
  const before = standStill(path, action, shown);
  requireCanonical(path, action, shown);
  return () => {
    requireCanonical(path, action, shown);
    if (lookAbove(path, action, shown).stamps !== before) throw fsError("changed", action, shown);
  };
}

function standStill(path: GuardedPath, action: string, shown: string): string {
  for (let i = 0; i < MOST_WAITS; i++) {
    const { stamps, latestMs } = lookAbove(path, action, shown);
    if (Math.abs(Date.now() - latestMs) > STILL_MS) return stamps;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
  const reason = "the directories above it change all the time, which needs the native file system";
  throw fsError("changed", action, shown, undefined, { reason });
}

/** Identity and change time of every directory in which a name of the path is looked up. */
function lookAbove({ root, names }: GuardedPath, action: string, shown: string): { stamps: string; latestMs: number } {
  let latestMs = 0;
  const stamps = names.map((_, i) => {
    const { dev, ino, ctime } = attempt(() => Deno.lstatSync([root, ...names.slice(0, i)].join("/")), action, shown);
    latestMs = Math.max(latestMs, ctime?.getTime() ?? 0);
    return `${dev} ${ino} ${ctime?.getTime()}`;
  });
  return { stamps: stamps.join("\n"), latestMs };
}

function requireCanonical({ root, names }: GuardedPath, action: string, shown: string): void {
  const expected = [root.replace(/[/\\]$/, ""), ...names].join("/");
  const actual = attempt(() => Deno.realPathSync(expected), action, shown);
  const normalize = (path: string) => path.replaceAll("\\", "/").replace(/\/$/, "");
  const isSame = Deno.build.os === "windows" ? normalize(actual) === normalize(expected) : actual === (expected || "/");
  if (!isSame) throw fsError("loop", action, shown, undefined, { reason: "a symbolic link is on the way" });
}

function attempt<T>(call: () => T, action: string, shown: string): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw fsError("not-found", action, shown, error);
    throw fsError("changed", action, shown, error);
  }
}
