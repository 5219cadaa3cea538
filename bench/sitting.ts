/**
 * A source and the rounds over it, during which nothing is deleted.
 *
 * @module
 */

import { addSpace, measureSpace, multiplySpace, PROCESS_BYTES, type Space } from "./budget.ts";
import { applyEdits, buildTree, fingerprint, readOnce } from "./build.ts";
import { runCommand } from "./commands.ts";
import { measure, type Measurement } from "./measure.ts";
import { type Ballast, readUsableBytes } from "./memory.ts";
import type { Place } from "./places.ts";
import type { Job, Runner } from "./runner.ts";
import type { Samples } from "./statistics.ts";
import { planEdits } from "./trees.ts";
import type { Work } from "./workloads.ts";

/** What all sittings of one invocation share. */
export interface SittingContext {
  place: Place;
  /** Absent where there is no tmpfs. */
  ballast?: Ballast;
  /** Environment of the programs, beside their own. */
  env: Record<string, string>;
  /** Told what is going on, a line at a time. */
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/** What is built once: the source and a shared destination. */
export function fixedSpace(work: Work): Space {
  return multiplySpace(measureSpace(work.tree), work.preparation === "shared copy" ? 2 : 1);
}

/** What one run leaves behind. */
export function runSpace(work: Work): Space {
  return work.preparation === "shared copy" ? { bytes: 0, entries: 0 } : measureSpace(work.tree);
}

/** Where one sitting takes place. */
export interface SittingRoom extends SittingContext {
  /** Empty directory for everything of one sitting. */
  root: string;
}

/** `runners` in the order of a round: each round starts with the next one. */
export function rotate<T>(runners: readonly T[], round: number): T[] {
  const start = runners.length === 0 ? 0 : round % runners.length;
  return [...runners.slice(start), ...runners.slice(0, start)];
}

/** A source, its prepared destinations, and the rounds over them, during which nothing is deleted. */
export class Sitting<Name extends string> {
  readonly #work: Work;
  readonly #runners: readonly Runner<Name>[];
  readonly #context: SittingRoom;
  #rounds = 0;
  #expected = "";

  private constructor(work: Work, runners: readonly Runner<Name>[], context: SittingRoom) {
    this.#work = work;
    this.#runners = runners;
    this.#context = context;
  }

  /** Builds everything for up to `rounds` rounds of all runners. */
  static async prepare<Name extends string>(
    work: Work,
    runners: readonly Runner<Name>[],
    rounds: number,
    context: SittingRoom,
  ): Promise<Sitting<Name>> {
    const { place, signal } = context;
    const sitting = new Sitting(work, runners, context);
    await buildTree(work.tree, sitting.#source, signal);
    await sitting.#prepareDestinations(rounds);
    if (work.edits !== undefined) {
      applyEdits(sitting.#source, planEdits(work.tree, work.edits), work.tree[0].fileBytes);
    }
    sitting.#expected = await fingerprint(sitting.#source, signal);
    await place.flush();
    await sitting.#warm(rounds);
    return sitting;
  }

  get #source(): string {
    return `${this.#context.root}/src`;
  }

  /** One round: every runner once. */
  async runRound(round: number, samples: Samples<Name>): Promise<void> {
    for (const runner of rotate(this.#runners, round)) {
      const sample = await this.#run(runner, this.#rounds);
      // Kept by round, so that ratios pair runs that were neighbours.
      (samples[runner.name] ??= [])[round] = sample;
      const outcome = sample.problem ?? `${Math.round(sample.wallMs)} ms`;
      this.#context.onProgress(`round ${round + 1}: ${runner.label}: ${outcome}`);
    }
    this.#rounds++;
  }

  /** Gives back the memory that was kept warm. */
  async end(): Promise<void> {
    await this.#context.ballast?.release(Infinity);
  }

  async #run(runner: Runner<Name>, round: number): Promise<Measurement> {
    const { ballast, place, signal, env } = this.#context;
    const { watchFirstByte } = this.#work;
    const directory = this.#destination(runner, round);
    const job = await this.#jobFor(directory);
    await runner.prepare?.();
    await place.flush();
    await ballast?.release(runSpace(this.#work).bytes + PROCESS_BYTES);
    const watchDirectory = watchFirstByte ? directory : undefined;
    const serverStartMs = await runner.readServerCpuMs?.();
    const sample: Measurement = await measure(runner.commandFor(job), { signal, env, watchDirectory });
    if (sample.problem !== undefined) return sample;
    if (serverStartMs !== undefined) sample.serverCpuMs = await runner.readServerCpuMs!() - serverStartMs;
    const choice = runner.readChoice?.();
    const finished = choice === undefined ? sample : { ...sample, choice };
    const complete = !runner.copies || await fingerprint(directory, signal) === this.#expected;
    return complete ? finished : { ...finished, problem: "the destination is not a copy of the source" };
  }

  async #jobFor(directory: string): Promise<Job> {
    const { verb, what, checksum } = this.#work;
    const job: Job = { verb, what, checksum, source: this.#source, destination: directory };
    if (what === "tree") return job;
    await Deno.mkdir(directory, { recursive: true });
    return { ...job, source: `${job.source}/f00000`, destination: `${directory}/f00000` };
  }

  /** Makes the copies that mirrors start from. */
  async #prepareDestinations(rounds: number): Promise<void> {
    const { preparation } = this.#work;
    if (preparation === "nothing") return;
    const all = this.#runners.flatMap((runner) =>
      Array.from({ length: rounds }, (_, i) => this.#destination(runner, i))
    );
    for (const destination of new Set(all)) {
      await runCommand("cp", ["-a", this.#source, destination], this.#context.signal);
    }
  }

  #destination(runner: Runner<Name>, round: number): string {
    return this.#work.preparation === "shared copy"
      ? `${this.#context.root}/dst`
      : `${this.#context.root}/${round}-${runner.name}`;
  }

  /** Touches the memory that the runs will need, then reads what they will read. */
  async #warm(rounds: number): Promise<void> {
    const { ballast, place, signal, onProgress } = this.#context;
    const { preparation } = this.#work;
    const each = runSpace(this.#work).bytes + PROCESS_BYTES;
    // On a disk, the source lives in memory that counts as reclaimable and has to stay there.
    const cached = place.inMemory ? 0 : addSpace(fixedSpace(this.#work)).bytes;
    const room = Math.max(0, readUsableBytes() - cached);
    onProgress("warming memory");
    await ballast?.growTo(Math.min(each * this.#runners.length * rounds, room), signal);
    await readOnce(this.#source, signal);
    if (preparation === "nothing") return;
    for (const entry of Deno.readDirSync(this.#context.root)) {
      if (entry.name !== "src") await readOnce(`${this.#context.root}/${entry.name}`, signal);
    }
  }
}
