/**
 * Deno's permissions: what each verb needs, and what it does without the rest.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, symlink } from "./helpers/tree.ts";

const TREE = {
  "a": file("1", { mode: 0o640, mtime: "2020-01-01T00:00:00.123Z" }),
  "sub": dir({ "b": "2" }),
  "e": dir(),
};

Deno.test("blit copy works with reading and writing granted for its two paths only", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const destination = scratch.join("destination");
  const permissions = [
    `--allow-read=${source},${destination},${PROJECT}`,
    `--allow-write=${destination}`,
    "--no-prompt",
  ];
  const run = await blit(["copy", `${source}/`, destination], { permissions });
  assertEquals(run, { code: 0, signal: null, stdout: "", stderr: "" });
  assertSameTree(destination, source, { basic: true });
  const again = await blit(["copy", "-v", `${source}/`, destination], { permissions });
  assertMatch(again.stdout, /nothing to do/i);
});

testWhere(
  ["unix"],
  "blit copy with paths granted reports symbolic links, which Deno then refuses to make",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      ...TREE,
      "link": symlink("a"),
      "sub too": dir({ "l": symlink("x") }),
    });
    const destination = scratch.join("destination");
    const { code, stderr } = await blit(["copy", `${source}/`, destination], {
      permissions: [`--allow-read=${source},${destination},${PROJECT}`, `--allow-write=${destination}`, "--no-prompt"],
    });
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*link": .*(--allow|permission)/m);
    assertMatch(stderr, /^blit: Cannot .*sub too\/l": /m);
    assertMatch(stderr, /2 entries/);
    assertEquals(listPaths(destination), ["a", "e/", "sub too/", "sub/", "sub/b"]);
  },
);

testWhere(["unix"], "blit copy with all reading and writing granted, and no FFI, keeps symbolic links", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { ...TREE, "link": symlink("a") });
  const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
    permissions: ["--allow-read", "--allow-write", "--no-prompt"],
  });
  assertEquals([code, stderr], [0, ""]);
  assertSameTree(scratch.join("destination"), source, { basic: true });
});

Deno.test("blit copy without the permission to write says which one is missing and exits with 3", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const { code, stdout, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
    permissions: ["--allow-read", "--no-prompt"],
  });
  assertEquals([code, stdout], [3, ""]);
  assertMatch(stderr, /^blit: Cannot .*destination/);
  assertMatch(stderr, /--allow-write/);
  assertNotMatch(stderr, /^\s+at /m);
});

Deno.test("blit copy without the permission to read the source says which one is missing and exits with 3", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const destination = scratch.join("destination");
  const { code, stderr } = await blit(["copy", `${source}/`, destination], {
    permissions: [`--allow-read=${destination},${PROJECT}`, `--allow-write=${destination}`, "--no-prompt"],
  });
  assertEquals(code, 3);
  assertMatch(stderr, /--allow-read/);
});

Deno.test("blit verify needs no permission to write", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const { code, stdout, stderr } = await blit(["verify", `${source}/`, source.replace("source", "source/.")], {
    permissions: [`--allow-read=${source},${PROJECT}`, "--no-prompt"],
  });
  assert(code === 0 || code === 3, `${code} ${stdout} ${stderr}`);
  const copy = buildTree(scratch.join("copy"), { ...TREE, "extra": "1" });
  const differing = await blit(["verify", `${source}/`, copy], {
    permissions: [`--allow-read=${source},${copy},${PROJECT}`, "--no-prompt"],
  });
  assertEquals(differing.code, 1);
  assertMatch(differing.stdout, /^extra +extra$/m);
});

for (const set of ["local", "portable"]) {
  Deno.test(`the permission set "${set}" of the project is enough for a copy`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), TREE);
    const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
      permissions: [`--config=${PROJECT}/deno.json`, `--permission-set=${set}`, "--no-prompt"],
    });
    assertEquals([code, stderr], [0, ""]);
    assertSameTree(scratch.join("destination"), source, { basic: true });
  });
}

Deno.test("blit reads no environment variable to decide what to do", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const { code } = await blit(["copy", `${source}/`, scratch.join("destination")], {
    permissions: ["--allow-read", "--allow-write", "--deny-env", "--no-prompt"],
  });
  assertEquals(code, 0);
});
