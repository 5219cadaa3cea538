/**
 * `blit profile`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import { learn } from "../../core/plan/predictor.ts";
import { describeCosts, type ProfileCosts } from "../../core/report/learned_costs.ts";
import { describeProfiles } from "../diagnostics/profile_text.ts";
import { formatCount } from "../format.ts";
import { LEARNED_BYTES } from "../history.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { describeHistory, type PastRunsOf, readPastRuns, requireConfigDirectory } from "../past_runs.ts";

/** Version of the JSON document. It grows when a field changes its meaning or goes away, not when one is added. */
const DOCUMENT_VERSION = 1;
const DEFAULT_COLUMNS = 80;

/** Runs the command and resolves with the exit status. */
export async function run({ flags }: Command, io: Io): Promise<number> {
  const history = readPastRuns(await requireConfigDirectory(flags), io, LEARNED_BYTES);
  const profiles = describeCosts(learn(history.runs));
  if (flags.json) io.stdout.write(document(history, profiles));
  else io.stdout.write(describeHistory(history) + describe(history, profiles, io.columns() ?? DEFAULT_COLUMNS));
  return EXIT_STATUS.done;
}

function describe({ runs }: PastRunsOf, profiles: readonly ProfileCosts[], width: number): string {
  if (runs.length === 0) return "";
  const count = formatCount(runs.length, "run", "runs");
  if (profiles.length === 0) return `The newest ${count} taught nothing: they copied nothing, or failed\n`;
  return `Learned from the newest ${count}\n\n${describeProfiles(profiles, width)}`;
}

function document({ configDirectory, enabled, runs }: PastRunsOf, profiles: readonly ProfileCosts[]): string {
  return jsonLine({
    schema: DOCUMENT_VERSION,
    configDirectory,
    enabled,
    runs: runs.length,
    profiles,
  });
}
