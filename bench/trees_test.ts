import assert from "node:assert/strict";
import {
  countBytes,
  countFiles,
  DEEP_LEVELS,
  planEdits,
  planFlatTree,
  planSingleFile,
  planSkewedTree,
} from "./trees.ts";

Deno.test("planFlatTree() fills directories and leaves the rest to the last one", () => {
  const plan = planFlatTree({ files: 600, fileBytes: 10 });
  assert.deepEqual(plan.map(({ path, files }) => [path, files]), [["d0000", 250], ["d0001", 250], ["d0002", 100]]);
  assert.deepEqual([countFiles(plan), countBytes(plan)], [600, 6000]);
});

Deno.test("planSingleFile() has one file in the root", () => {
  assert.deepEqual(planSingleFile(7), [{ path: "", files: 1, fileBytes: 7 }]);
});

Deno.test("planSkewedTree() keeps 90% of all files in one branch, at every size", () => {
  for (const files of [50_000, 1_000, 37]) {
    const plan = planSkewedTree(files, 1);
    const deep = plan.filter(({ path }) => path.startsWith("deep/"));
    assert.deepEqual([countFiles(plan), countFiles(deep)], [files, Math.round(files * 0.9)]);
  }
  const depth = Math.max(...planSkewedTree(50_000, 1).map(({ path }) => path.split("/").length));
  assert.equal(depth, DEEP_LEVELS + 2);
});

Deno.test("planEdits() chooses different files for each kind of change", () => {
  const plan = planFlatTree({ files: 1_000, fileBytes: 1 });
  const edits = planEdits(plan, { touch: 20, remove: 10, add: 10 });
  assert.deepEqual([edits.touched.length, edits.removed.length, edits.added.length], [20, 10, 10]);
  assert.equal(new Set([...edits.touched, ...edits.removed, ...edits.added]).size, 40);
  assert.equal(new Set(edits.removed.map((path) => path.split("/")[0])).size, 4);
});

Deno.test("planEdits() never chooses more files than there are", () => {
  const edits = planEdits(planFlatTree({ files: 3, fileBytes: 1 }), { touch: 2, remove: 9, add: 0 });
  assert.equal(edits.touched.length + edits.removed.length, 3);
});
