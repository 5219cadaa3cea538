import assert from "node:assert/strict";
import { describeRecentRun, reportWorkload } from "./report.ts";
import { chooseWorkloads, listWorkloads } from "./workloads.ts";

Deno.test("describeRecentRun() warns for five minutes", () => {
  assert.equal(describeRecentRun([], 1_000_000), undefined);
  assert.equal(describeRecentRun([0, 100_000], 400_000), undefined);
  assert.match(describeRecentRun([0, 100_000], 190_000) ?? "", /last 2 min/);
});

Deno.test("reportWorkload() shows the subject even when it did not run, and no peer that did not", () => {
  const [workload] = chooseWorkloads(listWorkloads(1), ["small-files"]);
  const samples = { cp: [{ wallMs: 1, peakBytes: 1, peakSumBytes: 1 }] };
  const { rows, files } = reportWorkload(workload, "tmpfs", { samples, rounds: 1, notes: [] });
  assert.deepEqual(rows.map(({ tool }) => tool), ["blit", "cp"]);
  assert.equal(files, 100_000);
});
