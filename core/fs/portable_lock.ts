/**
 * Advisory locks of the portable implementation.
 *
 * @module
 */

import type { HoldOutcome } from "./types.ts";

/** Whether there are any. A Windows lock is not advisory: it would keep the other workers of a run from writing their ranges. */
export const hasLocks = Deno.build.os !== "windows";

/** Locks an open file, unless somebody else has. */
export function tryLock(file: Deno.FsFile, exclusive: boolean): HoldOutcome {
  if (!hasLocks) return "unsupported";
  try {
    return file.tryLockSync(exclusive) ? "held" : "busy";
  } catch {
    return "unsupported";
  }
}
