/**
 * The report as an SVG bar chart: one group a workload, one bar a tool, each group with its own scale.
 *
 * @module
 */

import { formatMs, formatRatio } from "./format.ts";
import { TOOL_LABELS } from "./peers.ts";
import type { Report, WorkloadReport } from "./report.ts";
import type { Row } from "./statistics.ts";

const WIDTH = 860;
const LABEL_WIDTH = 130;
const BAR_WIDTH = 520;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 22;
const TITLE_HEIGHT = 26;
const GROUP_GAP = 18;
const HEADER_HEIGHT = 72;
const MARGIN = 20;

const INK = "#222";
const MUTED = "#666";
const SUBJECT = "#1f6feb";
const PEER = "#b8c0cc";
const LIMIT = "#d1242f";

const EXPLANATION = "Shorter is better. Ratio: Blit's time in this tool's time. Red line: where Blit's bar should end.";

/** Draws the medians of all workloads; the text of an SVG file. */
export function renderChart(report: Report): string {
  const groups: string[] = [];
  let top = MARGIN + HEADER_HEIGHT;
  for (const workload of report.workloads) {
    if (!workload.rows.some(({ wallMs }) => wallMs)) continue;
    groups.push(`<g transform="translate(${MARGIN},${top})">${drawGroup(workload)}</g>`);
    top += TITLE_HEIGHT + workload.rows.length * ROW_HEIGHT + GROUP_GAP;
  }
  const { cpuModel, cores } = report.machine;
  const scaled = report.scale === 1 ? "" : `Every workload scaled by ${report.scale}. `;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" ` +
    `font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    drawText(MARGIN, MARGIN + 8, "Blit and its peers on the same work", { size: 18, weight: "bold" }),
    drawText(MARGIN, MARGIN + 30, `${scaled}Median wall time on ${cores} cores, ${cpuModel}.`, { fill: MUTED }),
    drawText(MARGIN, MARGIN + 48, EXPLANATION, { fill: MUTED }),
    ...groups,
    "</svg>",
  ].join("\n") + "\n";
}

function drawGroup(workload: WorkloadReport): string {
  const longest = Math.max(...workload.rows.map(({ wallMs }) => wallMs?.median ?? 0));
  const scale = BAR_WIDTH / longest;
  const title = drawText(0, 14, `${workload.title} (${workload.place})`, { weight: "bold" });
  const bars = workload.rows.map((row, index) => {
    const y = TITLE_HEIGHT + index * ROW_HEIGHT;
    return drawBar(row, y, { label: TOOL_LABELS[row.tool], scale, isSubject: row.tool === workload.subject });
  });
  return [title, ...bars, drawLimit(workload, scale)].join("\n");
}

interface BarOptions {
  label: string;
  scale: number;
  isSubject: boolean;
}

function drawBar({ wallMs, ratio }: Row, y: number, { label, scale, isSubject }: BarOptions): string {
  const baseline = y + BAR_HEIGHT - 4;
  const name = drawText(LABEL_WIDTH - 8, baseline, label, { anchor: "end" });
  if (wallMs === undefined) return name + drawText(LABEL_WIDTH, baseline, "not measured", { fill: MUTED });
  const width = Math.max(1, wallMs.median * scale);
  const caption = formatMs(wallMs.median) + (ratio === undefined ? "" : `  (ratio ${formatRatio(ratio.median)})`);
  const fill = isSubject ? SUBJECT : PEER;
  return name +
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${round(width)}" height="${BAR_HEIGHT}" rx="2" fill="${fill}"/>` +
    drawText(LABEL_WIDTH + width + 6, baseline, caption);
}

/** A line where the subject's bar has to end to meet all its ratios. */
function drawLimit({ rows, verdicts }: WorkloadReport, scale: number): string {
  const limits = verdicts.flatMap(({ target }) => {
    if (target.kind !== "ratio") return [];
    const peer = rows.find(({ tool }) => tool === target.against)?.wallMs;
    return peer === undefined ? [] : [peer.median * target.atMost];
  });
  if (limits.length === 0) return "";
  const x = round(LABEL_WIDTH + Math.min(...limits) * scale);
  const [from, to] = [TITLE_HEIGHT - 3, TITLE_HEIGHT + BAR_HEIGHT + 3];
  return `<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" stroke="${LIMIT}" stroke-width="2"/>`;
}

interface TextOptions {
  size?: number;
  weight?: string;
  fill?: string;
  anchor?: string;
}

function drawText(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { size = 13, weight = "normal", fill = INK, anchor = "start" } = options;
  const style = `font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}"`;
  return `<text x="${round(x)}" y="${y}" ${style}>${escapeXml(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
