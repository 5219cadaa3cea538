import { assertAlmostEquals, assertEquals } from "@std/assert";
import { FARTHEST, learn, LEAST_RUNS } from "../plan/predictor.ts";
import { sampleRun } from "./_testing.ts";
import { describeCosts } from "./learned_costs.ts";
import type { RunRecord } from "./run_record.ts";

function runs(count: number, fields: Partial<RunRecord> = {}): RunRecord[] {
  const amounts = { files: 1000, bytes: 0, entries: 1000, planningMs: 2, copyingMs: 500, workers: 0 };
  return Array.from({ length: count }, () => sampleRun({ ...amounts, ...fields }));
}

Deno.test("describeCosts() tells cost, runs and how far a cost is trusted", () => {
  const [{ verbClass, alone, shared }] = describeCosts(learn(runs(LEAST_RUNS)));
  assertEquals([verbClass, alone.copyingMsPerFile.runs, alone.copyingMsPerFile.trustedUpTo], [
    "copy",
    LEAST_RUNS,
    1000 * FARTHEST,
  ]);
  assertAlmostEquals(alone.copyingMsPerFile.value, 0.5, 1e-9);
  assertAlmostEquals(alone.planningMsPerFile.value, 0.002, 1e-9);
  assertEquals([alone.copyingNsPerByte.trustedUpTo, shared.copyingMsPerFile.runs], [0, 0]);
});

Deno.test("describeCosts() trusts no cost that too few runs have taught", () => {
  const [{ alone }] = describeCosts(learn(runs(LEAST_RUNS - 1)));
  assertEquals([alone.copyingMsPerFile.runs, alone.copyingMsPerFile.trustedUpTo], [LEAST_RUNS - 1, 0]);
});
