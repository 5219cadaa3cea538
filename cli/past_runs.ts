/**
 * Past runs for the verbs that show them. Where a transfer goes on without a history, these say why there is none.
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import { cleanText } from "../core/paths/bytes.ts";
import { isEnabled, readRuns, type RunRecord } from "../core/report/mod.ts";
import { answers, findConfigDirectory } from "./history.ts";
import type { Io } from "./io.ts";
import { PROGRAM, type RawFlags } from "./table/mod.ts";

/** The history as it is. */
export interface PastRunsOf {
  readonly configDirectory: string;
  /** Whether runs are recorded. */
  readonly enabled: boolean;
  /** The oldest first. */
  readonly runs: readonly RunRecord[];
}

/**
 * The configuration directory that the flags or the environment name.
 *
 * @throws {BlitError} "permission-denied" where nothing tells, or it may not be read
 */
export async function requireConfigDirectory(flags: Pick<RawFlags, "config-dir">): Promise<string> {
  const directory = findConfigDirectory(flags);
  if (directory === undefined) {
    throw new BlitError(
      "permission-denied",
      "Cannot find the history of past runs: the environment does not tell where",
      {
        hint: "Name the directory with --config-dir, or grant --allow-env=XDG_CONFIG_HOME,HOME,APPDATA",
      },
    );
  }
  if (Deno.permissions.querySync({ name: "read", path: directory }).state === "granted") {
    if (await answers(directory)) return directory;
    throw new BlitError("stalled", `Cannot read "${directory}": its file system does not answer`, { path: directory });
  }
  throw new BlitError("permission-denied", `Cannot read "${directory}": Deno has no permission for this path`, {
    path: directory,
    hint: `Grant --allow-read=${directory}, or use -A`,
  });
}

/**
 * Reads past runs. What was set aside because it could not be read is said on standard error.
 *
 * @param newestBytes the part at the end that is read; by default all
 * @throws {BlitError} where there is a history and it cannot be read
 */
export function readPastRuns(configDirectory: string, io: Io, newestBytes?: number): PastRunsOf {
  const { runs, notice, error } = readRuns(configDirectory, newestBytes === undefined ? {} : { newestBytes });
  if (error !== undefined) throw error;
  if (notice !== undefined) io.stderr.write(`${PROGRAM}: ${cleanText(notice)}\n`);
  return { configDirectory, enabled: isEnabled(configDirectory), runs };
}

/** What to say before the runs, or instead of them; nothing where there are runs and more will come. */
export function describeHistory({ enabled, runs }: PastRunsOf): string {
  const off = `The history is off: runs are not recorded ` +
    `("${PROGRAM} diagnostics perf --enable" turns it on)`;
  if (!enabled) return `${off}\n`;
  return runs.length > 0 ? "" : "There are no past runs yet: each copy, mirror, move and verify adds one\n";
}
