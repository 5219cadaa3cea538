import assert from "node:assert/strict";
import { countBytes, countFiles } from "./trees.ts";
import { chooseWorkloads, listWorkloads, roundsOf } from "./workloads.ts";

function sizes(scale: number): Record<string, [number, number]> {
  return Object.fromEntries(listWorkloads(scale).map(({ name, tree }) => [name, [countFiles(tree), countBytes(tree)]]));
}

Deno.test("listWorkloads() has the published sizes at scale 1", () => {
  assert.deepEqual(sizes(1), {
    "small-files": [100_000, 409_600_000],
    "large-file": [1, 2_000_000_000],
    "mixed": [50_001, 512 * 1024 * 1024 + 50_000 * 2048],
    "mirror-idle": [100_000, 409_600_000],
    "mirror-changed": [100_000, 409_600_000],
    "skewed": [50_000, 204_800_000],
    "checksum": [2_000, 2_000_000_000],
    "portable": [100_000, 409_600_000],
    "one-byte": [1, 1],
    "million": [1_000_000, 16_000_000],
  });
  assert.equal(listWorkloads(1).find(({ name }) => name === "million")?.tree.length, 4_000);
});

Deno.test("listWorkloads() scales numbers of files and large files, never below one", () => {
  const tiny = sizes(0.000001);
  assert.deepEqual([tiny["large-file"], tiny["million"][0], tiny["one-byte"]], [[1, 2000], 1, [1, 1]]);
});

Deno.test("every target is about a tool of its workload, and every subject takes part", () => {
  for (const { name, subject, tools, targets } of listWorkloads(1)) {
    assert.ok(tools.includes(subject), name);
    for (const target of targets) {
      if ("against" in target) assert.ok(tools.includes(target.against), name);
    }
  }
});

Deno.test("chooseWorkloads() matches parts of names and refuses unknown ones", () => {
  const all = listWorkloads(1);
  assert.deepEqual(chooseWorkloads(all, ["mirror", "one"]).map(({ name }) => name), [
    "mirror-idle",
    "mirror-changed",
    "one-byte",
  ]);
  assert.equal(chooseWorkloads(all, []).length, all.length);
  assert.throws(() => chooseWorkloads(all, ["nothing like it"]), RangeError);
});

Deno.test("roundsOf() gives short runs more rounds and long ones fewer", () => {
  const [oneByte, million] = chooseWorkloads(listWorkloads(1), ["one-byte", "million"]);
  assert.deepEqual([roundsOf(oneByte, 5), roundsOf(million, 5), roundsOf(million, 2)], [20, 3, 2]);
});
