import assert from "node:assert/strict";
import { addSpace, measureSpace, multiplySpace } from "./budget.ts";
import { listTools, type ToolName } from "./peers.ts";
import { openPlace, type Place } from "./places.ts";
import { type RunContext, runWorkload } from "./run.ts";
import { rotate } from "./sitting.ts";
import { chooseWorkloads, listWorkloads, type Workload } from "./workloads.ts";

const ignore = Deno.build.os !== "linux";

function smallWorkload(name: string): Workload {
  return chooseWorkloads(listWorkloads(0.001), [name])[0];
}

/** Runs in a directory of its own, and fails when anything is left there. */
async function withContext(names: ToolName[], run: (context: RunContext) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    {
      await using place = await openPlace(parent);
      const tools = listTools().filter(({ name }) => names.includes(name));
      const { signal } = new AbortController();
      await run({ place, tools, rounds: 2, env: {}, onProgress: () => {}, signal });
    }
    assert.deepEqual([...Deno.readDirSync(parent)], []);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

Deno.test("rotate() starts each round with the next tool", () => {
  assert.deepEqual([0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join("")), ["abc", "bca", "cab", "abc"]);
  assert.deepEqual(rotate([], 3), []);
});

Deno.test({
  name: "runWorkload() measures every round and leaves nothing behind",
  ignore,
  fn: () =>
    withContext(["cp"], async (context) => {
      const { rounds, samples, notes } = await runWorkload(smallWorkload("small-files"), context);
      assert.deepEqual([rounds, notes], [2, []]);
      assert.deepEqual(samples.cp?.map(({ problem }) => problem), [undefined, undefined]);
    }),
});

Deno.test({
  name: "runWorkload() notices a destination that is not a copy",
  ignore,
  fn: () =>
    withContext(["cp"], async (context) => {
      const idle = { ...context.tools[0], commandFor: () => ({ program: "mkdir", args: ["/proc/1/no"] }) };
      const lazy = { ...context.tools[0], commandFor: () => ({ program: "true", args: [] }) };
      for (const [tool, problem] of [[idle, /mkdir/], [lazy, /not a copy/]] as const) {
        const { samples } = await runWorkload(smallWorkload("small-files"), { ...context, tools: [tool], rounds: 1 });
        assert.match(samples.cp?.[0].problem ?? "", problem);
      }
    }),
});

Deno.test({
  name: "runWorkload() takes a fresh place for the rounds that do not fit",
  ignore,
  fn: () =>
    withContext(["cp"], async (context) => {
      const workload = smallWorkload("small-files");
      let opened = 0;
      const place: Place = {
        ...context.place,
        renewable: true,
        // A source and two copies.
        capacity: () => addSpace(multiplySpace(measureSpace(workload.tree), 3)),
        open: () => (opened++, context.place.open()),
      };
      const { rounds, samples, notes } = await runWorkload(workload, { ...context, place, rounds: 3 });
      assert.deepEqual([rounds, opened, samples.cp?.length], [3, 2, 3]);
      assert.match(notes.join(), /rounds ran 2 \+ 1/);
    }),
});

Deno.test({
  name: "runWorkload() skips what does not fit at all",
  ignore,
  fn: () =>
    withContext(["cp"], async (context) => {
      const place: Place = { ...context.place, capacity: () => ({ bytes: 10, entries: 10 }) };
      const { rounds, notes } = await runWorkload(smallWorkload("small-files"), { ...context, place });
      assert.equal(rounds, 0);
      assert.match(notes.join(), /skipped/);
    }),
});
