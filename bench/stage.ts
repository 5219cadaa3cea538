/**
 * What all comparisons need before the first run: places, warm memory, and a configuration directory of nobody.
 *
 * @module
 */

import { describeLoad, type MachineInfo, readMachine } from "./machine.ts";
import { Ballast } from "./memory.ts";
import { openPlace, type Place } from "./places.ts";
import { describeRecentRun, readFinishTimes } from "./report.ts";

/** Everything made here is removed when the stack that it was opened with is disposed of. */
export interface Stage {
  places: Place[];
  missing: { what: string; reason: string }[];
  /** Absent where there is no tmpfs; first touches of memory then stay in the figures. */
  ballast: Ballast | undefined;
  /** An empty directory. */
  configDirectory: string;
  /** Environment of the programs: neither the user's settings nor a history of benchmark runs belong into each other. */
  env: Record<string, string>;
}

/** Opens the places that can be opened. */
export async function openStage(names: readonly string[], cleanup: AsyncDisposableStack): Promise<Stage> {
  const configDirectory = await Deno.makeTempDir({ prefix: "blit-bench-config-" });
  cleanup.defer(() => Deno.remove(configDirectory, { recursive: true }));
  const { found, missing } = await openPlaces(names, cleanup);
  const ballast = await openBallast(cleanup);
  return { places: found, missing, ballast, configDirectory, env: { XDG_CONFIG_HOME: configDirectory } };
}

/** What a report says about machine and places. */
export interface StageInfo {
  machine: MachineInfo;
  places: { name: string; description: string }[];
  missing: { what: string; reason: string }[];
  /** What the reader should know about the state of the machine. */
  notes: string[];
}

/** Looks at the machine as it is now. */
export function describeStage({ places, missing }: Stage): StageInfo {
  const machine = readMachine();
  const notes = [describeLoad(Deno.loadavg(), machine.cores)];
  if (places.some(({ inMemory }) => !inMemory)) notes.push(describeRecentRun(readFinishTimes(), Date.now()));
  return {
    machine,
    places: places.map(({ name, description }) => ({ name, description })),
    missing,
    notes: notes.filter((note) => note !== undefined),
  };
}

interface PlaceChoice {
  found: Place[];
  missing: { what: string; reason: string }[];
}

async function openPlaces(names: readonly string[], cleanup: AsyncDisposableStack): Promise<PlaceChoice> {
  const choice: PlaceChoice = { found: [], missing: [] };
  for (const name of names) {
    try {
      choice.found.push(cleanup.use(await openPlace(name)));
    } catch (error) {
      choice.missing.push({ what: name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return choice;
}

async function openBallast(cleanup: AsyncDisposableStack): Promise<Ballast | undefined> {
  const { found: [place] } = await openPlaces(["tmpfs"], cleanup);
  if (place === undefined) return undefined;
  return cleanup.use(new Ballast(`${await place.open()}/ballast`));
}
