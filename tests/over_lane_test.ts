/**
 * A source at the other end of a lane gives the same tree as one on this machine.
 *
 * @module
 */

import type { MirrorOptions, TransferSummary, Verb } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { overLane } from "./helpers/over_lane.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link, symlink, type Tree } from "./helpers/tree.ts";
import { hugeFiles, richRoot, richTree } from "./fixtures/rich_tree.ts";

const RICH = ["root", "native", "rsync", "attributes"] as const;

async function run(
  verb: Verb,
  source: string,
  destination: string,
  options: MirrorOptions = {},
): Promise<TransferSummary> {
  const { summary } = await overLane(verb, source, destination, options);
  return summary;
}

testWhere(RICH, "copy() over a lane keeps everything that rsync -aHAX knows, and converges", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), richTree, richRoot);
  const before = snapshot(source);
  const destination = scratch.join("destination");
  assertComplete(await run("copy", `${source}/`, destination));
  assertFaithful(source, destination);
  assertSameTree(destination, before);
  assertSameTree(source, before);
  assertNothingDone(await run("copy", `${source}/`, destination));
  assertComplete(await run("verify", `${source}/`, destination));
});

testWhere(["native"], "copy() over a lane sends no holes", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), hugeFiles);
  const { summary, sent } = await overLane("copy", `${source}/`, scratch.join("destination"));
  assertComplete(summary);
  assertSameTree(scratch.join("destination"), source);
  assertEquals(sent.contentBytes < 1_000_000, true, `${sent.contentBytes} bytes sent`);
});

function edited(): { before: Tree; after: Tree } {
  const many = (count: number, text: string): Tree =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, `${text} ${i}`]));
  const large = "x".repeat(3_000_000);
  return {
    before: {
      "same": dir(many(2000, "content")),
      "changed": dir({ ...many(50, "old"), "large": large }),
      "gone": dir({ "below": dir(many(30, "gone")) }),
      "was a file": "1",
      "was a directory": dir({ "x": "1" }),
      "was a link": symlink("same"),
      "names": dir({ "first": "1", "second": link("names/first") }),
    },
    after: {
      "same": dir(many(2000, "content")),
      "changed": dir({ ...many(50, "new content"), "large": `${large}y` }),
      "was a file": dir({ "now": "a directory" }),
      "was a directory": "now a file",
      "was a link": "now a file",
      "new": dir({ "deep": dir({ "er": dir(many(40, "new")) }) }),
      "names": dir({ "a": "1", "first": link("names/a"), "second": link("names/a") }),
    },
  };
}

Deno.test("mirror() over a lane makes the destination equal, deletions included", async () => {
  using scratch = new Scratch();
  const { before, after } = edited();
  const source = buildTree(scratch.join("source"), after);
  const destination = buildTree(scratch.join("destination"), before);
  const plan = await run("mirror", `${source}/`, destination, { dryRun: true });
  const done = await run("mirror", `${source}/`, destination);
  assertComplete(done);
  assertSameTree(destination, source);
  assertEquals([plan.filesCopied, plan.deleted], [done.filesCopied, done.deleted]);
  assertNothingDone(await run("mirror", `${source}/`, destination));
  assertEquals(findTemporaries(destination), []);
});

Deno.test("mirror() over a lane spares what a filter leaves out", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "b.tmp": "2", "d": dir({ "c.tmp": "3" }) });
  const destination = buildTree(scratch.join("destination"), { "b.tmp": "old", "x.tmp": "4", "y": "5" });
  const summary = await run("mirror", `${source}/`, destination, { exclude: ["*.tmp"] });
  assertComplete(summary);
  assertEquals(listPaths(destination), ["a", "b.tmp", "d/", "x.tmp"]);
  assertEquals(Deno.readTextFileSync(`${destination}/b.tmp`), "old");
});

Deno.test("move() over a lane removes what is safe, and keeps what was left out", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "a": "1",
    "sub": dir({ "b": "2", "keep.tmp": "3", "empty": dir() }),
    "gone": dir({ "c": "4" }),
  });
  const destination = buildTree(scratch.join("destination"), { "sub": dir({ "keep.tmp": "3" }), "other": "5" });
  const { summary, sent } = await overLane("move", `${source}/`, destination, { exclude: ["*.tmp"] });
  assertComplete(summary);
  assertEquals(listPaths(source), ["sub/", "sub/keep.tmp"]);
  assertEquals(sent.removed, 5);
  assertEquals(listPaths(destination), [
    "a",
    "gone/",
    "gone/c",
    "other",
    "sub/",
    "sub/b",
    "sub/empty/",
    "sub/keep.tmp",
  ]);
});

Deno.test("copy() over a lane follows the trailing-slash rule, also for one file", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "d": dir({ "b": "2" }) });
  const into = scratch.directory("into");
  assertComplete(await run("copy", source, into));
  assertEquals(listPaths(into), ["source/", "source/a", "source/d/", "source/d/b"]);
  assertComplete(await run("copy", `${source}/a`, into));
  assertComplete(await run("copy", `${source}/a`, `${into}/renamed`));
  assertNothingDone(await run("copy", `${source}/a`, `${into}/renamed`));
  Deno.writeTextFileSync(`${source}/a`, "other content");
  assertComplete(await run("copy", `${source}/a`, `${into}/renamed`));
  assertEquals(Deno.readTextFileSync(`${into}/renamed`), "other content");
  assertEquals(Deno.readTextFileSync(`${into}/a`), "1");
});

Deno.test("verify() over a lane compares contents by hash and names what differs", async () => {
  using scratch = new Scratch();
  const tree = { "same": "1".repeat(100_000), "other": "2".repeat(100_000), "d": dir({ "x": "3" }) };
  const source = buildTree(scratch.join("source"), tree);
  const destination = buildTree(scratch.join("destination"), {
    ...tree,
    "other": file("3".repeat(100_000)),
    "more": "4",
  });
  const summary = await run("verify", `${source}/`, destination, { comparison: "checksum" });
  assertEquals([summary.failed, summary.filesCopied], [0, 0]);
  const differing: string[] = [];
  await run("verify", `${source}/`, destination, {
    onEvent: (event) => event.type === "difference" && differing.push(`${event.difference} ${event.path}`),
  });
  assertEquals(differing.filter((line) => line.startsWith("content")), ["content other"]);
  assertEquals(differing.filter((line) => line.startsWith("extra")), ["extra more"]);
});

Deno.test("copy() over a lane with --checksum sends only what differs", async () => {
  using scratch = new Scratch();
  const content = "x".repeat(2_000_000);
  const source = buildTree(scratch.join("source"), { "same": content, "other": `${content.slice(1)}y` });
  const destination = buildTree(scratch.join("destination"), { "same": content, "other": content });
  const { summary, sent } = await overLane("copy", `${source}/`, destination, { comparison: "checksum" });
  assertComplete(summary);
  assertSameTree(destination, source);
  assertEquals([summary.filesCopied, sent.contentBytes], [1, 2_000_000]);
});
