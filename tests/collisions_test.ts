/**
 * Two names that the destination takes for one: neither is lost in silence.
 *
 * @module
 */

import { copy, mirror, move } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { mountImage } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";

const COLLIDING = {
  "Readme": "upper",
  "README": "all upper",
  "readme": "lower",
  "other": "1",
  "Sub": dir({ "x": "2" }),
  "sub": dir({ "y": "3" }),
};

for (const fileSystem of ["native", "portable"] as const) {
  testWhere(
    ["folding", "native"],
    `copy() reports names that the destination folds into one, ${fileSystem}`,
    async () => {
      using scratch = new Scratch();
      using disk = mountImage("ntfs-folding", 16);
      const source = buildTree(scratch.join("source"), COLLIDING);
      const summary = await copy(`${source}/`, `${disk.path}/copy`, { fileSystem });
      const collisions = summary.failures.filter(({ code }) => code === "name-collision").map(({ path }) => path);
      assertEquals(collisions.filter((path) => /^readme$/i.test(path)).length, 2, JSON.stringify(summary.failures));
      assertEquals(collisions.filter((path) => /^sub$/i.test(path)).length, 1, JSON.stringify(summary.failures));
      assertEquals(summary.status, "partial");
      const there = listPaths(`${disk.path}/copy`).filter((path) => /^readme$/i.test(path));
      assertEquals(there.length, 1);
      // The name that is there has its own content, not that of the other.
      const content = Deno.readTextFileSync(`${disk.path}/copy/${there[0]}`);
      const survivor = ["Readme", "README", "readme"].find((path) => !collisions.includes(path))!;
      assertEquals(content, Deno.readTextFileSync(`${source}/${survivor}`));
    },
  );
}

testWhere(["folding", "native"], "blit copy says which two names collide, and exits with 1", async () => {
  using scratch = new Scratch();
  using disk = mountImage("ntfs-folding", 16);
  const source = buildTree(scratch.join("source"), { "Readme": "1", "README": "2" });
  const { code, stderr } = await blit(["copy", `${source}/`, `${disk.path}/copy`]);
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot .*README|Readme.*/m);
});

testWhere(
  ["folding", "native"],
  "a mirror to a folding file system deletes nothing when names collide, and nothing it just wrote",
  async () => {
    using scratch = new Scratch();
    using disk = mountImage("ntfs-folding", 16);
    const source = buildTree(scratch.join("source"), COLLIDING);
    const destination = buildTree(`${disk.path}/copy`, { "extra": "1" });
    const summary = await mirror(`${source}/`, destination);
    assertEquals(summary.status, "partial");
    assert(listPaths(destination).includes("other"));
    assertEquals(listPaths(destination).filter((path) => /^readme$/i.test(path)).length, 1);
  },
);

testWhere(["folding", "native"], "a move to a folding file system keeps the source of what collided", async () => {
  using scratch = new Scratch();
  using disk = mountImage("ntfs-folding", 16);
  const source = buildTree(scratch.join("source"), { "Readme": "1", "README": "2", "other": "3" });
  const summary = await move(`${source}/`, `${disk.path}/moved`);
  assertEquals(summary.status, "partial");
  assertEquals(listPaths(source).length, 1);
  assertEquals(listPaths(`${disk.path}/moved`).length, 2);
});

testWhere(
  ["folding", "native"],
  "a name that differs only in case from an old one replaces it or is reported, and neither is lost",
  async () => {
    using scratch = new Scratch();
    using disk = mountImage("ntfs-folding", 16);
    const source = buildTree(scratch.join("source"), { "Readme": "new content" });
    const destination = buildTree(`${disk.path}/copy`, { "README": "old" });
    const summary = await mirror(`${source}/`, destination);
    const there = listPaths(destination);
    assertEquals(there.length, 1);
    const expected = summary.failed > 0 ? "old" : "new content";
    assertEquals(Deno.readTextFileSync(`${destination}/${there[0]}`), expected);
  },
);
