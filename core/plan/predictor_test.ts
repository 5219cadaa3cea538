import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ALPHA,
  FARTHEST,
  LARGE_AVERAGE_BYTES,
  learn,
  LEAST_RUNS,
  type PastRun,
  predict,
  profileKey,
  type RunProfile,
  WORKERS_START_MS,
} from "./predictor.ts";

const profile: RunProfile = {
  verb: "copy",
  fileSystem: "native",
  source: { type: "ext4", device: "ssd" },
  destination: { type: "xfs", device: "rotational" },
  sameDevice: false,
};

/** Constant costs, from which runs are made. */
interface TrueCosts {
  readonly planningMsPerFile: number;
  readonly msPerFile: number;
  readonly nsPerByte: number;
}

const usualCosts: TrueCosts = { planningMsPerFile: 0.002, msPerFile: 0.02, nsPerByte: 1 };

function run(fields: Partial<PastRun> = {}): PastRun {
  const files = fields.files ?? 1000;
  return {
    ...profile,
    route: "streaming",
    checksum: false,
    files,
    bytes: files * 4096,
    entries: files,
    planningMs: 1,
    copyingMs: 100,
    workers: 0,
    stalls: 0,
    failures: 0,
    ...fields,
  };
}

/** The run that such costs would give. */
function runOf(
  costs: TrueCosts,
  { files, bytes, workers }: { files: number; bytes: number; workers: number },
): PastRun {
  return run({
    files,
    bytes,
    workers,
    planningMs: files * costs.planningMsPerFile,
    copyingMs: msOf(costs, { files, bytes, workers }),
  });
}

function msOf(costs: TrueCosts, { files, bytes, workers }: { files: number; bytes: number; workers: number }): number {
  return (workers === 0 ? 0 : WORKERS_START_MS) + files * costs.msPerFile + bytes * costs.nsPerByte / 1e6;
}

/** Costs next to which the start of workers counts for nothing. */

function faster({ planningMsPerFile, msPerFile, nsPerByte }: TrueCosts, times: number): TrueCosts {
  return { planningMsPerFile, msPerFile: msPerFile / times, nsPerByte: nsPerByte / times };
}

function smallAndLarge(costs: TrueCosts, rounds: number, workers: number): PastRun[] {
  const runs: PastRun[] = [];
  for (let i = 0; i < rounds; i++) {
    runs.push(runOf(costs, { files: 1000 + i * 10, bytes: (1000 + i * 10) * 4096, workers }));
    runs.push(runOf(costs, { files: 20, bytes: 2e8 + i * 1e6, workers }));
  }
  return runs;
}

function assertNear(actual: number, expected: number, part: number): void {
  assert(Math.abs(actual - expected) <= expected * part, `${actual} is not within ${part} of ${expected}`);
}

/** Any number that a program could hand over, more often one that makes sense. */
const anyNumber = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 1e12, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, Number.MAX_VALUE, Number.MIN_VALUE, -1, NaN, Infinity) },
);

const anyFileSystem = fc.record({
  type: fc.constantFrom("ext4", "tmpfs", "__proto__", ""),
  device: fc.constantFrom("memory" as const, "ssd" as const, "unknown" as const),
});

const anyProfile: fc.Arbitrary<RunProfile> = fc.record({
  verb: fc.constantFrom("copy" as const, "mirror" as const, "move" as const, "verify" as const),
  fileSystem: fc.constantFrom("native" as const, "portable" as const),
  source: anyFileSystem,
  destination: anyFileSystem,
  sameDevice: fc.boolean(),
});

const anyRun: fc.Arbitrary<PastRun> = fc.tuple(
  fc.oneof(fc.constant(profile), anyProfile),
  fc.record({
    route: fc.constantFrom("rename" as const, "fast" as const, "large-file" as const, "streaming" as const),
    checksum: fc.boolean(),
    files: anyNumber,
    bytes: anyNumber,
    entries: anyNumber,
    planningMs: anyNumber,
    copyingMs: anyNumber,
    workers: fc.oneof(fc.constantFrom(0, 2), anyNumber),
    stalls: fc.constantFrom(0, 0, 0, 1),
    failures: fc.constantFrom(0, 0, 0, 1),
  }),
).map(([where, fields]) => ({ ...where, ...fields }));

Deno.test("learn() and what uses it never throw and never give a number that is none or negative", () => {
  const property = fc.property(
    fc.array(anyRun, { maxLength: 40 }),
    fc.oneof(fc.constant(profile), anyProfile),
    fc.tuple(anyNumber, anyNumber, anyNumber),
    (runs, where, [files, bytes, workers]) => {
      const coefficients = learn(runs);
      for (const { alone, shared } of coefficients.values()) {
        for (const cost of [...Object.values(alone), ...Object.values(shared)]) {
          assert(Number.isFinite(cost.value) && cost.value >= 0, `a cost of ${cost.value}`);
        }
      }
      const prediction = predict(coefficients, where, files, bytes, workers);
      assert(prediction === undefined || (Number.isFinite(prediction.ms) && prediction.ms >= 0));
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

Deno.test("predict() comes to know constant costs, whatever they are", () => {
  const property = fc.property(
    fc.record({
      planningMsPerFile: fc.double({ min: 0.0001, max: 1, noNaN: true }),
      msPerFile: fc.double({ min: 0.001, max: 20, noNaN: true }),
      nsPerByte: fc.double({ min: 0.05, max: 100, noNaN: true }),
    }),
    // Pairs of a run of small files and one of large files.
    fc.array(
      fc.record({
        smallFiles: fc.integer({ min: 100, max: 100_000 }),
        smallAverage: fc.integer({ min: 0, max: LARGE_AVERAGE_BYTES / 4 }),
        largeFiles: fc.integer({ min: 8, max: 1000 }),
        largeAverage: fc.integer({ min: LARGE_AVERAGE_BYTES * 16, max: 1e8 }),
      }),
      { minLength: 60, maxLength: 80 },
    ),
    fc.constantFrom(0, 2),
    fc.record({ kind: fc.constantFrom(0, 1), scale: fc.double({ min: 0.1, max: 9, noNaN: true }) }),
    (costs, pairs, workers, { kind, scale }) => {
      const runs = pairs.flatMap(({ smallFiles, smallAverage, largeFiles, largeAverage }) => [
        runOf(costs, { files: smallFiles, bytes: smallFiles * smallAverage, workers }),
        runOf(costs, { files: largeFiles, bytes: largeFiles * largeAverage, workers }),
      ]);
      const like = runs.at(-2 + kind)!;
      const asked = { files: Math.ceil(like.files * scale), bytes: Math.ceil(like.bytes * scale), workers };
      const expected = msOf(costs, asked) + asked.files * costs.planningMsPerFile;
      const prediction = predict(learn(runs), profile, asked.files, asked.bytes, workers)!;
      assertNear(prediction.ms, expected, 0.05);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

Deno.test("predict() follows a change of the machine, and one outlier hardly moves it", () => {
  const slower = { ...faster(usualCosts, 0.5), planningMsPerFile: usualCosts.planningMsPerFile * 2 };
  const steady = smallAndLarge(usualCosts, 30, 0);
  const expected = 1000 * (usualCosts.msPerFile + usualCosts.planningMsPerFile) + 4.096;
  const after = predict(learn([...steady, ...smallAndLarge(slower, 20, 0)]), profile, 1000, 4_096_000, 0)!;
  assertNear(after.ms, 2 * expected, 0.05);
  const outlier = runOf({ ...usualCosts, msPerFile: 0.04 }, { files: 100_000, bytes: 1e8, workers: 0 });
  const disturbed = predict(learn([...steady, outlier]), profile, 1000, 4_096_000, 0)!;
  assertNear(disturbed.ms, expected, ALPHA * 1.01);
  assert(disturbed.ms > expected * 1.05, "a new run has to count");
});

Deno.test("learn() lets a run of a few files say little", () => {
  const starting = Array.from({ length: 20 }, () => run({ files: 1, bytes: 100, copyingMs: 5 }));
  const one = runOf(usualCosts, { files: 10_000, bytes: 0, workers: 0 });
  const cost = [...learn([...starting, one]).values()][0]!.alone.copyingMsPerFile.value;
  assert(cost < 1, `${cost} ms a file`);
});

Deno.test("learn() tells profiles, verbs and workers apart", () => {
  const others: Partial<PastRun>[] = [
    { verb: "mirror" },
    { verb: "verify" },
    { fileSystem: "portable" },
    { source: { type: "ext4", device: "network" } },
    { destination: { type: "ext4", device: "rotational" } },
    { sameDevice: true },
  ];
  const known = Array.from({ length: LEAST_RUNS }, () => run());
  const coefficients = learn(known);
  assert(predict(coefficients, profile, 1000, 4_096_000, 0) !== undefined);
  assert(predict(coefficients, { ...profile, verb: "move" }, 1000, 4_096_000, 0) !== undefined);
  assertEquals(predict(coefficients, profile, 1000, 4_096_000, 2), undefined);
  for (const other of others) {
    assertEquals(predict(coefficients, { ...profile, ...other }, 1000, 4_096_000, 0), undefined);
    assertEquals(learn([...known, run(other)]).size, 2);
  }
});

Deno.test("learn() leaves out renames, stalls, runs that mostly failed, and updates that copied little", () => {
  const useless: Partial<PastRun>[] = [{ route: "rename" }, { stalls: 1 }, { failures: 101 }, { copyingMs: NaN }];
  for (const fields of useless) assertEquals(learn([run(fields)]).size, 0);
  assertEquals(learn([run({ failures: 100 })]).size, 1);
  const update = [...learn([run({ files: 10, entries: 1000, planningMs: 50 })]).values()][0]!.alone;
  assertEquals(update.planningMsPerFile.value, 0.05);
  assertEquals(update.copyingMsPerFile.runs, 0);
});

Deno.test("predict() needs enough runs of the size in question", () => {
  const small = Array.from({ length: LEAST_RUNS }, () => run());
  assertEquals(predict(learn(small.slice(1)), profile, 1000, 4_096_000, 0), undefined);
  assert(predict(learn(small), profile, 1000, 4_096_000, 0) !== undefined);
  // Small files say nothing about the speed of large ones.
  assertEquals(predict(learn(small), profile, 10, 1e9, 0), undefined);
  // Nor do runs of a thousand files about a million.
  assertEquals(predict(learn(small), profile, 1000 * FARTHEST + 1, 0, 0), undefined);
});

Deno.test("predict() answers no question that is none", () => {
  const coefficients = learn(smallAndLarge(usualCosts, 10, 2));
  for (const [files, bytes] of [[NaN, 1], [1, NaN], [-1, 1], [1, -1], [Infinity, 1], [1, Infinity]] as const) {
    assertEquals(predict(coefficients, profile, files, bytes, 2), undefined);
  }
  for (const fields of [{ copyingMs: Number.MAX_VALUE }, { planningMs: Number.MAX_VALUE }]) {
    const runs = Array.from({ length: LEAST_RUNS }, () => [run(), run({ ...fields, workers: 2 })]);
    const absurd = learn(runs.flat());
    assertEquals(predict(absurd, profile, 5000, 0, 2), undefined);
  }
});

Deno.test("profileKey() cannot be led to confuse two profiles", () => {
  const odd = { ...profile, source: { type: 'ext4","ssd', device: "ssd" as const } };
  assert(profileKey(odd) !== profileKey(profile));
});
