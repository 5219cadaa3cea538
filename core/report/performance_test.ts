import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { learn, LEAST_RUNS, predict } from "../plan/predictor.ts";
import { sampleRun } from "./_testing.ts";
import { judgeRuns, summariseProfiles } from "./performance.ts";
import type { RunRecord } from "./run_record.ts";

/** Runs of a machine that needs a millisecond for a file. */
function steadyRuns(count: number, fields: Partial<RunRecord> = {}): RunRecord[] {
  const amounts = { files: 1000, bytes: 1_000_000, entries: 1000, planningMs: 0, copyingMs: 1000, workers: 0 };
  return Array.from({ length: count }, () => sampleRun({ ...amounts, ...fields }));
}

Deno.test("judgeRuns() predicts each run from the runs before it, as it would have been at its start", () => {
  const runs = Array.from({ length: 30 }, (_, i) => steadyRuns(1, { copyingMs: 500 + (i * 7919) % 1000 })[0]);
  const judged = judgeRuns(runs);
  for (const [i, run] of runs.entries()) {
    const before = predict(learn(runs.slice(0, i)), run, run.files, run.bytes, run.workers);
    assertEquals(judged[i].prediction?.ms, before?.ms, `run ${i}`);
  }
  assertEquals(judged.findIndex(({ prediction }) => prediction !== undefined), LEAST_RUNS);
});

Deno.test("judgeRuns() does not know the run that it predicts", () => {
  const [last] = judgeRuns([...steadyRuns(10), ...steadyRuns(1, { copyingMs: 4000 })]).slice(-1);
  assertAlmostEquals(last.prediction!.ms, 1000, 1);
  assertAlmostEquals(last.prediction!.error, -0.75, 0.001);
  assertEquals([last.elapsedMs, last.bytesPerSecond, last.filesPerSecond], [4000, 250_000, 250]);
});

Deno.test("judgeRuns() predicts nothing for runs that tell no cost, and gives no rate where nothing was copied", () => {
  const special: Partial<RunRecord>[] = [
    { files: 0, bytes: 0 },
    { route: "rename", files: 0, bytes: 0, entries: 0 },
    { files: 10, bytes: 10_000 }, // of a thousand entries
    { checksum: true },
    { stalls: 1 },
    { failures: 500 },
  ];
  for (const fields of special) {
    const judged = judgeRuns([...steadyRuns(10), ...steadyRuns(1, fields)]).at(-1)!;
    assertEquals(judged.prediction, undefined, JSON.stringify(fields));
    assertEquals(judged.bytesPerSecond !== undefined, fields.files !== 0);
  }
});

Deno.test("judgeRuns() takes no longer than a moment for a full history", () => {
  const runs = Array.from(
    { length: 3400 },
    (_, i) => steadyRuns(1, { source: { type: `fs${i % 20}`, device: "ssd" } })[0],
  );
  const started = performance.now();
  judgeRuns(runs);
  assert(performance.now() - started < 1000);
});

Deno.test("summariseProfiles() adds up what shares its costs, the profile with the most runs first", () => {
  const other = { destination: { type: "tmpfs", device: "memory" } } as const;
  const runs = [
    ...steadyRuns(1, other),
    ...steadyRuns(6),
    ...steadyRuns(1, { verb: "move", bytes: 7_000_000 }),
    ...steadyRuns(1, { stalls: 1, copyingMs: 60_000 }),
    ...steadyRuns(1, { files: 0, bytes: 0 }),
  ];
  const [most, least] = summariseProfiles(judgeRuns(runs));
  assertEquals([most.verbClass, most.runs, most.files, most.bytes, most.elapsedMs], [
    "copy",
    9,
    7000,
    13_000_000,
    7000,
  ]);
  assertAlmostEquals(most.bytesPerSecond!, 13_000_000 / 7, 1);
  assertEquals(most.recentBytesPerSecond, [...Array(6).fill(1_000_000), 7_000_000]);
  assertEquals([most.predicted, least.predicted], [2, 0]);
  assertEquals([least.runs, least.destination.type, least.medianError], [1, "tmpfs", undefined]);
});

Deno.test("summariseProfiles() shows how exact predictions were by their median, whichever side they err on", () => {
  const late = [1250, 800, 2000].map((copyingMs) => steadyRuns(1, { copyingMs })[0]);
  // Each one is judged against the steady runs only, by itself.
  const judged = late.map((run) => judgeRuns([...steadyRuns(10), run]).at(-1)!);
  assertAlmostEquals(summariseProfiles(judged)[0].medianError!, 0.25, 0.001);
  assertAlmostEquals(summariseProfiles(judged.slice(1))[0].medianError!, (0.25 + 0.5) / 2, 0.001);
  assertEquals(summariseProfiles([]), []);
});

Deno.test("summariseProfiles() has no rate for a profile that never copied anything", () => {
  const [profile] = summariseProfiles(judgeRuns(steadyRuns(3, { files: 0, bytes: 0 })));
  assertEquals([profile.runs, profile.bytesPerSecond, profile.filesPerSecond], [3, undefined, undefined]);
});
