/**
 * Whether a run would be recorded, and why not.
 *
 * @module
 */

import type { FileSystem } from "../../core/fs/mod.ts";
import { historyObstacle, isEnabled } from "../../core/report/mod.ts";
import { answers } from "../history.ts";
import { PROGRAM, type RawFlags } from "../table/mod.ts";

/** The history as a run would find it. */
export interface KeptHistory {
  readonly configDirectory: string | null;
  /** It would be recorded. */
  readonly records: boolean;
  /** Why not, as the rest of a sentence. */
  readonly reason: string | null;
}

/** Tells what would become of the history. */
export async function describeKeeping(
  configDirectory: string | undefined,
  flags: Pick<RawFlags, "no-history">,
  fileSystem: FileSystem,
): Promise<KeptHistory> {
  const none = { configDirectory: configDirectory ?? null, records: false };
  if (flags["no-history"]) return { ...none, reason: "--no-history is given" };
  if (configDirectory === undefined) return { ...none, reason: "the environment does not tell where" };
  if (!isGranted("read", configDirectory)) return { ...none, reason: "it may not be read" };
  if (!await answers(configDirectory)) return { ...none, reason: "its file system does not answer" };
  if (!isGranted("write", configDirectory)) return { ...none, reason: "it may be read, but not written" };
  const obstacle = historyObstacle(configDirectory, fileSystem);
  if (obstacle !== undefined) return { ...none, reason: obstacle };
  if (!isEnabled(configDirectory)) {
    return { ...none, reason: `"${PROGRAM} diagnostics perf --disable" turned it off, or its settings cannot be read` };
  }
  return { ...none, records: true, reason: null };
}

function isGranted(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}
