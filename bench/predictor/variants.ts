/**
 * The variants that are compared: Blit without a history and with one, and Blit with a fixed number of workers.
 *
 * Each run has a configuration directory of its own, so that none finds the history of another.
 *
 * @module
 */

import { HISTORY_FILE, readRuns } from "../../core/report/mod.ts";
import type { Command } from "../commands.ts";
import { blitArguments, PERMISSIONS } from "../peers.ts";
import type { Choice, Runner } from "../runner.ts";
import { makeUpHistory } from "./past_runs.ts";
import { listPredictorWorks, type PredictorWork } from "./works.ts";

/** Names of the variants, for the JSON report. */
export type VariantName = ExperienceName | FixedName;
/** Variants that choose for themselves. */
export type ExperienceName = "cold" | "warm100";
/** Variants whose number of workers is given. */
export type FixedName = "fixed0" | "fixed1" | "fixed2" | "fixed4";

/** Worker counts of the fixed variants. */
export const FIXED_WORKERS: Readonly<Record<FixedName, number>> = { fixed0: 0, fixed1: 1, fixed2: 2, fixed4: 4 };

/** Names for people. */
export const VARIANT_LABELS: Readonly<Record<VariantName, string>> = {
  cold: "no history",
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
  root: string,
): Runner<VariantName>[] {
  const experience = (name: ExperienceName, history?: string): Runner<VariantName> =>
    createVariant(name, { work, directory: `${root}/${name}`, program: [MAIN], history });
  const fixed = (name: FixedName): Runner<VariantName> =>
    createVariant(name, { work, directory: `${root}/${name}`, program: [FIXED, String(FIXED_WORKERS[name])] });
  return [
    experience("cold"),
    experience("warm100", makeUpHistory(listPredictorWorks(1), 100)),
    ...(Object.keys(FIXED_WORKERS) as FixedName[]).map(fixed),
  ];
}

/** How the last run of a history was carried out; `undefined` without one. */
function readLastChoice(directory: string): Choice | undefined {
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
