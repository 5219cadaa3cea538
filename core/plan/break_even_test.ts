import { assert, assertEquals } from "@std/assert";
import { SMALL_FILE_BYTES, workersFrom } from "./break_even.ts";
import { type Coefficients, learn, type PastRun, type RunProfile, WORKERS_START_MS } from "./predictor.ts";
import { EXPERIENCED_LIMITS, FAST_PATH_FILES } from "./route.ts";

const profile: RunProfile = {
  verb: "copy",
  fileSystem: "native",
  source: { type: "ext4", device: "ssd" },
  destination: { type: "ext4", device: "ssd" },
  sameDevice: true,
};

const nothing: Coefficients = new Map();

/** Ten runs without workers and ten with them, at so many milliseconds a file. */
function experience(aloneMs: number, sharedMs: number, of: RunProfile = profile): Coefficients {
  const run = (msPerFile: number, workers: number): PastRun => ({
    ...of,
    route: workers === 0 ? "fast" : "streaming",
    checksum: false,
    files: 1000,
    bytes: 0,
    entries: 1000,
    planningMs: 0,
    copyingMs: 1000 * msPerFile + (workers === 0 ? 0 : WORKERS_START_MS),
    workers,
    stalls: 0,
    failures: 0,
  });
  return learn(Array.from({ length: 10 }, () => [run(aloneMs, 0), run(sharedMs, 2)]).flat());
}

Deno.test("workersFrom() is the usual rule without experience", () => {
  assertEquals(workersFrom(nothing, profile, 2), { files: FAST_PATH_FILES + 1, learned: false });
});

Deno.test("workersFrom() is where the start of workers is earned", () => {
  // n ms alone against 45 + n/2 ms: even at 90, and the rule uses workers from where the gain of none is below 5%.
  const { files, learned } = workersFrom(experience(1, 0.5), profile, 2);
  assert(learned && files > 75 && files < 95, `${files}`);
});

Deno.test("workersFrom() is beyond what a look sees where workers never pay", () => {
  assertEquals(workersFrom(experience(0.01, 1), profile, 2), { files: EXPERIENCED_LIMITS.files + 1, learned: true });
});

Deno.test("workersFrom() is one file on a file system that may stop answering, whatever was learned", () => {
  for (const source of [{ type: "nfs", device: "network" }, { type: "fuse", device: "unknown" }] as const) {
    const remote = { ...profile, source };
    assertEquals(workersFrom(experience(0.01, 1, remote), remote, 2), { files: 1, learned: false });
  }
});

Deno.test("workersFrom() asks about files that a look of the usual limits can hold", () => {
  assert(EXPERIENCED_LIMITS.files * SMALL_FILE_BYTES <= EXPERIENCED_LIMITS.bytes);
});
