/**
 * Whether a run would be recorded and learn from others, and why not.
 *
 * @module
 */

import { isEnabled } from "../../core/report/mod.ts";
import { PROGRAM, type RawFlags } from "../table/mod.ts";

/** The history as a run would find it. */
export interface KeptHistory {
  readonly configDirectory: string | null;
  /** The run would learn from earlier ones. */
  readonly learns: boolean;
  /** It would be recorded. */
  readonly records: boolean;
  /** Why not both, as the rest of a sentence. */
  readonly reason: string | null;
}

/** Tells what would become of the history. */
export function describeKeeping(
  configDirectory: string | undefined,
  flags: Pick<RawFlags, "no-history">,
): KeptHistory {
  const none = { configDirectory: configDirectory ?? null, learns: false, records: false };
  if (flags["no-history"]) return { ...none, reason: "--no-history is given" };
  if (configDirectory === undefined) return { ...none, reason: "the environment does not tell where" };
  if (!isGranted("read", configDirectory)) return { ...none, reason: "it may not be read" };
  if (!isEnabled(configDirectory)) {
    return { ...none, reason: `"${PROGRAM} diagnostics perf --disable" turned it off, or its settings cannot be read` };
  }
  const records = isGranted("write", configDirectory);
  return { ...none, learns: true, records, reason: records ? null : "it may be read, but not written" };
}

function isGranted(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}
