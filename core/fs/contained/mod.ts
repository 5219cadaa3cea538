/**
 * Directories of a module of a daemon, where the portable file system is all there is.
 *
 * A module is a wall. The native file system opens everything relative to handles, and no name on the way is looked up twice.
 * Here each call gets a path, so three things stand in for that:
 *
 * ```text
 * module_lock.ts  sessions of this daemon never change names while another one looks and acts
 * way.ts          evidence that nobody else replaced a directory on the way while a call was made
 * directory.ts    calls that do no harm, or that can be undone, where they went elsewhere all the same
 * ```
 *
 * @module
 */

import { Location } from "../portable_location.ts";
import { ContainedDirectory } from "./directory.ts";
import { ModuleLock } from "./module_lock.ts";

export type { ContainedDirectory } from "./directory.ts";
export { createModuleLock } from "./module_lock.ts";
export { STILL_MS } from "./way.ts";

/** Options of {@linkcode openContained}. */
export interface ContainedOptions {
  /** What messages call the directory. */
  readonly shown: string;
  /** The memory of {@linkcode createModuleLock}, the same for all threads of a daemon. */
  readonly lock: SharedArrayBuffer;
  /**
   * How long a call may block its thread until directories that change stand still, in milliseconds. With 0 it fails with
   * "changed" instead, and makes sense again after {@linkcode STILL_MS}.
   */
  readonly longestWaitMs: number;
}

/**
 * Opens the directory that a module exports.
 *
 * @param path canonical
 * @throws {BlitError} "not-found", "not-directory", and what else opening a directory throws
 */
export function openContained(path: string, { shown, lock, longestWaitMs }: ContainedOptions): ContainedDirectory {
  const directory = ContainedDirectory.root(new Location(path, shown), { lock: new ModuleLock(lock), longestWaitMs });
  return directory.openDirectory("" as never);
}

/**
 * Whether users other than this one, its group and the administrator can replace what is in a directory. Unknown on Windows.
 */
export function isOpenToOthers(path: string): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    const mode = Deno.statSync(path).mode ?? 0;
    return (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
  } catch {
    return false; // whoever uses it will be told that it is gone
  }
}
