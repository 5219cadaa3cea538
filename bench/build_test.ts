import assert from "node:assert/strict";
import { applyEdits, buildTree, fingerprint } from "./build.ts";
import { planEdits, planFlatTree, planSingleFile } from "./trees.ts";

const ignore = Deno.build.os !== "linux";

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test({
  name: "buildTree() writes all files, each with its size",
  ignore,
  fn: () =>
    withDirectory(async (directory) => {
      const root = `${directory}/src`;
      await buildTree([...planSingleFile(20_000_000), ...planFlatTree({ files: 300, fileBytes: 5 })], root);
      assert.equal(Deno.lstatSync(`${root}/f00000`).size, 20_000_000);
      assert.equal([...Deno.readDirSync(`${root}/d0000`)].length, 250);
      assert.equal(Deno.lstatSync(`${root}/d0001/f00049`).size, 5);
    }),
});

Deno.test({
  name: "buildTree() passes on why a worker failed",
  ignore,
  fn: () =>
    withDirectory(async (directory) => {
      const plan = [{ path: "a\0b", files: 1, fileBytes: 1 }];
      await assert.rejects(buildTree(plan, `${directory}/src`), /Cannot build a source tree/);
    }),
});

Deno.test({
  name: "buildTree() writes nothing any more after an abort",
  ignore,
  fn: () =>
    withDirectory(async (directory) => {
      const signal = AbortSignal.timeout(100);
      const root = `${directory}/src`;
      await assert.rejects(buildTree(planFlatTree({ files: 1_000_000, fileBytes: 1 }), root, signal), {
        name: "TimeoutError",
      });
      await Deno.remove(root, { recursive: true });
      assert.deepEqual([...Deno.readDirSync(directory)], []);
    }),
});

Deno.test({
  name: "fingerprint() is the same for a copy and differs after edits",
  ignore,
  fn: () =>
    withDirectory(async (directory) => {
      const plan = planFlatTree({ files: 20, fileBytes: 5 });
      await buildTree(plan, `${directory}/src`);
      await new Deno.Command("cp", { args: ["-a", `${directory}/src`, `${directory}/dst`] }).output();
      const before = await fingerprint(`${directory}/src`);
      assert.equal(await fingerprint(`${directory}/dst`), before);
      applyEdits(`${directory}/src`, planEdits(plan, { touch: 1, remove: 0, add: 0 }), 5);
      assert.notEqual(await fingerprint(`${directory}/src`), before);
    }),
});
