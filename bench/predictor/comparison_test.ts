import assert from "node:assert/strict";
import type { Measurement } from "../measure.ts";
import type { Samples } from "../statistics.ts";
import { compareVariants, type Comparison, type VariantRow } from "./comparison.ts";
import type { VariantName } from "./variants.ts";

const VARIANTS: VariantName[] = ["cold", "warm100", "fixed0", "fixed2"];

function runs(workers: number, ...wallMs: number[]): Measurement[] {
  const route = workers === 0 ? "fast" : "streaming";
  return wallMs.map((ms) => ({
    wallMs: ms,
    cpuMs: 2 * ms,
    peakBytes: 1,
    peakSumBytes: 1,
    choice: { route, workers, planningMs: ms / 10 },
  }));
}

function compare(changes: Samples<VariantName> = {}): Comparison {
  return compareVariants(VARIANTS, {
    cold: runs(2, 200, 210, 190),
    warm100: runs(0, 101, 104, 99),
    fixed0: runs(0, 100, 100, 100),
    fixed2: runs(2, 200, 200, 190),
    ...changes,
  });
}

function rowOf({ rows }: Comparison, variant: VariantName): VariantRow {
  return rows.find((row) => row.variant === variant)!;
}

function verdicts({ lines }: Comparison): (boolean | undefined)[] {
  return lines.map(({ met }) => met);
}

Deno.test("compareVariants() holds warm runs to the best fixed choice and to cold ones", () => {
  const comparison = compare();
  assert.equal(comparison.bestFixed, "fixed0");
  assert.deepEqual(comparison.lines.map(({ variant, against, atMost }) => [variant, against, atMost]), [
    ["warm100", "best fixed", 1.05],
    ["warm100", "cold", 1.03],
  ]);
  assert.deepEqual(verdicts(comparison), [true, true]);
  assert.equal(comparison.lines[0].value?.median, 1.01);
  assert.deepEqual(verdicts(compare({ warm100: runs(2, 204, 220, 192) })), [false, true]);
});

Deno.test("compareVariants() takes a line as met up to its limit and not above", () => {
  const fixed0 = runs(0, 100);
  const at = (ms: number) => verdicts(compare({ cold: runs(0, 100), fixed0, warm100: runs(0, ms) }));
  assert.deepEqual([at(103), at(104), at(105), at(106)], [[true, true], [true, false], [true, false], [false, false]]);
});

Deno.test("compareVariants() compares with the fixed variant of the same number of workers", () => {
  const comparison = compare();
  assert.equal(rowOf(comparison, "cold").ofSameChoice?.median, 1);
  assert.equal(rowOf(comparison, "warm100").ofSameChoice?.median, 1.01);
  assert.equal(rowOf(comparison, "fixed2").ofSameChoice, undefined);
  const mixed = compare({ warm100: [...runs(0, 100), ...runs(2, 200, 200)] });
  assert.equal(rowOf(mixed, "warm100").ofSameChoice, undefined);
  assert.deepEqual(rowOf(mixed, "warm100").choices, [
    { route: "streaming", workers: 2, runs: 2 },
    { route: "fast", workers: 0, runs: 1 },
  ]);
});

Deno.test("compareVariants() gives processor time and planning time, and leaves failed runs out", () => {
  const failed = runs(0, 5).map((run) => ({ ...run, problem: "disk full" }));
  const row = rowOf(compare({ fixed0: [...failed, ...runs(0, 100, 110)] }), "fixed0");
  assert.deepEqual([row.cpuMs?.median, row.planningMs?.max], [210, 11]);
  assert.deepEqual([row.wallMs?.min, row.problem, row.failedRounds], [100, "disk full", 1]);
});

Deno.test("compareVariants() decides nothing without runs", () => {
  const comparison = compareVariants(VARIANTS, {});
  assert.equal(comparison.bestFixed, undefined);
  assert.deepEqual(verdicts(comparison), [undefined, undefined]);
});
