/**
 * Where things go: the trailing-slash rule, for every verb and every kind of source.
 *
 * @module
 */

import { copy, mirror, move } from "../mod.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, type Tree } from "./helpers/tree.ts";

interface Case {
  rule: string;
  /** What is there besides the source. */
  before: Tree;
  source: string;
  destination: string;
  /** Paths of all files afterwards, those of the source left out. */
  after: readonly string[];
}

const directoryCases: readonly Case[] = [
  {
    rule: "SRC DEST/ makes DEST/SRC where DEST exists",
    before: { "DEST": dir() },
    source: "SRC",
    destination: "DEST/",
    after: ["DEST/SRC/file", "DEST/SRC/sub/deep"],
  },
  {
    rule: "SRC DEST/ makes DEST/SRC where DEST does not exist",
    before: {},
    source: "SRC",
    destination: "DEST/",
    after: ["DEST/SRC/file", "DEST/SRC/sub/deep"],
  },
  {
    rule: "SRC DEST makes DEST/SRC where DEST is a directory",
    before: { "DEST": dir({ "old": "" }) },
    source: "SRC",
    destination: "DEST",
    after: ["DEST/SRC/file", "DEST/SRC/sub/deep", "DEST/old"],
  },
  {
    rule: "SRC/ DEST puts the contents into DEST",
    before: { "DEST": dir() },
    source: "SRC/",
    destination: "DEST",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC/ DEST/ puts the contents into DEST",
    before: { "DEST": dir() },
    source: "SRC/",
    destination: "DEST/",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC/. DEST puts the contents into DEST",
    before: { "DEST": dir() },
    source: "SRC/.",
    destination: "DEST",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC/ DEST makes DEST where nothing is there",
    before: {},
    source: "SRC/",
    destination: "DEST",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC/. DEST makes DEST where nothing is there",
    before: {},
    source: "SRC/.",
    destination: "DEST",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC DEST makes DEST the copy where nothing is there",
    before: {},
    source: "SRC",
    destination: "DEST",
    after: ["DEST/file", "DEST/sub/deep"],
  },
  {
    rule: "SRC/ A/B makes parents that are missing",
    before: {},
    source: "SRC/",
    destination: "A/B",
    after: ["A/B/file", "A/B/sub/deep"],
  },
  {
    rule: "SRC/sub DEST/ takes the last name only",
    before: { "DEST": dir() },
    source: "SRC/sub",
    destination: "DEST/",
    after: ["DEST/sub/deep"],
  },
];

const fileCases: readonly Case[] = [
  {
    rule: "file DEST/ makes DEST/file where DEST exists",
    before: { "DEST": dir() },
    source: "SRC/file",
    destination: "DEST/",
    after: ["DEST/file"],
  },
  {
    rule: "file DEST/ makes DEST/file where DEST does not exist",
    before: {},
    source: "SRC/file",
    destination: "DEST/",
    after: ["DEST/file"],
  },
  {
    rule: "file DEST makes DEST/file where DEST is a directory",
    before: { "DEST": dir({ "old": "" }) },
    source: "SRC/file",
    destination: "DEST",
    after: ["DEST/file", "DEST/old"],
  },
  {
    rule: "file other makes other where nothing is there",
    before: {},
    source: "SRC/file",
    destination: "other",
    after: ["other"],
  },
  {
    rule: "file other replaces other where it is a file",
    before: { "other": "old" },
    source: "SRC/file",
    destination: "other",
    after: ["other"],
  },
];

const SOURCE: Tree = { "file": "content", "sub": dir({ "deep": "deep content" }) };
const transfers = { copy, mirror, move } as const;

for (const verb of ["copy", "mirror", "move"] as const) {
  for (const { rule, before, source, destination, after } of [...directoryCases, ...fileCases]) {
    const isFile = source === "SRC/file";
    Deno.test(`${verb}() ${rule}`, async () => {
      using scratch = new Scratch();
      buildTree(scratch.path, { ...before, "SRC": dir(SOURCE) });
      // A mirror keeps what is outside of its target: `old` stands beside it in every case that has it.
      const summary = await transfers[verb](scratch.join(source), scratch.join(destination));
      assertComplete(summary);
      const files = listPaths(scratch.path).filter((path) => !path.endsWith("/") && !path.startsWith("SRC/"));
      assertEquals(files, [...after]);
      const leaf = after.find((path) => path.endsWith("file") || path === "other");
      if (leaf) assertEquals(Deno.readTextFileSync(scratch.join(leaf)), "content");
      const left = listPaths(scratch.path).filter((path) => path.startsWith("SRC/") && !path.endsWith("/"));
      assertEquals(left, verb === "move" ? leftBehind(source) : ["SRC/file", "SRC/sub/deep"]);
      if (!isFile && verb !== "move") assertEquals(summary.filesCopied, source === "SRC/sub" ? 1 : 2);
    });
  }
}

function leftBehind(source: string): string[] {
  if (source === "SRC/file") return ["SRC/sub/deep"];
  return source === "SRC/sub" ? ["SRC/file"] : [];
}

Deno.test("blit copy -v shows the resolved destination", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE), "DEST": dir() });
  const { code, stderr } = await blit(["copy", "-v", "SRC", "DEST"], { cwd: scratch.path });
  assertEquals(code, 0);
  assertMatch(stderr, /DEST[/\\]SRC/);
});

Deno.test("blit copies relative to the working directory, `.` and `..` included", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE), "work": dir() });
  const { code } = await blit(["copy", "../SRC/", "."], { cwd: scratch.join("work") });
  assertEquals(code, 0);
  assertEquals(listPaths(scratch.join("work")), ["file", "sub/", "sub/deep"]);
  const again = await blit(["copy", ".", "../other"], { cwd: scratch.join("work") });
  assertEquals(again.code, 0);
  assertEquals(listPaths(scratch.join("other")), ["file", "sub/", "sub/deep"]);
});

Deno.test("blit takes a name with a leading dash after `--`", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "--delete": "content" });
  const { code, stderr } = await blit(["copy", "--", "--delete", "-n"], { cwd: scratch.path });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(Deno.readTextFileSync(scratch.join("-n")), "content");
});

Deno.test("blit takes ./a:b as a local path", async () => {
  using scratch = new Scratch();
  if (Deno.build.os === "windows") return;
  buildTree(scratch.path, { "a:b": "content" });
  const { code } = await blit(["copy", "./a:b", "./c:d"], { cwd: scratch.path });
  assertEquals(code, 0);
  assertEquals(Deno.readTextFileSync(scratch.join("c:d")), "content");
});

Deno.test("blit says which forms there are where an endpoint is ambiguous", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "file": "content" });
  const { code, stderr } = await blit(["copy", "file", "host:9031"], { cwd: scratch.path });
  assertEquals(code, 2);
  assertMatch(stderr, /^blit: Cannot .*host:9031/);
  assertMatch(stderr, /server:\/module\/path.*server:9031:\/module\/path.*\.\//s);
  assertEquals(listPaths(scratch.path), ["file"]);
});

Deno.test("copy() gives a new root the source directory's own mode and time", async () => {
  using scratch = new Scratch();
  if (Deno.build.os === "windows") return;
  buildTree(scratch.join("SRC"), SOURCE, { mode: 0o750, mtime: "2001-02-03T04:05:06Z" });
  await copy(scratch.join("SRC"), scratch.join("DEST"));
  const { mode, mtime } = Deno.statSync(scratch.join("DEST"));
  assertEquals([mode! & 0o7777, mtime!.toISOString()], [0o750, "2001-02-03T04:05:06.000Z"]);
});

Deno.test("mirror() into a container never touches what stands beside its target", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, {
    "SRC": dir(SOURCE),
    "DEST": dir({ "SRC": dir({ "extra": "goes" }), "other": dir({ "stays": "stays" }) }),
  });
  assertComplete(await mirror(scratch.join("SRC"), scratch.join("DEST")));
  assertEquals(listPaths(scratch.join("DEST")).filter((path) => !path.endsWith("/")), [
    "SRC/file",
    "SRC/sub/deep",
    "other/stays",
  ]);
});

Deno.test("mirror() of one file deletes nothing beside it", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE), "DEST": dir({ "other": "stays" }) });
  assertComplete(await mirror(scratch.join("SRC", "file"), `${scratch.join("DEST")}/`));
  assertEquals(listPaths(scratch.join("DEST")), ["file", "other"]);
});

Deno.test("move() within one file system to a place where nothing is renames", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE) });
  const inode = Deno.statSync(scratch.join("SRC", "file")).ino;
  const summary = await move(scratch.join("SRC"), scratch.join("DEST"));
  assertEquals([summary.route, summary.status], ["rename", "done"]);
  assertEquals(Deno.statSync(scratch.join("DEST", "file")).ino, inode);
  assertEquals(listPaths(scratch.path).includes("SRC/"), false);
});

Deno.test("move() of the contents keeps the source directory itself", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE), "DEST": dir({ "old": "" }) });
  assertComplete(await move(`${scratch.join("SRC")}/`, scratch.join("DEST")));
  assertEquals(listPaths(scratch.path).filter((path) => path.startsWith("SRC")), ["SRC/"]);
});

Deno.test("move() of a directory into a container removes it when it is empty", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "SRC": dir(SOURCE), "DEST": dir({ "SRC": dir({ "old": "" }) }) });
  assertComplete(await move(scratch.join("SRC"), scratch.join("DEST")));
  assertEquals(listPaths(scratch.path).filter((path) => path.startsWith("SRC")), []);
  assertEquals(listPaths(scratch.join("DEST", "SRC")), ["file", "old", "sub/", "sub/deep"]);
});
