import assert from "node:assert/strict";
import { formatCount, formatMib, formatMs, formatRatio } from "./format.ts";
import { reportWorkload } from "./report.ts";
import { listRemoteWorkloads } from "./remote/workloads.ts";
import { alignColumns, renderWorkload } from "./table.ts";
import { chooseWorkloads, listWorkloads } from "./workloads.ts";

function render(blitProblem?: string): string {
  const [workload] = chooseWorkloads(listWorkloads(1), ["small-files"]);
  const mib = 1024 * 1024;
  const samples = {
    blit: [{ wallMs: 500, peakBytes: 60 * mib, peakSumBytes: 60 * mib, problem: blitProblem }],
    rsync: [{ wallMs: 2000, peakBytes: 5 * mib, peakSumBytes: 15 * mib }],
  };
  const report = reportWorkload(workload, "tmpfs", { samples, rounds: 1, notes: ["a note"] });
  return renderWorkload(report, { scale: 1 });
}

Deno.test("numbers keep three digits or so", () => {
  assert.deepEqual([8.44, 523.4, 999.6, 1920, 75_300].map(formatMs), [
    "8.4 ms",
    "523 ms",
    "1.00 s",
    "1.92 s",
    "75.3 s",
  ]);
  assert.deepEqual([0.27, 0.0123, 3.456].map(formatRatio), ["0.27", "0.012", "3.46"]);
  assert.deepEqual([formatCount(123456.4), formatMib(2.5 * 1024 ** 2)], ["123,456", "2.5 MiB"]);
});

Deno.test("alignColumns() aligns names to the left and numbers to the right", () => {
  assert.deepEqual(alignColumns([["", "n"], ["a", "100"], ["bcd", "1"]]), ["         n", "  a    100", "  bcd    1"]);
});

Deno.test("renderWorkload() shows rates, ratio and whether each target is met", () => {
  const text = render();
  assert.match(text, /^100,000 files of 4 KiB, 250 a directory \[small-files\] on tmpfs, 1 round\n/);
  assert.match(text, /Blit +500 ms +500 ms +500 ms +200,000 +819 +60 MiB +60 MiB +-\n/);
  assert.match(text, /rsync -a +2\.00 s .* 5\.0 MiB +15 MiB +0\.25\n/);
  assert.match(text, /target: at most 0\.33 of rsync -a: 0\.25 \(0\.25 to 0\.25\): met\n/);
  assert.match(text, /target: at most 0\.60 of cp -a: not measured\n {2}note: a note\n$/);
});

Deno.test("renderWorkload() shows the time of both ends where there is a server", () => {
  const [workload] = chooseWorkloads(listRemoteWorkloads(1), ["push-small"]);
  const sample = { peakBytes: 1024 ** 2, peakSumBytes: 1024 ** 2 };
  const samples = {
    blit: [{ ...sample, wallMs: 500, cpuMs: 700, serverCpuMs: 600 }],
    rsync: [{ ...sample, wallMs: 1000, cpuMs: 30, serverCpuMs: 40 }],
  };
  const report = reportWorkload(workload, "tmpfs", { samples, rounds: 1, notes: [] });
  const text = renderWorkload(report, { scale: 1 });
  assert.match(text, /all processes +client CPU +server CPU +ratio\n/);
  assert.match(text, /rsync -a .* 1\.0 MiB +30 ms +40 ms +0\.50\n/);
  assert.doesNotMatch(render(), /CPU/);
});

Deno.test("renderWorkload() says what failed and does not compare it", () => {
  const text = render("disk full");
  assert.match(text, /failed: Blit in 1 of 1 rounds, which do not count: disk full\n/);
  assert.match(text, /rsync -a: not measured\n/);
});
