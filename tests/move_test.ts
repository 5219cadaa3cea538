/**
 * A source entry goes only after its copy is confirmed.
 *
 * @module
 */

import { move } from "../mod.ts";
import { richRoot, richTree } from "./fixtures/rich_tree.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, entryLines } from "./helpers/engine.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link, symlink } from "./helpers/tree.ts";
import { withoutReadOverride } from "./helpers/users.ts";
import type { TransferEvent } from "../mod.ts";

const TREE = {
  "a": file("1", { mode: 0o640, mtime: "2020-01-01T00:00:00Z" }),
  "sub": dir({ "b": "2", "empty": dir() }, { mtime: "2020-01-02T00:00:00Z" }),
  "empty file": "",
};

for (const { name, ...options } of allVariants) {
  Deno.test(`move() into an existing directory copies, confirms and removes, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), TREE);
    const before = snapshot(source, { basic: true });
    const destination = buildTree(scratch.join("destination"), { "source": dir({ "a": "old content" }) });
    assertComplete(await move(source, destination, options));
    assertSameTree(snapshot(`${destination}/source`, { basic: true }), before);
    assertEquals(listPaths(scratch.path).filter((path) => path.startsWith("source")), []);
  });

  testWhere(["mounts"], `move() to another file system copies, confirms and removes, ${name}`, async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(16);
    const source = buildTree(scratch.join("source"), { ...TREE, "x": "3", "hard": link("x"), "l": symlink("x") });
    const before = snapshot(source, { basic: true });
    assertComplete(await move(source, `${disk.path}/moved`, options));
    assertSameTree(snapshot(`${disk.path}/moved`, { basic: true }), before);
    assertEquals(listPaths(scratch.path), []);
  });
}

testWhere(["root", "native", "attributes", "mounts"], "move() to another file system keeps everything", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(64);
  const { attributes: _, ...rest } = richTree;
  const source = buildTree(scratch.join("source"), rest, richRoot);
  const before = snapshot(source);
  assertComplete(await move(source, `${disk.path}/moved`));
  assertSameTree(`${disk.path}/moved`, before);
  assertEquals(listPaths(scratch.path), []);
});

for (const { name, fileSystem, workers } of allVariants.filter(({ workers }) => workers !== 1)) {
  testWhere(
    ["root", "setpriv"],
    `move() keeps what it could not copy, and the directories above it, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "fine": "1",
        "closed": file("2", { mode: 0o000 }),
        "sub": dir({ "fine": "3", "deep": dir({ "closed": file("4", { mode: 0o000 }) }) }),
        "whole": dir({ "fine": "5" }),
        "shut": dir({ "inside": "6" }, { mode: 0o000 }),
      });
      const destination = scratch.directory("destination");
      const { summary } = await withoutReadOverride("move", `${source}/`, destination, { fileSystem, workers });
      assertEquals(summary?.status, "partial");
      assertEquals(listPaths(source), ["closed", "shut/", "shut/inside", "sub/", "sub/deep/", "sub/deep/closed"]);
      assertEquals(listPaths(destination).filter((path) => path.endsWith("fine")), ["fine", "sub/fine", "whole/fine"]);
    },
  );
}

testWhere(["root", "setpriv"], "blit move keeps a source entry whose owner could not be kept", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "mine": "1",
    "theirs": file("2", { owner: [1000, 1001] }),
    "sub": dir({ "theirs": file("3", { owner: [1000, 1001] }), "mine": "4" }),
  });
  const destination = scratch.directory("destination");
  const under = ["setpriv", "--bounding-set", "-chown"];
  const { code, stderr } = await blit(["move", `${source}/`, destination], { under });
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot .*owner.*theirs"/m);
  assertEquals(listPaths(source), ["sub/", "sub/theirs", "theirs"]);
  assertEquals(listPaths(destination), ["mine", "sub/", "sub/mine", "sub/theirs", "theirs"]);
});

Deno.test("move() leaves what the filters leave out, and the directories above it", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "a.txt": "1",
    "b.log": "2",
    "sub": dir({ "c.txt": "3", "d.log": "4" }),
    "only txt": dir({ "e.txt": "5" }),
  });
  assertComplete(await move(source, scratch.join("destination"), { exclude: ["*.log"] }));
  assertEquals(listPaths(source), ["b.log", "sub/", "sub/d.log"]);
  assertEquals(listPaths(scratch.join("destination")), ["a.txt", "only txt/", "only txt/e.txt", "sub/", "sub/c.txt"]);
});

Deno.test("move() removes the source of a file that the destination has already, equal", async () => {
  using scratch = new Scratch();
  const entry = file("same", { mtime: "2020-01-01T00:00:00Z" });
  const source = buildTree(scratch.join("source"), { "a": entry });
  const destination = buildTree(scratch.join("destination"), { "a": entry, "other": "1" });
  assertComplete(await move(`${source}/`, destination));
  assertEquals([listPaths(source), listPaths(destination)], [[], ["a", "other"]]);
});

Deno.test("move({ comparison: ignore-existing }) keeps the source of what was there already", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "new content", "b": "1" });
  const destination = buildTree(scratch.join("destination"), { "a": "old" });
  await move(`${source}/`, destination, { comparison: "ignore-existing" });
  assertEquals(listPaths(source), ["a"]);
  assertEquals(Deno.readTextFileSync(`${destination}/a`), "old");
});

for (const existing of [false, true]) {
  Deno.test(`move({ dryRun }) ${existing ? "by copying" : "by renaming"} changes neither side and tells the truth`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), TREE);
    if (existing) buildTree(scratch.join("destination"), { "other": "1" });
    const before = listPaths(scratch.path);
    const run = async (dryRun: boolean) => {
      const events: TransferEvent[] = [];
      const onEvent = (event: TransferEvent) => void events.push(event);
      const from = existing ? `${source}/` : source;
      assertComplete(await move(from, scratch.join("destination"), { dryRun, entryEvents: true, onEvent }));
      return entryLines(events);
    };
    const planned = await run(true);
    assertEquals(listPaths(scratch.path), before);
    assertEquals(planned, await run(false));
  });
}

testWhere(["mounts"], "blit move onto a full disk removes only what arrived", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(2);
  const source = buildTree(
    scratch.join("source"),
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, `${i}`.repeat(50_000)])),
  );
  const contents = Object.fromEntries(
    listPaths(source).map((path) => [path, Deno.readTextFileSync(`${source}/${path}`)]),
  );
  const { code, stderr } = await blit(["move", `${source}/`, disk.path]);
  assertEquals(code, 1);
  assertMatch(stderr, /no space left/i);
  for (const [path, content] of Object.entries(contents)) {
    const where = listPaths(source).includes(path) ? source : disk.path;
    assertEquals(Deno.readTextFileSync(`${where}/${path}`) === content, true, `"${path}" is lost`);
  }
});
