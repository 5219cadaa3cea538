import assert from "node:assert/strict";
import { countBytes, countFiles } from "../trees.ts";
import { listWorkloads } from "../workloads.ts";
import { listPredictorWorks, type PredictorWork } from "./works.ts";

function find(works: readonly PredictorWork[], name: string): PredictorWork {
  return works.find((work) => work.name === name)!;
}

Deno.test("listPredictorWorks() has every workload of the benchmark, and small trees that no scale changes", () => {
  const [full, small] = [listPredictorWorks(1), listPredictorWorks(0.01)];
  const names = full.map(({ name }) => name);
  assert.ok(listWorkloads(1).every(({ name }) => names.includes(name)));
  assert.equal(new Set(names).size, names.length);
  const sizes = ({ tree }: PredictorWork) => [countFiles(tree), countBytes(tree)];
  for (const works of [full, small]) {
    assert.deepEqual(sizes(find(works, "files-300")), [300, 300 * 4096]);
    assert.deepEqual(sizes(find(works, "large-files")), [8, 88_000_000]);
  }
  assert.equal(countFiles(find(full, "million").tree), 100_000);
  assert.deepEqual([full, small].map((works) => countFiles(find(works, "small-files").tree)), [30_000, 300]);
});

Deno.test("listPredictorWorks() runs the portable workload without FFI and the others with it", () => {
  const portable = listPredictorWorks(1).filter(({ fileSystem }) => fileSystem === "portable");
  assert.deepEqual(portable.map(({ name }) => name), ["portable"]);
});
