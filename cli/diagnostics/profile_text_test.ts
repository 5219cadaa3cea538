import { assert, assertEquals } from "@std/assert";
import { learn } from "../../core/plan/predictor.ts";
import { sampleRun } from "../../core/report/_testing.ts";
import { describeCosts } from "../../core/report/learned_costs.ts";
import type { RunRecord } from "../../core/report/run_record.ts";
import { describeProfiles } from "./profile_text.ts";

function describe(count: number, fields: Partial<RunRecord>, width = 80): string {
  const usual = { files: 1000, bytes: 0, entries: 1000, planningMs: 2, copyingMs: 500, workers: 0 };
  const local = { type: "ext4", device: "ssd" } as const;
  const run = sampleRun({ ...usual, source: local, destination: local, sameDevice: true, ...fields });
  return describeProfiles(describeCosts(learn(Array(count).fill(run))), width);
}

Deno.test("describeProfiles() shows what a file costs, what taught it, and how far it is trusted", () => {
  assertEquals(describe(6, {}).split("\n"), [
    "copy, within one ext4 (ssd), native",
    "COST OF           WORKERS      IS  RUNS  TRUSTED UP TO",
    "planning, a file  no       2.0 µs     6   10,000 files",
    "copying, a file   no       500 µs     6   10,000 files",
    "",
  ]);
});

Deno.test("describeProfiles() shows what a byte costs, and what is not trusted yet", () => {
  const text = describe(4, { files: 1, bytes: 1e9, entries: 1, workers: 2, copyingMs: 1045 });
  assert(/copying, a byte +yes +1\.0 ns +4 +after 1 more run\n/.test(text), text);
  assert(/copying, a byte +yes +1\.0 ns +5 +9\.3 GiB\n/.test(
    describe(5, { files: 1, bytes: 1e9, entries: 1, workers: 2, copyingMs: 1045 }),
  ));
});
