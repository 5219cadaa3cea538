/**
 * One workload in one place: all runners in turn, in as many sittings as its space takes.
 *
 * @module
 */

import { measureSpace, multiplySpace, planSittings } from "./budget.ts";
import type { Tool, ToolName } from "./peers.ts";
import type { Runner } from "./runner.ts";
import { fixedSpace, runSpace, Sitting, type SittingContext } from "./sitting.ts";
import type { Samples } from "./statistics.ts";
import { roundsOf, type Work, type Workload } from "./workloads.ts";

/** What all works of one invocation share. */
export interface RoundsContext extends SittingContext {
  /** Rounds that were asked for. */
  rounds: number;
}

/** What all workloads of one invocation share. */
export interface RunContext extends RoundsContext {
  /** The tools that can run here. */
  tools: readonly Tool[];
}

/** What one workload gave in one place. */
export interface RunResult<Name extends string = ToolName> {
  samples: Samples<Name>;
  rounds: number;
  /** Whatever the reader should know about how it was run. */
  notes: string[];
}

/** Runs all rounds of a workload. Rejects with the signal's reason when it is aborted. */
export async function runWorkload(workload: Workload, context: RunContext): Promise<RunResult> {
  const tools = context.tools.filter(({ name }) => workload.tools.includes(name));
  const against = new Set<string>([
    workload.subject,
    ...workload.targets.flatMap((target) => "against" in target ? [target.against] : []),
  ]);
  return await runInTurn(workload, { all: tools, needed: tools.filter(({ name }) => against.has(name)) }, context);
}

/** Who takes part. */
export interface Participants<Name extends string> {
  all: readonly Runner<Name>[];
  /** Those that run when one round of all of them does not fit. */
  needed: readonly Runner<Name>[];
}

/** Runs all rounds of one piece of work. Rejects with the signal's reason when it is aborted. */
export async function runInTurn<Name extends string>(
  work: Work,
  participants: Participants<Name>,
  context: RoundsContext,
): Promise<RunResult<Name>> {
  const { place, onProgress } = context;
  let root = await place.open();
  const plan = chooseSittings(work, participants, context);
  const samples: Samples<Name> = {};
  let round = 0;
  for (const [index, rounds] of plan.sittings.entries()) {
    if (index > 0) root = await place.open();
    onProgress(`building ${work.title}`);
    const sitting = await Sitting.prepare(work, plan.runners, rounds, { ...context, root });
    for (const end = round + rounds; round < end; round++) await sitting.runRound(round, samples);
    await sitting.end();
  }
  await place.finish(measureSpace(work.tree).entries * (1 + plan.runners.length * round));
  return { samples, rounds: round, notes: plan.notes };
}

interface RunPlan<Name extends string> {
  sittings: number[];
  runners: readonly Runner<Name>[];
  notes: string[];
}

/** Fits the rounds into the place; who is not needed gives way when even one round of all does not fit. */
function chooseSittings<Name extends string>(
  work: Work,
  { all, needed }: Participants<Name>,
  { place, rounds }: RoundsContext,
): RunPlan<Name> {
  const wanted = roundsOf(work, rounds);
  for (const chosen of [all, needed]) {
    const sittings = planSittings({
      rounds: wanted,
      fixed: fixedSpace(work),
      perRound: multiplySpace(runSpace(work), chosen.length),
      capacity: place.capacity(),
      renewable: place.renewable,
      mostPerSitting: work.mostRoundsPerSitting,
    });
    if (sittings.length > 0) return { sittings, runners: chosen, notes: describePlan(sittings, wanted, all, chosen) };
  }
  return { sittings: [], runners: [], notes: [`skipped: it needs more space than ${place.name} has`] };
}

function describePlan(
  sittings: number[],
  wanted: number,
  all: readonly Runner[],
  chosen: readonly Runner[],
): string[] {
  const notes: string[] = [];
  const rounds = sittings.reduce((sum, count) => sum + count, 0);
  if (rounds < wanted) notes.push(`${rounds} of ${wanted} rounds: more do not fit without deleting in between`);
  if (sittings.length > 1) {
    notes.push(
      `rounds ran ${sittings.join(" + ")}, each group on a fresh file system: together they take too much space`,
    );
  }
  const left = all.filter((runner) => !chosen.includes(runner)).map(({ label }) => label);
  if (left.length > 0) notes.push(`left out for lack of space: ${left.join(", ")}`);
  return notes;
}
