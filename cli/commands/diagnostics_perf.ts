/**
 * `blit diagnostics perf`.
 *
 * @module
 */

import { EXIT_STATUS } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { clearRuns, setEnabled } from "../../core/report/mod.ts";
import {
  type JudgedRun,
  judgeRuns,
  type ProfilePerformance,
  summariseProfiles,
} from "../../core/report/performance.ts";
import { describePerformance } from "../diagnostics/perf_text.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { parseCount } from "../parse/values.ts";
import { describeHistory, readPastRuns, requireConfigDirectory } from "../past_runs.ts";
import type { RawFlags } from "../table/mod.ts";

/** Version of the JSON document. It grows when a field changes its meaning or goes away, not when one is added. */
const DOCUMENT_VERSION = 1;
const DEFAULT_LIMIT = 20;
const DEFAULT_COLUMNS = 80;

/** Runs the command and resolves with the exit status. */
export async function run({ flags }: Command, io: Io): Promise<number> {
  const limit = flags.limit === undefined ? DEFAULT_LIMIT : parseCount("limit", flags.limit);
  const directory = await requireConfigDirectory(flags);
  if (flags.enable || flags.disable || flags.clear) change(directory, flags, io);
  else show(directory, limit, flags, io);
  return EXIT_STATUS.done;
}

function change(directory: string, flags: RawFlags, io: Io): void {
  if (flags.clear) clearRuns(directory);
  if (flags.enable || flags.disable) setEnabled(directory, flags.enable ?? false);
  const history = readPastRuns(directory, io);
  if (flags.json) return io.stdout.write(document({ ...history, shown: [], total: history.runs.length, profiles: [] }));
  if (flags.clear) io.stdout.write(`All past runs in "${cleanText(directory)}" are forgotten\n`);
  if (flags.enable) io.stdout.write(`Runs are recorded in "${cleanText(directory)}"\n`);
  if (flags.disable) io.stdout.write(`Runs are not recorded in "${cleanText(directory)}"\n`);
}

function show(directory: string, limit: number, { json }: RawFlags, io: Io): void {
  const history = readPastRuns(directory, io);
  const judged = judgeRuns(history.runs);
  const shown = limit === 0 ? [] : judged.slice(-limit);
  const view = { ...history, shown, total: judged.length, profiles: summariseProfiles(judged) };
  if (json) return io.stdout.write(document(view));
  io.stdout.write(describeHistory(history));
  if (judged.length > 0) io.stdout.write(describePerformance(view, io.columns() ?? DEFAULT_COLUMNS));
}

type View = Parameters<typeof describePerformance>[0] & { readonly configDirectory: string; readonly enabled: boolean };

function document({ configDirectory, enabled, shown, total, profiles }: View): string {
  return jsonLine({
    schema: DOCUMENT_VERSION,
    configDirectory,
    enabled,
    totalRuns: total,
    runs: shown.map(flatten),
    profiles: profiles.map(withNulls),
  });
}

/** What has no value is `null`, so that every profile, and every run, has the same fields. */
function withNulls(profile: ProfilePerformance): object {
  const { bytesPerSecond = null, filesPerSecond = null, medianError = null } = profile;
  return { ...profile, bytesPerSecond, filesPerSecond, medianError };
}

function flatten({ run, elapsedMs, bytesPerSecond, filesPerSecond, prediction }: JudgedRun): object {
  const rates = { bytesPerSecond: bytesPerSecond ?? null, filesPerSecond: filesPerSecond ?? null };
  const predicted = { predictedMs: prediction?.ms ?? null, predictionError: prediction?.error ?? null };
  return { ...run, elapsedMs, ...rates, ...predicted };
}
