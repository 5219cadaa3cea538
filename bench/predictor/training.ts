/**
 * Making the histories that the warm variants start from: real runs of all works in turn, each learning from those before.
 *
 * @module
 */

import { HISTORY_FILE } from "../../core/report/mod.ts";
import { measureSpace } from "../budget.ts";
import { Sitting, type SittingContext, type SittingRoom } from "../sitting.ts";
import type { Samples } from "../statistics.ts";
import { createLearner, type Histories } from "./variants.ts";
import type { PredictorWork } from "./works.ts";

/** After how many runs the history is kept, by the name of the variant; `warm100` is the end. */
export type Milestones = Readonly<Record<keyof Histories, number>>;

const MILESTONES: Milestones = { warm10: 10, warm100: 100 };

/**
 * Runs all works in turn up to the last milestone, with one history in `directory`, which must be new. The source trees stay in
 * the place until it is opened again. Rejects when a run fails, since it would teach something else.
 */
export async function train(
  works: readonly PredictorWork[],
  directory: string,
  context: SittingContext,
  milestones: Milestones = MILESTONES,
): Promise<Histories> {
  const { place } = context;
  const root = await place.open();
  const each = Math.ceil(milestones.warm100 / works.length);
  const sittings = await prepareAll(works, each, { ...context, root, directory });
  const histories = { warm10: "", warm100: "" };
  for (let run = 0; run < milestones.warm100; run++) {
    await runOnce(works[run % works.length], sittings[run % works.length], Math.floor(run / works.length));
    for (const [name, runs] of Object.entries(milestones) as [keyof Histories, number][]) {
      if (run + 1 === runs) histories[name] = await Deno.readTextFile(`${directory}/${HISTORY_FILE}`);
    }
  }
  for (const sitting of sittings) await sitting.end();
  await place.finish(works.reduce((sum, { tree }) => sum + measureSpace(tree).entries * (1 + each), 0));
  return histories;
}

interface TrainingRoom extends SittingRoom {
  directory: string;
}

async function prepareAll(
  works: readonly PredictorWork[],
  rounds: number,
  { root, directory, ...context }: TrainingRoom,
): Promise<Sitting<"learner">[]> {
  const sittings: Sitting<"learner">[] = [];
  for (const work of works) {
    context.onProgress(`training: building ${work.title}`);
    await Deno.mkdir(`${root}/${work.name}`);
    const runner = createLearner(work, directory);
    const onProgress = (line: string) => context.onProgress(`training: ${work.name}: ${line}`);
    const room = { ...context, onProgress, root: `${root}/${work.name}` };
    sittings.push(await Sitting.prepare(work, [runner], rounds, room));
  }
  return sittings;
}

async function runOnce(work: PredictorWork, sitting: Sitting<"learner">, round: number): Promise<void> {
  const samples: Samples<"learner"> = {};
  await sitting.runRound(round, samples);
  const problem = samples.learner?.[round]?.problem;
  if (problem !== undefined) throw new Error(`Cannot make a history: the run of ${work.name} failed: ${problem}`);
}
