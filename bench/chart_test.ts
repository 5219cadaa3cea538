import assert from "node:assert/strict";
import { renderChart } from "./chart.ts";
import { type Report, reportWorkload } from "./report.ts";
import { chooseWorkloads, listWorkloads } from "./workloads.ts";

function makeReport(): Report {
  const [workload] = chooseWorkloads(listWorkloads(1), ["small-files"]);
  const sample = (wallMs: number) => [{ wallMs, peakBytes: 1, peakSumBytes: 1 }];
  const samples = { blit: sample(500), rsync: sample(2000), cp: sample(1000) };
  return {
    schema: 1,
    startedAt: "2030-01-01T00:00:00.000Z",
    scale: 1,
    machine: { cores: 2, cpuModel: "A & B <C>", memoryBytes: 1, kernel: "k", system: "s", facts: [] },
    places: [],
    tools: [],
    missing: [],
    notes: [],
    workloads: [reportWorkload(workload, "tmpfs", { samples, rounds: 1, notes: [] })],
  };
}

Deno.test("renderChart() draws a bar a tool, as long as its share of the slowest", () => {
  const svg = renderChart(makeReport());
  const widths = [...svg.matchAll(/<rect x="130" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.deepEqual(widths, [130, 520, 260]);
  assert.match(svg, />rsync -a</);
  assert.match(svg, />2\.00 s {2}\(ratio 0\.25\)</);
});

Deno.test("renderChart() marks the nearest target and escapes text", () => {
  const svg = renderChart(makeReport());
  // 0.60 of cp's 1,000 ms is nearer than 0.33 of rsync's 2,000 ms.
  assert.match(svg, /<line x1="286"/);
  assert.match(svg, /A &amp; B &lt;C>/);
});

Deno.test("renderChart() leaves out what nothing was measured for", () => {
  const report = makeReport();
  report.workloads[0].rows.forEach((row) => row.wallMs = undefined);
  assert.doesNotMatch(renderChart(report), /100,000 files/);
});
