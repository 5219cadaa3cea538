/**
 * How fast past runs were, and how well they could have been predicted: what `blit diagnostics perf` shows. Pure.
 *
 * @module
 */

import {
  type Coefficients,
  learn,
  predict,
  profileKey,
  teachesCopying,
  type VerbClass,
  verbClassOf,
} from "../plan/predictor.ts";
import type { FileSystemProfile } from "../fs/volume.ts";
import type { RunRecord } from "./run_record.ts";

/** Rates that a profile keeps for a small chart. */
const RECENT_RATES = 20;

/** What the predictor would have said before a run. */
export interface Prediction {
  /** Planning and copying, in milliseconds. */
  readonly ms: number;
  /** By how much of the time taken it was too long, or with a minus too short: 0.1 is 10%. */
  readonly error: number;
}

/** A run and what there is to say about it. */
export interface JudgedRun {
  readonly run: RunRecord;
  /** Planning and copying. */
  readonly elapsedMs: number;
  /** Of what was copied or compared; `undefined` where that was nothing, or a rename. */
  readonly bytesPerSecond: number | undefined;
  readonly filesPerSecond: number | undefined;
  /** Made from the runs before this one only; `undefined` where they did not say enough, or the run tells no cost. */
  readonly prediction: Prediction | undefined;
}

/** All runs that share their costs. */
export interface ProfilePerformance {
  readonly verbClass: VerbClass;
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  readonly sameDevice: boolean;
  readonly runs: number;
  /** Of the runs that copied or compared something and did not stall, all together; so are the rates. */
  readonly files: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly bytesPerSecond: number | undefined;
  readonly filesPerSecond: number | undefined;
  /** Bytes per second of the newest of them, the oldest first. */
  readonly recentBytesPerSecond: readonly number[];
  /** Runs for which there was a prediction. */
  readonly predicted: number;
  /** Half of these were predicted more exactly than this part of the time taken. */
  readonly medianError: number | undefined;
}

/** Judges runs, the oldest first. Each one is predicted from those before it, as it would have been at its start. */
export function judgeRuns(runs: readonly RunRecord[]): JudgedRun[] {
  let known: Coefficients = new Map();
  return runs.map((run) => {
    const judged = judge(run, known);
    known = learn([run], known);
    return judged;
  });
}

/** Throughput and exactness by profile, the one with the most runs first. */
export function summariseProfiles(judged: readonly JudgedRun[]): ProfilePerformance[] {
  const groups = Map.groupBy(judged, ({ run }) => profileKey(run));
  return [...groups.values()].map(summarise).sort((a, b) => b.runs - a.runs);
}

function judge(run: RunRecord, known: Coefficients): JudgedRun {
  const elapsedMs = run.planningMs + run.copyingMs;
  const counts = elapsedMs > 0 && run.files > 0 && run.route !== "rename";
  const predicted = counts && teachesCopying(run) ? predict(known, run, run.files, run.bytes, run.workers) : undefined;
  return {
    run,
    elapsedMs,
    bytesPerSecond: counts ? run.bytes / elapsedMs * 1000 : undefined,
    filesPerSecond: counts ? run.files / elapsedMs * 1000 : undefined,
    prediction: predicted && { ms: predicted.ms, error: (predicted.ms - elapsedMs) / elapsedMs },
  };
}

function summarise(group: readonly JudgedRun[]): ProfilePerformance {
  const { verb, fileSystem, source, destination, sameDevice } = group[0].run;
  const rated = group.filter(({ run, bytesPerSecond }) => bytesPerSecond !== undefined && run.stalls === 0);
  const elapsedMs = sum(rated, ({ elapsedMs }) => elapsedMs);
  const files = sum(rated, ({ run }) => run.files);
  const bytes = sum(rated, ({ run }) => run.bytes);
  const errors = group.flatMap(({ prediction }) => prediction === undefined ? [] : Math.abs(prediction.error));
  return {
    verbClass: verbClassOf(verb),
    fileSystem,
    source,
    destination,
    sameDevice,
    runs: group.length,
    files,
    bytes,
    elapsedMs,
    bytesPerSecond: rated.length === 0 ? undefined : bytes / elapsedMs * 1000,
    filesPerSecond: rated.length === 0 ? undefined : files / elapsedMs * 1000,
    recentBytesPerSecond: rated.slice(-RECENT_RATES).map(({ bytesPerSecond }) => bytesPerSecond!),
    predicted: errors.length,
    medianError: median(errors),
  };
}

function sum(group: readonly JudgedRun[], amount: (judged: JudgedRun) => number): number {
  return group.reduce((total, judged) => total + amount(judged), 0);
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
