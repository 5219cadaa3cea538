/**
 * Temporary names: a file that replaces another one is written under such a name and renamed when it is complete.
 *
 * @module
 */

import type { Directory, SinkFile, SourceFile, Stat } from "../../fs/types.ts";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { isSameFile } from "../../plan/compare.ts";

const pattern = /^\.blit-[0-9a-f]{16}\.tmp$/;

/** Whether a name has the form of a temporary name. */
export function isTemporaryName(name: ByteString): boolean {
  return name.length === 26 && pattern.test(name);
}

/** Creates names that no other engine on any machine creates: 32 random bits for the engine, then a count. */
export class TemporaryNames {
  readonly #prefix = crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");
  #count = 0;

  next(): ByteString {
    return asByteString(`.blit-${this.#prefix}${(this.#count++ >>> 0).toString(16).padStart(8, "0")}.tmp`);
  }
}

/**
 * Removes a temporary entry whose writer is gone. The writer of a file holds a shared lock as long as it lives, so a file that
 * can be locked exclusively is a remnant of a crash. Links and FIFOs have their temporary name for a moment only: one that is
 * older than this run is a remnant too. Anything else is not ours.
 *
 * @param startedSeconds when this run began
 * @returns whether it was removed
 */
export function removeAbandoned(directory: Directory, name: ByteString, startedSeconds: number): boolean {
  try {
    const stat = directory.statEntry(name);
    if (stat === undefined) return false;
    if (stat.kind === "file") return removeAbandonedFile(directory, name);
    const isRemnant = (stat.kind === "symlink" || stat.kind === "fifo") && stat.ctimeSeconds < startedSeconds - 1;
    if (isRemnant) directory.removeFile(name);
    return isRemnant;
  } catch {
    return false; // a concurrent run was faster, or it is not ours to touch: it is left for the next run
  }
}

/**
 * Removes a name while it is that of an open file. Whoever holds the file alone does not take another one's away with it: a name
 * that others go on with is removed by its holder only.
 *
 * @returns whether it was removed
 */
export function removeOwnName(directory: Directory, name: ByteString, file: Pick<SinkFile, "stat">): boolean {
  if (!isNameOf(directory, name, file.stat())) return false;
  directory.removeFile(name);
  return true;
}

/** Whether a name is still that of a file. */
export function isNameOf(directory: Directory, name: ByteString, file: Stat): boolean {
  const present = directory.statEntry(name);
  return present !== undefined && isSameFile(file, present);
}

/** Holds it until its name is gone: nobody can begin to go on with it in between. */
function removeAbandonedFile(directory: Directory, name: ByteString): boolean {
  const file = openToLock(directory, name);
  try {
    return file.tryHoldAlone() === "held" && removeOwnName(directory, name, file);
  } finally {
    file.close();
  }
}

/** Some network file systems lock exclusively only through a handle that may write; without write permission reading does. */
function openToLock(directory: Directory, name: ByteString): Lockable {
  try {
    return directory.openForUpdate(name);
  } catch {
    return directory.openFile(name);
  }
}

type Lockable = Pick<SinkFile & SourceFile, "tryHoldAlone" | "stat" | "close">;
