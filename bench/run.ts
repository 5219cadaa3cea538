/**
 * One workload in one place: build, prepare, run all tools in turn, check what they made.
 *
 * @module
 */

import { addSpace, measureSpace, multiplySpace, planSittings, PROCESS_BYTES, type Space } from "./budget.ts";
import { applyEdits, buildTree, fingerprint, readOnce } from "./build.ts";
import { runCommand } from "./commands.ts";
import { measure, type Measurement } from "./measure.ts";
import { type Ballast, readUsableBytes } from "./memory.ts";
import { type Job, type Tool, TOOL_LABELS } from "./peers.ts";
import type { Place } from "./places.ts";
import type { Samples } from "./statistics.ts";
import { planEdits } from "./trees.ts";
import { roundsOf, type Workload } from "./workloads.ts";

/** What all workloads of one invocation share. */
export interface RunContext {
  place: Place;
  /** The tools that can run here. */
  tools: readonly Tool[];
  /** Rounds that were asked for. */
  rounds: number;
  /** Absent where there is no tmpfs. */
  ballast?: Ballast;
  /** Environment of the tools, beside their own. */
  env: Record<string, string>;
  /** Told what is going on, a line at a time. */
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/** What one workload gave in one place. */
export interface RunResult {
  samples: Samples;
  rounds: number;
  /** Whatever the reader should know about how it was run. */
  notes: string[];
}

/** Runs all rounds of a workload. Rejects with the signal's reason when it is aborted. */
export async function runWorkload(workload: Workload, context: RunContext): Promise<RunResult> {
  const { place, onProgress } = context;
  const tools = context.tools.filter(({ name }) => workload.tools.includes(name));
  let root = await place.open();
  const plan = chooseSittings(workload, tools, context);
  const samples: Samples = {};
  let round = 0;
  for (const [index, rounds] of plan.sittings.entries()) {
    if (index > 0) root = await place.open();
    onProgress(`building ${workload.title}`);
    const sitting = await Sitting.prepare(workload, plan.tools, rounds, { ...context, root });
    for (const end = round + rounds; round < end; round++) await sitting.runRound(round, samples);
    await sitting.end();
  }
  await place.finish(measureSpace(workload.tree).entries * (1 + plan.tools.length * round));
  return { samples, rounds: round, notes: plan.notes };
}

/** `tools` in the order of a round: each round starts with the next one. */
export function rotate<T>(tools: readonly T[], round: number): T[] {
  const start = tools.length === 0 ? 0 : round % tools.length;
  return [...tools.slice(start), ...tools.slice(0, start)];
}

interface RunPlan {
  sittings: number[];
  tools: readonly Tool[];
  notes: string[];
}

/** Fits the rounds into the place; tools without a target give way when even one round of all of them does not fit. */
function chooseSittings(workload: Workload, tools: readonly Tool[], { place, rounds }: RunContext): RunPlan {
  const wanted = roundsOf(workload, rounds);
  const against = new Set<string>([
    workload.subject,
    ...workload.targets.flatMap((target) => "against" in target ? [target.against] : []),
  ]);
  const needed = tools.filter(({ name }) => against.has(name));
  for (const chosen of [tools, needed]) {
    const sittings = planSittings({
      rounds: wanted,
      fixed: fixedSpace(workload),
      perRound: multiplySpace(runSpace(workload), chosen.length),
      capacity: place.capacity(),
      renewable: place.renewable,
    });
    if (sittings.length > 0) return { sittings, tools: chosen, notes: describePlan(sittings, wanted, tools, chosen) };
  }
  return { sittings: [], tools: [], notes: [`skipped: it needs more space than ${place.name} has`] };
}

function describePlan(sittings: number[], wanted: number, tools: readonly Tool[], chosen: readonly Tool[]): string[] {
  const notes: string[] = [];
  const rounds = sittings.reduce((sum, count) => sum + count, 0);
  if (rounds < wanted) notes.push(`${rounds} of ${wanted} rounds: more do not fit without deleting in between`);
  if (sittings.length > 1) {
    notes.push(`rounds ran ${sittings.join(" + ")}, each group on a fresh file system: together they do not fit`);
  }
  const left = tools.filter((tool) => !chosen.includes(tool)).map(({ name }) => TOOL_LABELS[name]);
  if (left.length > 0) notes.push(`left out for lack of space: ${left.join(", ")}`);
  return notes;
}

function fixedSpace(workload: Workload): Space {
  return multiplySpace(measureSpace(workload.tree), workload.preparation === "shared copy" ? 2 : 1);
}

/** What one run of one tool leaves behind. */
function runSpace(workload: Workload): Space {
  return workload.preparation === "shared copy" ? { bytes: 0, entries: 0 } : measureSpace(workload.tree);
}

interface SittingContext extends RunContext {
  /** Empty directory for everything of one sitting. */
  root: string;
}

/** A source, its prepared destinations, and the rounds over them, during which nothing is deleted. */
class Sitting {
  readonly #workload: Workload;
  readonly #tools: readonly Tool[];
  readonly #context: SittingContext;
  #rounds = 0;
  #expected = "";

  private constructor(workload: Workload, tools: readonly Tool[], context: SittingContext) {
    this.#workload = workload;
    this.#tools = tools;
    this.#context = context;
  }

  static async prepare(
    workload: Workload,
    tools: readonly Tool[],
    rounds: number,
    context: SittingContext,
  ): Promise<Sitting> {
    const { place, signal } = context;
    const sitting = new Sitting(workload, tools, context);
    await buildTree(workload.tree, sitting.#source, signal);
    await sitting.#prepareDestinations(rounds);
    if (workload.edits !== undefined) {
      applyEdits(sitting.#source, planEdits(workload.tree, workload.edits), workload.tree[0].fileBytes);
    }
    sitting.#expected = await fingerprint(sitting.#source, signal);
    await place.flush();
    await sitting.#warm(rounds);
    return sitting;
  }

  get #source(): string {
    return `${this.#context.root}/src`;
  }

  /** One round: every tool once. */
  async runRound(round: number, samples: Samples): Promise<void> {
    for (const tool of rotate(this.#tools, round)) {
      const sample = await this.#runTool(tool, this.#rounds);
      // Kept by round, so that ratios pair runs that were neighbours.
      (samples[tool.name] ??= [])[round] = sample;
      const outcome = sample.problem ?? `${Math.round(sample.wallMs)} ms`;
      this.#context.onProgress(`round ${round + 1}: ${TOOL_LABELS[tool.name]}: ${outcome}`);
    }
    this.#rounds++;
  }

  /** Gives back the memory that was kept warm. */
  async end(): Promise<void> {
    await this.#context.ballast?.release(Infinity);
  }

  async #runTool(tool: Tool, round: number): Promise<Measurement> {
    const { ballast, place, signal, env } = this.#context;
    const { verb, what, checksum, watchFirstByte } = this.#workload;
    const directory = this.#destination(tool, round);
    const job: Job = { verb, what, checksum, source: this.#source, destination: directory };
    if (what === "file") {
      await Deno.mkdir(directory, { recursive: true });
      job.source += "/f00000";
      job.destination += "/f00000";
    }
    await place.flush();
    await ballast?.release(runSpace(this.#workload).bytes + PROCESS_BYTES);
    const watchDirectory = watchFirstByte ? directory : undefined;
    const sample = await measure(tool.commandFor(job), { signal, env, watchDirectory });
    if (sample.problem !== undefined || !tool.copies) return sample;
    const complete = await fingerprint(directory, signal) === this.#expected;
    return complete ? sample : { ...sample, problem: "the destination is not a copy of the source" };
  }

  /** Makes the copies that mirrors start from. */
  async #prepareDestinations(rounds: number): Promise<void> {
    const { preparation } = this.#workload;
    if (preparation === "nothing") return;
    const all = this.#tools.flatMap((tool) => Array.from({ length: rounds }, (_, i) => this.#destination(tool, i)));
    for (const destination of new Set(all)) {
      await runCommand("cp", ["-a", this.#source, destination], this.#context.signal);
    }
  }

  #destination(tool: Tool, round: number): string {
    return this.#workload.preparation === "shared copy"
      ? `${this.#context.root}/dst`
      : `${this.#context.root}/${round}-${tool.name}`;
  }

  /** Touches the memory that the runs will need, then reads what they will read. */
  async #warm(rounds: number): Promise<void> {
    const { ballast, place, signal, onProgress } = this.#context;
    const { preparation } = this.#workload;
    const each = runSpace(this.#workload).bytes + PROCESS_BYTES;
    // On a disk, the source lives in memory that counts as reclaimable and has to stay there.
    const cached = place.inMemory ? 0 : addSpace(fixedSpace(this.#workload)).bytes;
    const room = Math.max(0, readUsableBytes() - cached);
    onProgress("warming memory");
    await ballast?.growTo(Math.min(each * this.#tools.length * rounds, room), signal);
    await readOnce(this.#source, signal);
    if (preparation === "nothing") return;
    for (const entry of Deno.readDirSync(this.#context.root)) {
      if (entry.name !== "src") await readOnce(`${this.#context.root}/${entry.name}`, signal);
    }
  }
}
