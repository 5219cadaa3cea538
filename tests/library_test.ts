/**
 * The library as a script uses it.
 *
 * @module
 */

import { BlitError, copy, mirror, move, type TransferEvent, verify } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete, codeOf } from "./helpers/engine.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";

const TREE = { "a": "1", "sub": dir({ "b": "22", "c": "333" }) };

Deno.test("a transfer is awaited for its summary", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const summary = await copy(`${source}/`, scratch.join("destination"));
  assertComplete(summary);
  assertEquals([summary.verb, summary.filesCopied, summary.bytesCopied, summary.directoriesCreated], ["copy", 3, 6, 2]);
  assertEquals([summary.source, summary.destination, summary.dryRun], [
    `${source}/`,
    scratch.join("destination"),
    false,
  ]);
  assert(summary.elapsedMs >= 0);
});

Deno.test("a transfer is iterated for its events, in order, from the first to the last", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const called: TransferEvent[] = [];
  const run = copy(`${source}/`, scratch.join("destination"), {
    entryEvents: true,
    onEvent: (event) => called.push(event),
  });
  const seen: TransferEvent[] = [];
  for await (const event of run) seen.push(event);
  assertEquals(seen, called);
  assertEquals(seen.map(({ sequence }) => sequence), seen.map((_, i) => i + 1));
  assertEquals([seen[0].type, seen.at(-1)!.type], ["started", "finished"]);
  const last = seen.at(-1)!;
  assert(last.type === "finished");
  assertEquals(last.summary, await run);
  assertEquals(structuredClone(seen), JSON.parse(JSON.stringify(seen)));
});

Deno.test("a loop over events may be left early, and the transfer goes on", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const run = copy(`${source}/`, scratch.join("destination"));
  for await (const _ of run) break;
  assertComplete(await run);
  assertEquals(listPaths(scratch.join("destination")), ["a", "sub/", "sub/b", "sub/c"]);
});

Deno.test("a run that cannot start rejects with a BlitError, also in a loop", async () => {
  using scratch = new Scratch();
  for (const verb of [copy, mirror, move, verify]) {
    const error = await verb(scratch.join("missing"), scratch.join("there")).then(() => undefined, (error) => error);
    assert(error instanceof BlitError);
    assertEquals(error.code, "not-found");
    assertMatch(error.message, /^Cannot .*: no such file or directory$/);
    const looped = (async () => {
      for await (const _ of verb(scratch.join("missing"), scratch.join("there")));
    })();
    assertEquals(await looped.then(() => undefined, codeOf), "not-found");
  }
});

Deno.test("options that cannot mean anything reject with the code usage", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  for (
    const options of [
      { workers: -1 },
      { workers: 65 },
      { minSizeBytes: -1 },
      { minSizeBytes: 2, maxSizeBytes: 1 },
      { maxAgeMs: NaN },
      { workers: 1.5 },
    ]
  ) {
    const outcome = await copy(source, scratch.join("there"), options).then(() => "done", codeOf);
    assertEquals([options, outcome], [options, "usage"]);
  }
  assertEquals(listPaths(scratch.path).includes("there/"), false);
});

Deno.test("several transfers at once do not disturb each other", async () => {
  using scratch = new Scratch();
  const source = buildTree(
    scratch.join("source"),
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d${i}`, dir({ "x": `${i}`, "y": `${i}` })])),
  );
  const runs = Array.from(
    { length: 6 },
    (_, i) => copy(`${source}/`, scratch.join(`destination ${i}`), { workers: 2 }),
  );
  for (const summary of await Promise.all(runs)) assertComplete(summary);
  for (let i = 0; i < 6; i++) assertEquals(listPaths(scratch.join(`destination ${i}`)), listPaths(source));
});

Deno.test("two copies into one destination at once both succeed", async () => {
  using scratch = new Scratch();
  const source = buildTree(
    scratch.join("source"),
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, `${i}`.repeat(1000)])),
  );
  const destination = scratch.join("destination");
  const summaries = await Promise.all([copy(`${source}/`, destination), copy(`${source}/`, destination)]);
  for (const summary of summaries) {
    for (const { code, message } of summary.failures) assert(code !== "internal", message);
  }
  assertComplete(await copy(`${source}/`, destination));
  assertEquals(listPaths(destination), listPaths(source));
});

Deno.test("counters of progress never decrease and end in the summary", async () => {
  using scratch = new Scratch();
  const source = buildTree(
    scratch.join("source"),
    Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, `${i}`])),
  );
  let bytes = 0;
  let files = 0;
  const summary = await copy(`${source}/`, scratch.join("destination"), {
    onEvent: (event) => {
      if (event.type !== "progress") return;
      assert(event.bytesCopied >= bytes && event.filesCopied >= files);
      [bytes, files] = [event.bytesCopied, event.filesCopied];
    },
  });
  assert(summary.bytesCopied >= bytes && summary.filesCopied >= files);
  const expected = Array.from({ length: 3000 }, (_, i) => `${i}`.length).reduce((sum, length) => sum + length, 0);
  assertEquals([summary.filesCopied, summary.bytesCopied], [3000, expected]);
});
