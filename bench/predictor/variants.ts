/**
 * The variants that are compared: Blit with more and less experience, and Blit with a fixed number of workers.
 *
 * Each run has a configuration directory of its own that holds what the variant knows, so that no run learns from another.
 *
 * @module
 */

import { HISTORY_FILE, readRuns } from "../../core/report/mod.ts";
import type { Command } from "../commands.ts";
import { blitArguments, PERMISSIONS } from "../peers.ts";
import type { Choice, Runner } from "../runner.ts";
import type { PredictorWork } from "./works.ts";

/** Names of the variants, for the JSON report. */
export type VariantName = ExperienceName | FixedName;
/** Variants that choose for themselves. */
export type ExperienceName = "cold" | "warm10" | "warm100";
/** Variants whose number of workers is given. */
export type FixedName = "fixed0" | "fixed1" | "fixed2" | "fixed4";

/** The histories after so many runs, as text. */
export type Histories = Readonly<Record<"warm10" | "warm100", string>>;

/** Worker counts of the fixed variants. */
export const FIXED_WORKERS: Readonly<Record<FixedName, number>> = { fixed0: 0, fixed1: 1, fixed2: 2, fixed4: 4 };

/** Names for people. */
export const VARIANT_LABELS: Readonly<Record<VariantName, string>> = {
  cold: "no history",
  warm10: "after 10 runs",
  warm100: "after 100 runs",
  fixed0: "no workers",
  fixed1: "1 worker",
  fixed2: "2 workers",
  fixed4: "4 workers",
};

const MAIN = new URL("../../mod.ts", import.meta.url).pathname;
const FIXED = new URL("./fixed_workers.ts", import.meta.url).pathname;

/** All variants for one piece of work; their configuration directories are made below `root`. */
export function createVariants(
  work: Pick<PredictorWork, "fileSystem">,
  histories: Histories,
  root: string,
): Runner<VariantName>[] {
  const experience = (name: ExperienceName, history?: string): Runner<VariantName> =>
    createVariant(name, { work, directory: `${root}/${name}`, program: [MAIN], history });
  const fixed = (name: FixedName): Runner<VariantName> =>
    createVariant(name, { work, directory: `${root}/${name}`, program: [FIXED, String(FIXED_WORKERS[name])] });
  return [
    experience("cold"),
    experience("warm10", histories.warm10),
    experience("warm100", histories.warm100),
    ...(Object.keys(FIXED_WORKERS) as FixedName[]).map(fixed),
  ];
}

/** Blit as it is for a user who keeps one history: nothing is reset between its runs. */
export function createLearner(work: Pick<PredictorWork, "fileSystem">, directory: string): Runner<"learner"> {
  return {
    name: "learner",
    label: "training",
    copies: true,
    commandFor: (job) => denoRun(work, [MAIN, ...blitArguments(job), "--config-dir", directory]),
    readChoice: () => readLastChoice(directory),
  };
}

/** How the last run of a history was carried out; `undefined` without one. */
export function readLastChoice(directory: string): Choice | undefined {
  const last = readRuns(directory).runs.at(-1);
  return last && { route: last.route, workers: last.workers, planningMs: last.planningMs };
}

interface VariantOptions {
  work: Pick<PredictorWork, "fileSystem">;
  directory: string;
  /** What is run, before the arguments of Blit. */
  program: readonly string[];
  history?: string | undefined;
}

function createVariant(name: VariantName, { work, directory, program, history }: VariantOptions): Runner<VariantName> {
  return {
    name,
    label: VARIANT_LABELS[name],
    copies: true,
    commandFor: (job) => denoRun(work, [...program, ...blitArguments(job), "--config-dir", directory]),
    prepare: () => resetDirectory(directory, history),
    readChoice: () => readLastChoice(directory),
  };
}

async function resetDirectory(directory: string, history: string | undefined): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for (const entry of Deno.readDirSync(directory)) await Deno.remove(`${directory}/${entry.name}`);
  if (history !== undefined) await Deno.writeTextFile(`${directory}/${HISTORY_FILE}`, history, { mode: 0o600 });
}

function denoRun({ fileSystem }: Pick<PredictorWork, "fileSystem">, args: readonly string[]): Command {
  return { program: Deno.execPath(), args: ["run", ...PERMISSIONS[fileSystem], ...args] };
}
