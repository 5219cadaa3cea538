/**
 * The report of a comparison, as JSON and as text.
 *
 * @module
 */

import { formatMs, formatRatio } from "../format.ts";
import { describeMachine, type MachineInfo } from "../machine.ts";
import type { Samples, Spread } from "../statistics.ts";
import { alignColumns } from "../table.ts";
import { type Comparison, type Line, MOST_OF_BEST_FIXED, MOST_OF_COLD, type VariantRow } from "./comparison.ts";
import { VARIANT_LABELS, type VariantName } from "./variants.ts";

/** Version of the JSON report; grows when a field changes its meaning or goes away. */
export const PREDICTOR_REPORT_SCHEMA = 2;

/** One piece of work in one place. */
export interface WorkReport extends Comparison {
  work: string;
  title: string;
  place: string;
  files: number;
  bytes: number;
  rounds: number;
  notes: string[];
  /** Every single run, by variant and round. */
  samples: Samples<VariantName>;
}

/** Everything about one invocation. */
export interface PredictorReport {
  schema: number;
  kind: "predictor";
  startedAt: string;
  scale: number;
  machine: MachineInfo;
  places: { name: string; description: string }[];
  missing: { what: string; reason: string }[];
  notes: string[];
  works: WorkReport[];
}

const COLUMNS = ["", "median", "min", "max", "CPU", "planning", "of best fixed", "of cold", "of same choice", "chose"];

/** What was measured on. */
export function renderHeader({ machine, places, missing, notes }: PredictorReport): string {
  const lines = [
    ...describeMachine(machine),
    ...places.map(({ name, description }) => `${name}: ${description}`),
    ...missing.map(({ what, reason }) => `missing: ${what}: ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ];
  return lines.join("\n") + "\n";
}

/** One piece of work: a title, a row a variant, the lines to hold. */
export function renderWork(report: WorkReport, scale: number): string {
  const rounds = `${report.rounds} ${report.rounds === 1 ? "round" : "rounds"}`;
  const lines = [
    `${report.title} [${report.work}] on ${report.place}, ${rounds}${scale === 1 ? "" : `, scale ${scale}`}`,
    ...alignColumns([COLUMNS, ...report.rows.map((row) => rowCells(row, report))]),
    ...report.rows.flatMap((row) => describeFailure(row, report.rounds)),
    ...report.lines.map((line) => `  line: ${describeLine(line)}`),
    ...report.notes.map((note) => `  note: ${note}`),
  ];
  return lines.join("\n") + "\n";
}

/** Whether the lines hold everywhere, with every exception by name. */
export function renderSummary(works: readonly WorkReport[]): string {
  return [["best fixed", MOST_OF_BEST_FIXED] as const, ["cold", MOST_OF_COLD] as const].map(([against, atMost]) => {
    const lines = works.flatMap((work) => work.lines.map((line) => ({ work, line })));
    const mine = lines.filter(({ line }) => line.against === against);
    const open = mine.filter(({ line }) => line.met !== true);
    const broken = open.some(({ line }) => line.met === false);
    const verdict = broken ? "NOT MET" : open.length > 0 || mine.length === 0 ? "not all measured" : "met";
    return [
      `warm at most ${formatRatio(atMost)} of ${against} everywhere: ${verdict}`,
      ...open.map(({ work, line }) => `  ${work.work} on ${work.place}, ${describeLine(line)}`),
    ].join("\n") + "\n";
  }).join("");
}

function rowCells(row: VariantRow, { bestFixed }: WorkReport): string[] {
  const { variant, wallMs, cpuMs, planningMs, ofBestFixed, ofCold, ofSameChoice, choices } = row;
  const chosen = choices.map(({ route, workers, runs }) => {
    const times = choices.length === 1 ? "" : ` (${runs}x)`;
    return `${route} ${workers}${times}`;
  });
  return [
    VARIANT_LABELS[variant] + (variant === bestFixed ? " *" : ""),
    show(wallMs, formatMs),
    wallMs === undefined ? "-" : formatMs(wallMs.min),
    wallMs === undefined ? "-" : formatMs(wallMs.max),
    show(cpuMs, formatMs),
    show(planningMs, formatMs),
    show(ofBestFixed, formatRatio),
    show(ofCold, formatRatio),
    show(ofSameChoice, formatRatio),
    chosen.join(", ") || "-",
  ];
}

function show(value: Spread | undefined, format: (value: number) => string): string {
  return value === undefined ? "-" : format(value.median);
}

function describeLine({ variant, against, atMost, value, met }: Line): string {
  const measured = value === undefined
    ? "not measured"
    : `${formatRatio(value.median)} (${formatRatio(value.min)} to ${formatRatio(value.max)})`;
  const verdict = met === undefined ? "" : met ? ": met" : ": NOT MET";
  return `${VARIANT_LABELS[variant]} at most ${formatRatio(atMost)} of ${against}: ${measured}${verdict}`;
}

function describeFailure({ variant, problem, failedRounds }: VariantRow, rounds: number): string[] {
  if (problem === undefined) return [];
  return [
    `  failed: ${VARIANT_LABELS[variant]} in ${failedRounds} of ${rounds} rounds, which do not count: ${problem}`,
  ];
}
