import assert from "node:assert/strict";
import type { Measurement } from "./measure.ts";
import { judge, makeRows, pairRounds, summarize } from "./statistics.ts";

function sample(wallMs: number, more: Partial<Measurement> = {}): Measurement {
  return { wallMs, peakBytes: 10, peakSumBytes: 20, ...more };
}

const divide = (a: number, b: number) => a / b;

Deno.test("summarize() finds the median of odd and even counts", () => {
  assert.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(summarize([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  assert.equal(summarize([]), undefined);
});

Deno.test("pairRounds() takes the median of the rounds' ratios, not the ratio of the medians", () => {
  const mine = [sample(10), sample(20), sample(90)];
  const theirs = [sample(100), sample(40), sample(100)];
  assert.deepEqual(pairRounds(mine, theirs, divide), { median: 0.5, min: 0.1, max: 0.9 });
});

Deno.test("pairRounds() leaves out rounds in which one of both failed or did not run", () => {
  const mine = [sample(10, { problem: "no" }), sample(20), sample(30)];
  assert.deepEqual(pairRounds(mine, [sample(1), sample(40)], divide), { median: 0.5, min: 0.5, max: 0.5 });
  assert.equal(pairRounds(mine, [sample(1)], divide), undefined);
  assert.equal(pairRounds(mine, undefined, divide), undefined);
});

Deno.test("makeRows() computes rates from the median and keeps failures out of the times", () => {
  const samples = {
    blit: [sample(500), sample(1, { problem: "disk full" })],
    rsync: [sample(1000), sample(2000, { peakBytes: 30 })],
  };
  const [blit, rsync, cp] = makeRows(["blit", "rsync", "cp"], "blit", samples, { files: 100, bytes: 1000 });
  assert.deepEqual([blit.wallMs?.median, blit.filesPerSecond, blit.bytesPerSecond], [500, 200, 2000]);
  assert.deepEqual([blit.problem, blit.failedRounds, blit.ratio], ["disk full", 1, undefined]);
  assert.deepEqual([rsync.ratio?.median, rsync.peakBytes, rsync.failedRounds], [0.5, 30, 0]);
  assert.deepEqual([cp.wallMs, cp.filesPerSecond], [undefined, undefined]);
});

Deno.test("judge() compares each kind of target with its own figure", () => {
  const samples = {
    blit: [sample(50, { firstByteMs: 90, peakBytes: 100 }), sample(75, { firstByteMs: 95, peakBytes: 160 })],
    deno: [sample(20), sample(30)],
    rsync: [sample(100), sample(100)],
  };
  const verdicts = judge({
    subject: "blit",
    targets: [
      { kind: "ratio", against: "rsync", atMost: 0.6 },
      { kind: "difference", against: "deno", atMostMs: 45 },
      { kind: "first-byte", atMostMs: 100 },
      { kind: "memory", atMostBytes: 150 },
      { kind: "ratio", against: "cp", atMost: 1 },
    ],
  }, samples);
  assert.deepEqual(verdicts.map(({ met }) => met), [false, true, true, false, undefined]);
  assert.equal(verdicts[0].value?.median, 0.625);
});
