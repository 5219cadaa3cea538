/**
 * The history of runs as the command line keeps it: read where it can help, one record added at the end.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferSummary } from "../core/events.ts";
import { configDirectory } from "../core/report/config_directory.ts";
import type { ReadExperience } from "../core/transfer/mod.ts";
import type { Io } from "./io.ts";
import { PROGRAM, type RawFlags } from "./table/mod.ts";

/** The newest part of the history that a run learns from: a hundred runs, read in 2 ms. All of it takes 10 to 30. */
export const LEARNED_BYTES = 32 * 1024;

/** How a run ended, as far as the history keeps it. */
export interface FinishedRun {
  readonly summary: TransferSummary;
  /** Contents were compared. */
  readonly checksum: boolean;
  /** What ended it early. */
  readonly error?: BlitError | undefined;
}

/** Past runs, and the place for this one. */
export interface RunHistory {
  /** What they have taught. */
  readonly experience: ReadExperience | undefined;
  /** Adds a run. Never fails; see `appendRun` of `core/report/`. */
  record(run: FinishedRun): Promise<void>;
}

/** The history of somebody who keeps none. */
export const NO_HISTORY: RunHistory = { experience: undefined, record: () => Promise.resolve() };

/** The environment variables that tell where the platform keeps settings. */
export function configVariables(): readonly string[] {
  return Deno.build.os === "windows" ? ["APPDATA"] : ["XDG_CONFIG_HOME", "HOME"];
}

/**
 * Where settings and history are: `--config-dir`, otherwise where the platform keeps such things. `undefined` where the
 * permissions do not tell.
 */
export function findConfigDirectory(flags: Pick<RawFlags, "config-dir">): string | undefined {
  if (flags["config-dir"] !== undefined) return flags["config-dir"];
  const known = configVariables().filter((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state === "granted"
  );
  return configDirectory(Object.fromEntries(known.map((name) => [name, Deno.env.get(name)])), Deno.build.os);
}

/** Options of {@linkcode openHistory}. */
export interface OpenHistoryOptions {
  /** Whether a damaged history may be set aside when it is read. @default true */
  readonly mayRepair?: boolean;
}

/** The history that the flags ask for. Reads nothing yet. */
export function openHistory(
  flags: Pick<RawFlags, "config-dir" | "no-history" | "quiet">,
  io: Io,
  { mayRepair = true }: OpenHistoryOptions = {},
): RunHistory {
  const directory = flags["no-history"] ? undefined : findConfigDirectory(flags);
  if (directory === undefined) return NO_HISTORY;
  return {
    experience: () => readExperience(directory, flags.quiet ? undefined : io, mayRepair),
    record: (run) => recordRun(directory, run),
  };
}

async function readExperience(
  directory: string,
  io: Io | undefined,
  mayRepair: boolean,
): ReturnType<ReadExperience> {
  const { isEnabled, readRuns } = await import("../core/report/mod.ts");
  if (!isEnabled(directory)) return undefined;
  const { runs, notice } = readRuns(directory, { newestBytes: LEARNED_BYTES, mayRepair });
  if (notice !== undefined) io?.stderr.write(`${PROGRAM}: ${notice}\n`);
  if (runs.length === 0) return undefined;
  const { learn } = await import("../core/plan/predictor.ts");
  return learn(runs);
}

async function recordRun(directory: string, { summary, checksum, error }: FinishedRun): Promise<void> {
  if (!teaches(summary)) return;
  const { appendRun, isEnabled, recordOf } = await import("../core/report/mod.ts");
  if (!isEnabled(directory)) return;
  appendRun(directory, recordOf(summary, { checksum, stalled: error?.code === "stalled", endedAt: new Date() }));
}

/** Nothing was copied in a dry run, and what was interrupted or broke off tells no time. What stalled is worth knowing. */
function teaches({ dryRun, status, route, planningMs }: TransferSummary): boolean {
  return !dryRun && status !== "interrupted" && (planningMs > 0 || route === "rename");
}
