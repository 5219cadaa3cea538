import assert from "node:assert/strict";
import { countBytes, countFiles } from "../trees.ts";
import { listWorkloads } from "../workloads.ts";
import { listPredictorWorks, listTrainingWorks, type PredictorWork } from "./works.ts";

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
  assert.equal(countFiles(find(full, "million").tree), 200_000);
  assert.equal(countFiles(find(small, "small-files").tree), 1000);
});

Deno.test("listPredictorWorks() runs the portable workload without FFI and the others with it", () => {
  const portable = listPredictorWorks(1).filter(({ fileSystem }) => fileSystem === "portable");
  assert.deepEqual(portable.map(({ name }) => name), ["portable"]);
});

Deno.test("listTrainingWorks() has the same works, the large ones at a tenth, small and large in turn", () => {
  const [measured, training] = [listPredictorWorks(1), listTrainingWorks(1)];
  const names = (works: readonly PredictorWork[]) => works.map(({ name }) => name).sort();
  assert.deepEqual(names(training), names(measured));
  assert.equal(countFiles(find(training, "small-files").tree), 10_000);
  assert.equal(countFiles(find(training, "files-4000").tree), 4000);
  const first = training.slice(0, 10).map(({ name }) => name);
  const small = first.filter((name) => /^files-|^medium|^large-files/.test(name));
  assert.ok(small.length >= 4 && small.length <= 6, first.join(" "));
});
