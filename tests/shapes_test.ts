/**
 * Trees of extreme shape: deeper than a path may be long, and wider than a batch.
 *
 * @module
 */

import { copy, move, verify } from "../mod.ts";
import { nested } from "./fixtures/rich_tree.ts";
import { assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone, copyAll, mirrorAll } from "./helpers/engine.ts";
import { has, testWhere } from "./helpers/needs.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool, runScript } from "./helpers/shell.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { buildTree, dir, file, sparse } from "./helpers/tree.ts";

const DEPTH = 60;
const WIDTH = 200_000;

/** Directories with names of 255 bytes: a path of 15,360 bytes, which no single system call takes. */
function buildDeepTree(root: string): void {
  Deno.mkdirSync(root);
  runScript([
    `name=$(printf 'd%.0s' {1..255})`,
    `for ((i = 0; i < ${DEPTH}; i++)); do mkdir "$name"; echo "$i" > file; ln -s file link; cd "$name"; done`,
    `echo bottom > 'at the bottom'; chmod 2750 .`,
  ], root);
}

/** Listed by `find`, which descends by directory handles; its own output may be longer than PATH_MAX. */
function listDeep(root: string): string {
  const format = "%d %f %y %m %T@ %l\\n";
  return new TextDecoder().decode(requireTool("bash", ["-c", `find . -printf '${format}' | sort`], root));
}

for (const workers of [0, 1, 2, 4]) {
  testWhere(["native"], `copy() and mirror() work below the longest path, native with ${workers} workers`, async () => {
    using scratch = new Scratch();
    buildDeepTree(scratch.join("source"));
    await copyAll(scratch.join("source"), scratch.join("destination"), { workers });
    assertEquals(listDeep(scratch.join("destination")), listDeep(scratch.join("source")));
    assertNothingDone(await mirrorAll(scratch.join("source"), scratch.join("destination"), { workers }));
    // The mirror deletes as deep as it copies.
    buildTree(scratch.join("shallow"), { "file": "1" });
    await mirrorAll(scratch.join("shallow"), scratch.join("destination"), { workers });
    assertSameTree(scratch.join("destination"), scratch.join("shallow"));
  });
}

testWhere(["native", "mounts"], "move() removes a source below the longest path", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(16);
  buildDeepTree(scratch.join("source"));
  const expected = listDeep(scratch.join("source"));
  assertComplete(await move(scratch.join("source"), `${disk.path}/moved`));
  assertEquals(listDeep(`${disk.path}/moved`), expected);
  assertEquals([...Deno.readDirSync(scratch.path)], []);
});

testWhere(
  ["unix"],
  "the portable file system reports what is below the longest path and loses nothing else",
  async () => {
    using scratch = new Scratch();
    buildDeepTree(scratch.join("source"));
    buildTree(scratch.join("source", "beside"), { "file": "1" });
    const { copy } = await import("../mod.ts");
    const summary = await copy(`${scratch.join("source")}/`, scratch.join("destination"), { fileSystem: "portable" });
    assertEquals(Deno.readTextFileSync(scratch.join("destination", "beside", "file")), "1");
    if (summary.failed === 0) {
      assertEquals(
        listDeep(scratch.join("destination")).split("\n").length,
        listDeep(scratch.join("source")).split("\n").length,
      );
    } else assertEquals(summary.status, "partial");
  },
);

testWhere(["unix"], "copy() keeps 60 directories in one another with their times", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "depth": nested(DEPTH) });
  await copyAll(source, scratch.join("destination"));
  assertSameTree(scratch.join("destination"), source);
});

testWhere(
  ["linux", "native", "rsync"],
  "copy() keeps a directory of 200,000 entries, and mirror() changes ten of them",
  async () => {
    using scratch = new Scratch();
    // In memory where possible: a disk's journal would decide how long this takes.
    using disk = has("mounts") ? mountTmpfs(2048) : undefined;
    const root = disk?.path ?? scratch.path;
    const source = `${root}/source`;
    Deno.mkdirSync(source);
    requireTool("bash", ["-c", `seq ${WIDTH} | split -l 1 -a 6 -d - f`], source);
    await copyAll(source, `${root}/destination`);
    assertFaithful(source, `${root}/destination`);
    assertNothingDone(await copyAll(source, `${root}/destination`));
    runScript(["rm f00000[0-4]", "for i in {1..5}; do echo changed > f10000$i; done"], source);
    const summary = await mirrorAll(source, `${root}/destination`);
    assertEquals([summary.filesCopied, summary.deleted, summary.entriesFound], [5, 5, WIDTH - 5]);
    assertFaithful(source, `${root}/destination`);
    const compared = await verify(`${source}/`, `${root}/destination`);
    assertEquals([compared.status, compared.differences], ["done", 0]);
  },
);

testWhere(["unix"], "copy() keeps a tree in which one branch holds nearly everything", async () => {
  using scratch = Scratch.inMemory();
  const source = buildTree(scratch.join("source"), {
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`light ${i}`, dir({ "file": `${i}` })])),
    "heavy": dir({
      "a": dir({ "b": dir(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, file(`${i}`)]))) }),
    }),
  });
  const summary = await copyAll(source, scratch.join("destination"));
  assertEquals(summary.filesCopied, 3010);
  assertSameTree(scratch.join("destination"), source);
});

for (const count of [0, 1, 7, 8, 9, 127, 128, 129, 1023, 1024, 1025, 4096, 4097]) {
  testWhere(["unix"], `copy() keeps a directory of ${count} files, whatever the route`, async () => {
    using scratch = Scratch.inMemory();
    const source = buildTree(
      scratch.join("source"),
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, `${i}`])),
    );
    const summary = await copyAll(source, scratch.join("destination"));
    assertEquals(summary.filesCopied, count);
    assertSameTree(scratch.join("destination"), source);
  });
}

for (const size of [0, 1, 4095, 4096, 4097, (1 << 16) - 1, 1 << 20, (1 << 20) + 1, (64 << 20) + 1, (150 << 20) + 7]) {
  testWhere(["unix"], `copy() keeps a file of ${size} bytes, whatever the route`, async () => {
    using scratch = new Scratch();
    const source = scratch.directory("source");
    const pattern = crypto.getRandomValues(new Uint8Array(Math.min(size, 65521)));
    const content = new Uint8Array(size);
    for (let at = 0; at < size; at += pattern.length) content.set(pattern.subarray(0, size - at), at);
    Deno.writeFileSync(`${source}/file`, content);
    for (const workers of [undefined, 0, 2]) {
      const destination = scratch.join(`destination ${workers}`);
      const summary = await copyAll(source, destination, { workers });
      assertEquals([summary.filesCopied, summary.bytesCopied], [1, size]);
      requireTool("cmp", [`${source}/file`, `${destination}/file`]);
    }
  });
}

testWhere(["native"], "copy() has workers copy ranges of a file of 1 GiB at once", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("source"), { "large": sparse(2 ** 30, [{ at: 2 ** 29, text: "middle" }]) });
  const summary = await copy(`${path}/large`, scratch.join("copied"));
  assertEquals([summary.route, summary.workers > 0], ["large-file", true]);
  requireTool("cmp", [`${path}/large`, scratch.join("copied")]);
});
