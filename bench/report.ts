/**
 * The report of an invocation: what is written as JSON, and what table and chart are drawn from.
 *
 * @module
 */

import type { MachineInfo } from "./machine.ts";
import type { ToolName } from "./peers.ts";
import type { RunResult } from "./run.ts";
import { judge, makeRows, type Row, type Samples, type Verdict } from "./statistics.ts";
import { countBytes, countFiles } from "./trees.ts";
import { isThroughput, movesContent, type Workload } from "./workloads.ts";

/** Version of the JSON report; grows when a field changes its meaning or goes away. */
export const REPORT_SCHEMA = 1;

const RESULTS = new URL("./results/", import.meta.url);

/** A tool that took part. */
export interface ToolInfo {
  name: ToolName;
  version: string;
}

/** One workload in one place. */
export interface WorkloadReport {
  workload: string;
  title: string;
  place: string;
  files: number;
  bytes: number;
  rounds: number;
  subject: ToolName;
  rows: Row[];
  verdicts: Verdict[];
  notes: string[];
  /** Every single run, by tool and round. */
  samples: Samples;
}

/** Everything about one invocation. */
export interface Report {
  schema: number;
  startedAt: string;
  scale: number;
  machine: MachineInfo;
  places: { name: string; description: string }[];
  tools: ToolInfo[];
  missing: { what: string; reason: string }[];
  notes: string[];
  workloads: WorkloadReport[];
}

/** Turns the runs of one workload into figures. */
export function reportWorkload(workload: Workload, place: string, result: RunResult): WorkloadReport {
  const { name, title, tree, subject, tools } = workload;
  const [files, bytes] = [countFiles(tree), countBytes(tree)];
  const totals = {
    files: isThroughput(workload) ? files : undefined,
    bytes: movesContent(workload) ? bytes : undefined,
  };
  return {
    workload: name,
    title,
    place,
    files,
    bytes,
    rounds: result.rounds,
    subject,
    rows: makeRows(tools.filter((tool) => tool === subject || result.samples[tool]), subject, result.samples, totals),
    verdicts: judge(workload, result.samples),
    notes: result.notes,
    samples: result.samples,
  };
}

// ext4 avoids inodes that were deleted in the last five minutes, and searches long for others.
const SETTLING_MS = 5 * 60_000;

/** A warning when an earlier run has just removed its trees from a disk; `undefined` when none has. */
export function describeRecentRun(finishedAtMs: readonly number[], nowMs: number): string | undefined {
  const ageMs = nowMs - Math.max(...finishedAtMs);
  if (!(ageMs < SETTLING_MS)) return undefined;
  const minutes = Math.ceil(ageMs / 60_000);
  return `another run ended in the last ${minutes} min: for five minutes, ext4 creates files slowly near deleted ones`;
}

/** When the runs whose results are there have ended. */
export function readFinishTimes(): number[] {
  try {
    const names = [...Deno.readDirSync(RESULTS)].map(({ name }) => name).filter((name) => name.endsWith(".json"));
    return names.map((name) => Deno.statSync(new URL(name, RESULTS)).mtime?.getTime() ?? 0);
  } catch {
    // No results yet.
    return [];
  }
}

/** Writes texts to files that differ in their extension, and returns their paths. */
export async function writeResults(stem: string, texts: Readonly<Record<string, string>>): Promise<string[]> {
  await Deno.mkdir(RESULTS, { recursive: true });
  // Without fractions of a second, and without colons, which not every system takes.
  const name = stem.replace(/\.\d+Z/, "").replaceAll(":", "-");
  const files = Object.entries(texts).map(([extension, text]) => ({
    path: new URL(`${name}.${extension}`, RESULTS).pathname,
    text: text.trimEnd() + "\n",
  }));
  for (const { path, text } of files) await Deno.writeTextFile(path, text);
  return files.map(({ path }) => path);
}
