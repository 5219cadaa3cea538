import assert from "node:assert/strict";
import type { Measurement } from "../measure.ts";
import { compareVariants } from "./comparison.ts";
import { renderSummary, renderWork, type WorkReport } from "./report.ts";
import type { VariantName } from "./variants.ts";

function report(warmMs: number, problem?: string): WorkReport {
  const run = (wallMs: number, workers: number): Measurement[] => [
    {
      wallMs,
      cpuMs: 77,
      peakBytes: 1,
      peakSumBytes: 1,
      choice: { route: workers ? "streaming" : "fast", workers, planningMs: 12 },
    },
  ];
  const samples = {
    cold: run(200, 2),
    warm100: run(warmMs, 0).map((sample) => ({ ...sample, problem })),
    fixed0: run(180, 0),
    fixed2: run(190, 2),
  };
  return {
    work: "files-30",
    title: "30 files of 4 KiB",
    place: "tmpfs",
    files: 30,
    bytes: 30 * 4096,
    rounds: 1,
    ...compareVariants(Object.keys(samples) as VariantName[], samples),
    notes: ["a note"],
    samples,
  };
}

Deno.test("renderWork() shows times, ratios, the best fixed choice and what was chosen", () => {
  const text = renderWork(report(270), 0.5);
  assert.match(text, /^30 files of 4 KiB \[files-30\] on tmpfs, 1 round, scale 0\.5\n/);
  assert.match(text, /no history +200 ms +200 ms +200 ms +77 ms +12 ms +1\.11 +1\.00 +1\.05 +streaming 2\n/);
  assert.match(text, /after 100 runs +270 ms .* 1\.50 +1\.35 +1\.50 +fast 0\n/);
  assert.match(text, /no workers \* .*\n/);
  assert.match(
    renderWork(report(180), 1),
    /line: after 100 runs at most 1\.05 of best fixed: 1\.00 \(1\.00 to 1\.00\): met\n/,
  );
  assert.match(
    text,
    /line: after 100 runs at most 1\.03 of cold: 1\.35 \(1\.35 to 1\.35\): NOT MET\n {2}note: a note\n$/,
  );
});

Deno.test("renderWork() says what failed and does not compare it", () => {
  const text = renderWork(report(270, "disk full"), 1);
  assert.match(text, /failed: after 100 runs in 1 of 1 rounds, which do not count: disk full\n/);
  assert.match(text, /after 100 runs at most 1\.05 of best fixed: not measured\n/);
});

Deno.test("renderSummary() is met only when every line of every work is", () => {
  const met = renderSummary([report(180), report(180)]);
  assert.equal(met, "warm at most 1.05 of best fixed everywhere: met\nwarm at most 1.03 of cold everywhere: met\n");
  const slow = renderSummary([report(180), report(203)]);
  assert.match(slow, /best fixed everywhere: NOT MET\n {2}files-30 on tmpfs, after 100 runs at most 1\.05 .*1\.13/);
  assert.match(slow, /\nwarm at most 1\.03 of cold everywhere: met\n$/);
  assert.match(
    renderSummary([report(180, "disk full")]),
    /everywhere: not all measured\n {2}files-30 .*: not measured/,
  );
  assert.match(renderSummary([]), /everywhere: not all measured/);
});
