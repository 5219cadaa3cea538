import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sampleRun } from "../../core/report/_testing.ts";
import { judgeRuns, summariseProfiles } from "../../core/report/performance.ts";
import type { RunRecord } from "../../core/report/run_record.ts";
import { describePerformance, type PerfView } from "./perf_text.ts";

function view(runs: readonly RunRecord[], limit = 20): PerfView {
  const judged = judgeRuns(runs);
  return { shown: limit === 0 ? [] : judged.slice(-limit), total: judged.length, profiles: summariseProfiles(judged) };
}

/** Runs of which the last one is twice as slow as the others. */
const slowing = [
  ...Array.from({ length: 9 }, () => sampleRun({ planningMs: 0, copyingMs: 250 })),
  sampleRun({ planningMs: 0, copyingMs: 500 }),
];

Deno.test("describePerformance() has a line with a bar for each run, the newest last, and one for each profile", () => {
  const lines = describePerformance(view(slowing, 3), 120).trimEnd().split("\n");
  assertEquals(lines[0], "The newest 3 of 10 runs");
  assert(lines[2].endsWith("22 MiB/s  ████████████████████"), lines[2]);
  assert(lines[4].endsWith("11 MiB/s  ██████████"), lines[4]);
  assertStringIncludes(lines[4], "500 ms     250 ms   -50%");
  assertEquals(lines[6], "By profile, all 10 runs");
  assertEquals(lines[8], `  10  20 MiB/s  █████████▅      4,487          5    ±0%  ${PROFILE}`);
});

const PROFILE = "copy, ext4 (ssd) to fuse.sshfs (network), native";

Deno.test("describePerformance() fits every terminal", () => {
  const wide = sampleRun({ files: 123_456_789, bytes: 2 ** 50, copyingMs: 1e9, workers: 64, stalls: 1 });
  for (let width = 20; width < 200; width += 7) {
    const lines = describePerformance(view([...slowing, wide]), width).split("\n");
    for (const line of lines) {
      assert(line.length <= Math.max(width, "By profile, all 11 runs".length), `${width}: ${line}`);
    }
  }
});

Deno.test("describePerformance() shows rate and error of a run on 80 columns", () => {
  const [, titles] = describePerformance(view(slowing), 80).split("\n");
  for (const title of ["TIME", "VERB", "SIZE", "TOOK", "ERROR", "RATE"]) assertStringIncludes(titles, title);
});

Deno.test("describePerformance() says when a run stalled, and has no rate for what copied nothing", () => {
  const text = describePerformance(view([sampleRun({ stalls: 1 }), sampleRun({ files: 0, bytes: 0 })]), 120);
  assertStringIncludes(text, "252 ms (stalled)");
  assertStringIncludes(text.split("\n")[3], "0 bytes");
  assert(/ - +-$/.test(text.split("\n")[3]), text);
});

Deno.test("describePerformance() shows no runs where none were asked for", () => {
  assert(describePerformance(view(slowing, 0), 80).startsWith("By profile, all 10 runs\n"));
});
