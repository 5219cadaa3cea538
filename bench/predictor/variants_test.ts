import assert from "node:assert/strict";
import { HISTORY_FILE } from "../../core/report/mod.ts";
import { runInTurn } from "../run.ts";
import { withPlace } from "./_testing.ts";
import { createVariants, FIXED_WORKERS, type FixedName } from "./variants.ts";
import { listPredictorWorks } from "./works.ts";

const ignore = Deno.build.os !== "linux";
const SMALL = listPredictorWorks(0.0001).find(({ name }) => name === "files-30")!;

Deno.test("createVariants() gives every variant its own configuration and only the fixed ones a number of workers", () => {
  const job = { verb: "copy", what: "tree", checksum: false, source: "/a", destination: "/b" } as const;
  const lines = createVariants({ fileSystem: "native" }, "/c").map((variant) => {
    const text = variant.commandFor(job).args.join(" ");
    return `${variant.name}: ${text.replaceAll(/\S*\/(mod|fixed_workers)\.ts/g, "$1.ts")}`;
  });
  assert.deepEqual(lines.slice(0, 3), [
    "cold: run -A mod.ts copy /a /b --config-dir /c/cold",
    "warm100: run -A mod.ts copy /a /b --config-dir /c/warm100",
    "fixed0: run -A fixed_workers.ts 0 copy /a /b --config-dir /c/fixed0",
  ]);
  assert.equal(lines.length, 6);
  const [portable] = createVariants({ fileSystem: "portable" }, "/c");
  assert.doesNotMatch(portable.commandFor(job).args.join(" "), /-A|ffi/);
});

Deno.test("a variant starts every run with the history it was given", async () => {
  await withPlace(async (_context, directory) => {
    for (const { name, prepare } of createVariants(SMALL, directory).slice(0, 2)) {
      await prepare?.();
      await Deno.writeTextFile(`${directory}/${name}/${HISTORY_FILE}`, "one more\n", { append: true });
      await prepare?.();
    }
    assert.deepEqual([...Deno.readDirSync(`${directory}/cold`)], []);
    assert.equal((await Deno.readTextFile(`${directory}/warm100/${HISTORY_FILE}`)).split("\n").length, 101);
  });
});

Deno.test({
  name: "no round of a variant finds the record of the one before",
  ignore,
  fn: () =>
    withPlace(async (context, directory) => {
      const all = createVariants(SMALL, directory).slice(0, 1);
      const { rounds } = await runInTurn({ ...SMALL, roundsFactor: 1 }, { all, needed: all }, {
        ...context,
        rounds: 2,
      });
      const history = await Deno.readTextFile(`${directory}/cold/${HISTORY_FILE}`);
      assert.deepEqual([rounds, history.trim().split("\n").length], [2, 1]);
    }),
});

Deno.test({
  name: "variants copy and mirror completely, the fixed ones with as many workers as their name says",
  ignore,
  fn: () =>
    withPlace(async (context, directory) => {
      const mirror = listPredictorWorks(0.0005).find(({ name }) => name === "mirror-changed")!;
      for (const work of [SMALL, mirror]) {
        const all = createVariants(work, directory);
        const { samples } = await runInTurn({ ...work, roundsFactor: 1 }, { all, needed: all }, {
          ...context,
          rounds: 1,
        });
        for (const { name } of all) assert.equal(samples[name]?.[0].problem, undefined, `${work.name}: ${name}`);
        for (const [name, workers] of Object.entries(FIXED_WORKERS) as [FixedName, number][]) {
          assert.equal(samples[name]?.[0].choice?.workers, workers);
        }
      }
    }),
});
