/**
 * From samples to the figures of the table.
 *
 * @module
 */

import type { Measurement } from "./measure.ts";
import type { ToolName } from "./peers.ts";
import type { Target, Workload } from "./workloads.ts";

/** Samples of each tool; index is the round. */
export type Samples<Name extends string = ToolName> = Partial<Record<Name, Measurement[]>>;

/** Middle and extremes of some values. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One line of a workload's table. */
export interface Row {
  tool: ToolName;
  wallMs?: Spread;
  filesPerSecond?: number;
  bytesPerSecond?: number;
  peakBytes?: number;
  peakSumBytes?: number;
  /** User and system time of its processes. */
  cpuMs?: Spread;
  /** The same of the server that it worked with. */
  serverCpuMs?: Spread;
  /** Time of the subject divided by time of this tool, round by round; absent for the subject itself. */
  ratio?: Spread;
  /** The first thing that went wrong, and in how many rounds something did. */
  problem?: string;
  failedRounds: number;
}

/** A target and what was measured for it. */
export interface Verdict {
  target: Target;
  /** In the unit of the target's limit; absent when there is nothing to compare. */
  value?: Spread;
  met?: boolean;
}

/** Median, smallest and largest value; `undefined` without values. */
export function summarize(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** Combines two tools round by round, over the rounds in which both did their work. */
export function pairRounds(
  subject: readonly Measurement[] | undefined,
  peer: readonly Measurement[] | undefined,
  combine: (subjectMs: number, peerMs: number) => number,
): Spread | undefined {
  const values: number[] = [];
  for (const [round, mine] of (subject ?? []).entries()) {
    const theirs = peer?.[round];
    if (!mine.problem && theirs !== undefined && !theirs.problem) values.push(combine(mine.wallMs, theirs.wallMs));
  }
  return summarize(values);
}

/** Totals of the source tree that rates are computed from. */
export interface Totals {
  /** Absent where files a second say nothing. */
  files?: number;
  /** Absent where bytes a second say nothing. */
  bytes?: number;
}

/** One row a tool, in the order of `tools`. */
export function makeRows(tools: readonly ToolName[], subject: ToolName, samples: Samples, totals: Totals): Row[] {
  return tools.map((tool) => {
    const all = samples[tool] ?? [];
    const good = all.filter(({ problem }) => !problem);
    const wallMs = summarize(good.map((sample) => sample.wallMs));
    const perSecond = (total?: number) => total === undefined || !wallMs ? undefined : total * 1000 / wallMs.median;
    return {
      tool,
      wallMs,
      filesPerSecond: perSecond(totals.files),
      bytesPerSecond: perSecond(totals.bytes),
      peakBytes: summarize(good.map((sample) => sample.peakBytes))?.max,
      peakSumBytes: summarize(good.map((sample) => sample.peakSumBytes))?.max,
      cpuMs: summarize(good.flatMap(({ cpuMs }) => cpuMs ?? [])),
      serverCpuMs: summarize(good.flatMap(({ serverCpuMs }) => serverCpuMs ?? [])),
      ratio: tool === subject ? undefined : pairRounds(samples[subject], all, (mine, theirs) => mine / theirs),
      problem: all.find(({ problem }) => problem)?.problem,
      failedRounds: all.length - good.length,
    };
  });
}

/** What was measured for each target. */
export function judge(workload: Pick<Workload, "subject" | "targets">, samples: Samples): Verdict[] {
  return workload.targets.map((target) => {
    const value = valueOf(target, workload.subject, samples);
    return value === undefined ? { target } : { target, value, met: isMet(target, value) };
  });
}

function valueOf(target: Target, subject: ToolName, samples: Samples): Spread | undefined {
  const mine = samples[subject] ?? [];
  const good = mine.filter(({ problem }) => !problem);
  switch (target.kind) {
    case "ratio":
      return pairRounds(mine, samples[target.against], (a, b) => a / b);
    case "difference":
      return pairRounds(mine, samples[target.against], (a, b) => a - b);
    case "first-byte":
      return summarize(good.flatMap(({ firstByteMs }) => firstByteMs ?? []));
    case "memory":
      return summarize(good.map(({ peakBytes }) => peakBytes));
  }
}

function isMet(target: Target, value: Spread): boolean {
  switch (target.kind) {
    case "ratio":
      return value.median <= target.atMost;
    case "difference":
    case "first-byte":
      return value.median <= target.atMostMs;
    case "memory":
      // A limit on memory holds for every run, not for half of them.
      return value.max <= target.atMostBytes;
  }
}
