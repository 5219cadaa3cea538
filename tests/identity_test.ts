/**
 * One entry under several paths: by bind mounts, symbolic links and hard links. None of them costs the entry its content.
 *
 * @module
 */

import { copy, move } from "../mod.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "./helpers/assert.ts";
import { allVariants, assertNothingDone, copyAll, mirrorAll } from "./helpers/engine.ts";
import { bindMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link, symlink } from "./helpers/tree.ts";

const fewVariants = allVariants.filter(({ workers }) => workers === 0 || workers === 2);

for (const verb of ["copy", "mirror", "move"]) {
  testWhere(
    ["mounts"],
    `blit ${verb} onto the same directory through a bind mount is refused with 3 and loses nothing`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "f": "2" }) });
      const place = scratch.directory("place");
      using _bind = bindMount(source, place);
      const flags = verb === "mirror" ? ["--yes"] : [];
      const { code, stderr } = await blit([verb, ...flags, `${source}/`, place]);
      assertEquals(code, 3);
      assertMatch(stderr, /^blit: Cannot .*same directory/m);
      assertEquals(listPaths(source), ["a", "sub/", "sub/f"]);
      assertEquals([Deno.readTextFileSync(`${source}/a`), Deno.readTextFileSync(`${source}/sub/f`)], ["1", "2"]);
    },
  );
}

for (const { name, ...options } of fewVariants) {
  testWhere(
    ["mounts"],
    `move() keeps a directory that a bind mount shows at the destination too, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "f": "2" }) });
      const destination = buildTree(scratch.join("destination"), { "sub": dir() });
      using _bind = bindMount(`${source}/sub`, `${destination}/sub`);
      const summary = await move(`${source}/`, destination, options);
      assertEquals([summary.status, summary.failures.map(({ path }) => path)], ["partial", ["sub"]]);
      assertEquals(listPaths(source), ["sub/", "sub/f"]);
      assertEquals(Deno.readTextFileSync(`${source}/sub/f`), "2");
      assertEquals(Deno.readTextFileSync(`${destination}/a`), "1");
    },
  );
}

for (const verb of ["copy", "move"]) {
  testWhere(["unix"], `blit ${verb} of a symbolic link onto its own target is refused with 3`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, {
      "target": "precious",
      "link": symlink("target"),
      "links": dir({ "target": symlink("../target") }),
    });
    const before = listPaths(scratch.path);
    for (const [source, destination] of [["link", "target"], ["links/target", "."], ["links/target", "target"]]) {
      const { code, stderr } = await blit([verb, source, destination], { cwd: scratch.path });
      assertEquals([source, destination, code], [source, destination, 3]);
      assertMatch(stderr, /^blit: Cannot .*same file/m);
      assertEquals(listPaths(scratch.path), before);
      assert(Deno.lstatSync(scratch.join("target")).isFile, "the target became a link");
      assertEquals(Deno.readTextFileSync(scratch.join("target")), "precious");
    }
  });
}

testWhere(
  ["mounts"],
  "blit mirror deletes nothing of a source that a bind mount puts inside the destination",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "f": "2" }) });
    const destination = buildTree(scratch.join("destination"), { "inside": dir() });
    using _bind = bindMount(source, `${destination}/inside`);
    const { code, stderr } = await blit(["mirror", "--yes", `${source}/`, destination]);
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot delete .*source/m);
    assertEquals(listPaths(source), ["a", "sub/", "sub/f"]);
    assertEquals(Deno.readTextFileSync(`${source}/sub/f`), "2");
  },
);

for (const shown of ["sub", "sub/deeper"]) {
  testWhere(
    ["mounts"],
    `blit copy into a bind mount of the source's own "${shown}" ends and does not copy it into itself`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "deeper": dir({ "f": "2" }) }) });
      const place = scratch.directory("place");
      using _bind = bindMount(`${source}/${shown}`, place);
      const { code } = await blit(["copy", `${source}/`, place], { timeoutMs: 10_000 });
      assert(code === 1 || code === 3, `exit status ${code}`);
      const depth = Math.max(...listPaths(source).map((path) => path.replace(/\/$/, "").split("/").length));
      assert(depth <= 4, `it recursed: ${listPaths(source).join(" ")}`);
      assertEquals(Deno.readTextFileSync(`${source}/sub/deeper/f`), "2");
    },
  );
}

const OLD_TIME = "2020-01-01T00:00:00Z";

for (const { name, ...options } of fewVariants) {
  testWhere(
    ["unix"],
    `copy({ comparison: ignore-existing }) never links to a file that was there, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "a": file("new", { mtime: OLD_TIME }),
        "b": link("a"),
        "sub": dir({ "c": link("a"), "d": link("a") }),
      });
      // The same size and time, so that nothing but the rule tells it from what a copy would be.
      const destination = buildTree(scratch.join("destination"), { "a": file("old", { mtime: OLD_TIME }) });
      await copyAll(source, destination, { ...options, comparison: "ignore-existing" });
      const inode = (path: string) => Deno.statSync(`${destination}/${path}`).ino;
      assertEquals(Deno.readTextFileSync(`${destination}/a`), "old");
      for (const path of ["b", "sub/c", "sub/d"]) {
        assertEquals([path, Deno.readTextFileSync(`${destination}/${path}`)], [path, "new"]);
        assertNotEquals(inode(path), inode("a"));
      }
    },
  );

  testWhere(["unix"], `copy() separates two files that are one at the destination, once, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "a1": file("same", { mtime: OLD_TIME, mode: 0o640 }),
      "a2": link("a1"),
      "b1": file("same", { mtime: "2021-01-01T00:00:00Z", mode: 0o600 }),
      "b2": link("b1"),
    });
    const destination = buildTree(scratch.join("destination"), {
      "a1": file("same", { mtime: OLD_TIME, mode: 0o640 }),
      "a2": link("a1"),
      "b1": link("a1"),
      "b2": link("a1"),
    });
    await copyAll(source, destination, options);
    assertSameTree(destination, source, { basic: options.fileSystem === "portable" });
    const inodes = ["a1", "a2", "b1", "b2"].map((path) => Deno.statSync(`${destination}/${path}`).ino);
    assertEquals([inodes[0] === inodes[1], inodes[2] === inodes[3], inodes[0] === inodes[2]], [true, true, false]);
    assertNothingDone(await copy(`${source}/`, destination, options));
  });
}

for (const { name, ...options } of fewVariants) {
  testWhere(
    ["unix"],
    `a name outside the selection keeps its mode when another name of it changes, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "a": file("same", { mtime: OLD_TIME, mode: 0o600 }),
        "b": link("a"),
        "c": link("a"),
      });
      const destination = buildTree(scratch.join("destination"), {
        "a": file("same", { mtime: OLD_TIME, mode: 0o644 }),
        "b": link("a"),
      });
      Deno.linkSync(`${destination}/a`, scratch.join("outside"));
      await mirrorAll(source, destination, { ...options, exclude: ["/a"] });
      const modes = [`${destination}/a`, scratch.join("outside"), `${destination}/b`, `${destination}/c`]
        .map((path) => (Deno.statSync(path).mode ?? 0) & 0o777);
      assertEquals(modes, [0o644, 0o644, 0o600, 0o600]);
      assertEquals(Deno.statSync(`${destination}/b`).ino, Deno.statSync(`${destination}/c`).ino);
      assertNothingDone(await mirrorAll(source, destination, { ...options, exclude: ["/a"] }));
    },
  );
}

testWhere(["mounts"], "blit copy names a directory that a mount makes the same on both sides", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "sub": dir({ "f": "1" }), "top": "2" });
  const destination = buildTree(scratch.join("destination"), { "sub": dir() });
  using _bind = bindMount(`${source}/sub`, `${destination}/sub`);
  const { code, stderr } = await blit(["copy", `${source}/`, destination]);
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot copy .*sub": source and destination are one directory here/m);
  assertEquals(listPaths(source), ["sub/", "sub/f", "top"]);
});
