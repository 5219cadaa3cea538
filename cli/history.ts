/**
 * The history of runs as the command line keeps it: one record is added at the end of each.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferSummary } from "../core/events.ts";
import { configDirectory } from "../core/report/config_directory.ts";
import { within } from "../core/within.ts";
import type { RawFlags } from "./table/mod.ts";

/** The newest part of the history, from which costs are learned: a hundred runs. */
export const LEARNED_BYTES = 32 * 1024;

/** How a run ended, as far as the history keeps it. */
export interface FinishedRun {
  readonly summary: TransferSummary;
  /** Contents were compared. */
  readonly checksum: boolean;
  /** What ended it early. */
  readonly error?: BlitError | undefined;
}

/** The place for a run. */
export interface RunHistory {
  /** Adds a run. Never fails; see `appendRun` of `core/report/`. */
  record(run: FinishedRun): Promise<void>;
}

/** The history of somebody who keeps none. */
export const NO_HISTORY: RunHistory = { record: () => Promise.resolve() };

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

/** The history that the flags ask for. */
export function openHistory(flags: Pick<RawFlags, "config-dir" | "no-history">): RunHistory {
  const directory = flags["no-history"] ? undefined : findConfigDirectory(flags);
  if (directory === undefined) return NO_HISTORY;
  return { record: (run) => recordRun(directory, run) };
}

async function recordRun(directory: string, { summary, checksum, error }: FinishedRun): Promise<void> {
  if (!teaches(summary)) return;
  if (!await answers(directory)) return;
  const { appendRun, isEnabled, recordOf } = await import("../core/report/mod.ts");
  if (!isEnabled(directory)) return;
  appendRun(directory, recordOf(summary, { checksum, stalled: error?.code === "stalled", endedAt: new Date() }));
}

/** How long the file system of the configuration may take to answer, in milliseconds: no run waits for it. */
const ANSWER_MS = 250;

/** Whether the file system of a directory answers. One that has stopped would keep this thread for ever. */
export async function answers(directory: string): Promise<boolean> {
  return await within(Deno.stat(directory).then(() => true, () => true), ANSWER_MS) ?? false;
}

/** Nothing was copied in a dry run, and what was interrupted or broke off tells no time. What stalled is worth knowing. */
function teaches({ dryRun, status, route, planningMs }: TransferSummary): boolean {
  return !dryRun && status !== "interrupted" && (planningMs > 0 || route === "rename");
}
