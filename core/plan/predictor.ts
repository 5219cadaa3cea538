/**
 * What past runs tell about the next one: costs a file and a byte for each pair of file systems. Pure: the history is read elsewhere (`core/report/history.ts`).
 *
 * ```text
 * learn(runs)            an exponential moving average of each cost, for each profile, without workers and with them
 * predict(...)           how long a copy of so many files and bytes takes
 * ```
 *
 * A run teaches one copying cost: the time that the other cost does not explain. Runs of small files teach the cost of a
 * file, runs of large ones the cost of a byte; each round of the two brings both closer to what explains all runs.
 *
 * @module
 */

import type { Route, Verb } from "../events.ts";
import type { FileSystemProfile } from "../fs/volume.ts";

/**
 * Weight of a new run once an average rests on `1 / ALPHA` runs; before that it is their plain mean. With a fifth, one
 * outlier (a cold cache, a busy disk) moves a prediction by a fifth of its error, and ten runs after a change of the
 * machine nine tenths of it are learned.
 */
export const ALPHA = 0.2;
/** Runs that must have taught a cost before it is used: as many as the plain mean takes in. */
export const LEAST_RUNS = 5;
/**
 * Average size in bytes from which a run teaches the cost of a byte rather than that of a file: where the two weigh the
 * same. A file costs 17 us (tmpfs) to 50 us (ext4) and a byte 1 ns with one thread, which meet at 17 to 50 kB.
 */
export const LARGE_AVERAGE_BYTES = 32 * 1024;
/** Files at which a run weighs half of what it can: below, starting and ending cost more than the files. */
const WEIGHTY_FILES = 100;
const WEIGHTY_BYTES = WEIGHTY_FILES * LARGE_AVERAGE_BYTES;
/**
 * What starting and stopping workers adds to a run, in milliseconds: the difference between runs over 1 to 40 small files
 * with two workers and without, on tmpfs and ext4 with two processors (42 to 58).
 */
export const WORKERS_START_MS = 45;
/** How many times more than the largest run that taught a cost it is trusted for. */
export const FARTHEST = 10;
/** Runs that copied less than this part of what they looked at say little about copying. */
const LEAST_PART_COPIED = 0.25;

/** What the costs of a run depend on. */
export interface RunProfile {
  readonly verb: Verb;
  /** The implementation that works on both. */
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  /** Source and destination are on one device. */
  readonly sameDevice: boolean;
}

/** A run of the past, as far as it teaches. */
export interface PastRun extends RunProfile {
  readonly route: Route;
  /** Contents were read to compare them, which makes all costs others. */
  readonly checksum: boolean;
  /** Files whose content was copied or compared. */
  readonly files: number;
  /** Their size. */
  readonly bytes: number;
  /** Entries that were looked at, directories included. */
  readonly entries: number;
  readonly planningMs: number;
  readonly copyingMs: number;
  /** 0 means the main thread. */
  readonly workers: number;
  readonly stalls: number;
  readonly failures: number;
}

/** A learned cost. */
export interface Cost {
  /** In the unit that the name of the field says; finite, never negative. */
  readonly value: number;
  /** Runs that taught it. */
  readonly runs: number;
  /** How much they weigh together, up to `1 / ALPHA`. */
  readonly weight: number;
  /** Files, or bytes, of the largest of them. */
  readonly most: number;
}

/** What was learned from runs of one profile, either all without workers or all with them. */
export interface Costs {
  readonly planningMsPerFile: Cost;
  readonly copyingMsPerFile: Cost;
  readonly copyingNsPerByte: Cost;
}

/** `move` copies; the others are a class of their own. */
export type VerbClass = "copy" | "mirror" | "verify";

/** What was learned about one profile. */
export interface LearnedProfile {
  readonly verbClass: VerbClass;
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  readonly sameDevice: boolean;
  /** Without workers. */
  readonly alone: Costs;
  /** With workers. */
  readonly shared: Costs;
}

/** What was learned, by {@linkcode profileKey}. */
export type Coefficients = ReadonlyMap<string, LearnedProfile>;

/** The profiles that share costs have one key. */
export function profileKey({ verb, fileSystem, source, destination, sameDevice }: RunProfile): string {
  return JSON.stringify([
    verbClassOf(verb),
    fileSystem,
    source.type,
    source.device,
    destination.type,
    destination.device,
    sameDevice,
  ]);
}

/**
 * Learns from runs, the oldest first. Left out are renames, transfers that compared contents, runs that stalled, runs in which more than a tenth failed, and
 * numbers that are none. A run that copied less than a quarter of what it looked at teaches the planning cost only.
 *
 * @param known what earlier runs have taught; it stays as it is
 */
export function learn(records: Iterable<PastRun>, known: Coefficients = new Map()): Coefficients {
  const learned = new Map(known);
  for (const run of records) {
    if (!isInstructive(run)) continue;
    const key = profileKey(run);
    const before = learned.get(key) ?? unlearned(run);
    learned.set(
      key,
      run.workers === 0
        ? { ...before, alone: learnRun(before.alone, run) }
        : { ...before, shared: learnRun(before.shared, run) },
    );
  }
  return learned;
}

/** Whether a run tells what copying or comparing costs, so that a prediction can be held against it. */
export function teachesCopying(run: PastRun): boolean {
  return isInstructive(run) && run.files > 0 && run.files >= run.entries * LEAST_PART_COPIED;
}

/**
 * How long it takes to copy or compare that much, planning included; `undefined` where fewer than {@linkcode LEAST_RUNS}
 * runs of the profile, with workers or without as asked, have taught the cost that matters at this average size, or none of
 * them was at least a tenth as large ({@linkcode FARTHEST}).
 *
 * @param workers 0 for the main thread; any other number stands for as many as usual
 */
export function predict(
  coefficients: Coefficients,
  profile: RunProfile,
  files: number,
  bytes: number,
  workers: number,
): { ms: number } | undefined {
  const learned = coefficients.get(profileKey(profile));
  if (learned === undefined) return undefined;
  const costs = workers === 0 ? learned.alone : learned.shared;
  const copyingMs = predictCopying(costs, files, bytes, workers);
  if (copyingMs === undefined) return undefined;
  const ms = copyingMs + files * costs.planningMsPerFile.value;
  return Number.isFinite(ms) ? { ms } : undefined;
}

function predictCopying(costs: Costs, files: number, bytes: number, workers: number): number | undefined {
  if (!isAmount(files) || !isAmount(bytes)) return undefined;
  const { copyingMsPerFile, copyingNsPerByte } = costs;
  const [deciding, amount] = isLarge(files, bytes) ? [copyingNsPerByte, bytes] : [copyingMsPerFile, files];
  if (deciding.runs < LEAST_RUNS || amount > deciding.most * FARTHEST) return undefined;
  const ms = startMs(workers) + files * copyingMsPerFile.value + bytes * copyingNsPerByte.value / 1e6;
  return Number.isFinite(ms) ? ms : undefined;
}

function learnRun(costs: Costs, run: PastRun): Costs {
  const { files, bytes, entries, planningMs, copyingMs } = run;
  const looked = Math.max(files, entries);
  const planned = { ...costs, planningMsPerFile: teach(costs.planningMsPerFile, planningMs, looked, WEIGHTY_FILES) };
  if (files < entries * LEAST_PART_COPIED) return planned;
  const workMs = copyingMs - startMs(run.workers);
  if (isLarge(files, bytes)) {
    const ns = (workMs - files * costs.copyingMsPerFile.value) * 1e6;
    return { ...planned, copyingNsPerByte: teach(costs.copyingNsPerByte, ns, bytes, WEIGHTY_BYTES) };
  }
  const ms = workMs - bytes * costs.copyingNsPerByte.value / 1e6;
  return { ...planned, copyingMsPerFile: teach(costs.copyingMsPerFile, ms, files, WEIGHTY_FILES) };
}

/**
 * @param spent on the whole amount; what the other cost explains more than fully counts as nothing
 * @param weighty the amount that weighs half of what a run can
 */
function teach(cost: Cost, spent: number, amount: number, weighty: number): Cost {
  const value = Math.max(0, spent) / amount;
  const weight = amount / (amount + weighty);
  if (!Number.isFinite(value) || !(weight > 0)) return cost;
  const total = Math.min(cost.weight + weight, 1 / ALPHA);
  const step = weight / total;
  return {
    value: cost.value * (1 - step) + value * step,
    runs: cost.runs + 1,
    weight: total,
    most: Math.max(cost.most, amount),
  };
}

function isLarge(files: number, bytes: number): boolean {
  return bytes > 0 && bytes >= files * LARGE_AVERAGE_BYTES;
}

function startMs(workers: number): number {
  return workers === 0 ? 0 : WORKERS_START_MS;
}

function isInstructive(run: PastRun): boolean {
  const { verb, files, bytes, entries, planningMs, copyingMs, workers, stalls, failures } = run;
  if (run.checksum && verb !== "verify") return false;
  const amounts = [files, bytes, entries, planningMs, copyingMs, workers, stalls, failures];
  return amounts.every(isAmount) && run.route !== "rename" && stalls === 0 && failures * 10 <= Math.max(files, entries);
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function unlearned({ verb, fileSystem, source, destination, sameDevice }: RunProfile): LearnedProfile {
  const nothing: Cost = { value: 0, runs: 0, weight: 0, most: 0 };
  const costs: Costs = { planningMsPerFile: nothing, copyingMsPerFile: nothing, copyingNsPerByte: nothing };
  return { verbClass: verbClassOf(verb), fileSystem, source, destination, sameDevice, alone: costs, shared: costs };
}

/** The class of a verb. */
export function verbClassOf(verb: Verb): VerbClass {
  return verb === "move" ? "copy" : verb;
}
