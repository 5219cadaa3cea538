/**
 * The report as text.
 *
 * @module
 */

import { formatCount, formatMib, formatMs, formatRatio, formatTarget, formatValue } from "./format.ts";
import { describeMachine } from "./machine.ts";
import { TOOL_LABELS } from "./peers.ts";
import type { Report, WorkloadReport } from "./report.ts";
import type { Row } from "./statistics.ts";

interface Column {
  title: string;
  cell(row: Row): string;
  /** Shown only where a server took part. */
  ofServers?: true;
}

const COLUMNS: readonly Column[] = [
  { title: "", cell: ({ tool }) => TOOL_LABELS[tool] },
  { title: "median", cell: ({ wallMs }) => show(wallMs?.median, formatMs) },
  { title: "min", cell: ({ wallMs }) => show(wallMs?.min, formatMs) },
  { title: "max", cell: ({ wallMs }) => show(wallMs?.max, formatMs) },
  { title: "files/s", cell: ({ filesPerSecond }) => show(filesPerSecond, formatCount) },
  { title: "MB/s", cell: ({ bytesPerSecond }) => show(bytesPerSecond, (value) => formatCount(value / 1e6)) },
  { title: "peak", cell: ({ peakBytes }) => show(peakBytes, formatMib) },
  { title: "all processes", cell: ({ peakSumBytes }) => show(peakSumBytes, formatMib) },
  { title: "client CPU", cell: ({ cpuMs }) => show(cpuMs?.median, formatMs), ofServers: true },
  { title: "server CPU", cell: ({ serverCpuMs }) => show(serverCpuMs?.median, formatMs), ofServers: true },
  { title: "ratio", cell: ({ ratio }) => show(ratio?.median, formatRatio) },
];

/** The whole report: machine, tools, one table a workload. */
export function renderReport(report: Report): string {
  return [renderHeader(report), ...report.workloads.map((workload) => renderWorkload(workload, report))].join("\n");
}

/** What was measured with, and on what. */
export function renderHeader(report: Report): string {
  const lines = [
    ...describeMachine(report.machine),
    ...report.places.map(({ name, description }) => `${name}: ${description}`),
    ...report.tools.map(({ name, version }) => `${TOOL_LABELS[name]}: ${version}`),
    ...report.missing.map(({ what, reason }) => `missing: ${what}: ${reason}`),
    ...report.notes.map((note) => `note: ${note}`),
  ];
  return lines.join("\n") + "\n";
}

/** One workload: a title, a line a tool, a line a target. */
export function renderWorkload(workload: WorkloadReport, report: Pick<Report, "scale">): string {
  const scaled = report.scale === 1 ? "" : `, scaled by ${report.scale}`;
  const rounds = `${workload.rounds} ${workload.rounds === 1 ? "round" : "rounds"}`;
  const lines = [
    `${workload.title} [${workload.workload}] on ${workload.place}, ${rounds}${scaled}`,
    ...alignColumns(tableCells(workload.rows)),
    ...workload.rows.flatMap((row) => describeFailure(row, workload.rounds)),
    ...workload.verdicts.map(({ target, value, met }) => {
      const measured = value === undefined ? "not measured" : formatValue(target, value);
      const verdict = met === undefined ? "" : met ? ": met" : ": NOT MET";
      return `  target: ${formatTarget(target)}: ${measured}${verdict}`;
    }),
    ...workload.notes.map((note) => `  note: ${note}`),
  ];
  return lines.join("\n") + "\n";
}

/** Pads cells to columns; the first column to the left, all others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    "  " + row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
  );
}

function tableCells(rows: readonly Row[]): string[][] {
  const withServers = rows.some(({ serverCpuMs }) => serverCpuMs !== undefined);
  const columns = COLUMNS.filter(({ ofServers }) => withServers || !ofServers);
  return [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
}

function show(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "-" : format(value);
}

function describeFailure(row: Row, rounds: number): string[] {
  if (row.problem === undefined) return [];
  return [
    `  failed: ${TOOL_LABELS[row.tool]} in ${row.failedRounds} of ${rounds} rounds, which do not count: ${row.problem}`,
  ];
}
