/**
 * A copy is the source, to the last bit: judged by rsync, by a snapshot of everything, and by a second run.
 *
 * @module
 */

import { hugeFiles, richRoot, richTree, treeWithSocket } from "./fixtures/rich_tree.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertNothingDone, copyAll, mirrorAll, nativeVariants } from "./helpers/engine.ts";
import { mountImage, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool, runScript } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link, symlink, type Tree } from "./helpers/tree.ts";
import { copy } from "../mod.ts";

const RICH = ["root", "native", "rsync", "attributes"] as const;

for (const { name, fileSystem, workers } of nativeVariants) {
  testWhere(RICH, `copy() keeps everything that rsync -aHAX knows, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), richTree, richRoot);
    const before = snapshot(source);
    const destination = scratch.join("destination");
    await copyAll(source, destination, { fileSystem, workers });
    assertFaithful(source, destination);
    assertSameTree(destination, before);
    assertSameTree(source, before);
    assertSameAllocation(`${source}/holes`, `${destination}/holes`);
    const second = await copyAll(source, destination, { fileSystem, workers });
    assertNothingDone(second);
    assertSameTree(destination, before);
  });
}

testWhere(
  RICH,
  "blit copy keeps everything that rsync -aHAX knows, in silence, and has nothing to do afterwards",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), richTree, richRoot);
    const destination = scratch.join("destination");
    const first = await blit(["copy", `${source}/`, destination]);
    assertEquals(first, { code: 0, signal: null, stdout: "", stderr: "" });
    assertFaithful(source, destination);
    assertSameTree(destination, source);
    const second = await blit(["copy", "-v", `${source}/`, destination]);
    assertEquals(second.code, 0);
    assertMatch(second.stdout + second.stderr, /nothing (was )?to do/i);
    assertSameTree(destination, source);
  },
);

testWhere(RICH, "copy() keeps everything on a second file system, where nothing can be renamed or shared", async () => {
  using scratch = new Scratch();
  using mount = mountTmpfs(64);
  const source = buildTree(scratch.join("source"), withoutUserAttributes(richTree), richRoot);
  await copyAll(source, `${mount.path}/copy`);
  assertFaithful(source, `${mount.path}/copy`);
  assertSameTree(`${mount.path}/copy`, source);
  assertNothingDone(await copyAll(source, `${mount.path}/copy`));
});

for (const kind of ["xfs", "btrfs"] as const) {
  testWhere([...RICH, "loop"], `copy() keeps everything within ${kind}, which shares blocks`, async () => {
    using mount = mountImage(kind, 400);
    const source = buildTree(`${mount.path}/source`, richTree, richRoot);
    await copyAll(source, `${mount.path}/copy`);
    assertFaithful(source, `${mount.path}/copy`);
    assertSameTree(`${mount.path}/copy`, source);
    assertNothingDone(await copyAll(source, `${mount.path}/copy`));
  });
}

testWhere(["native"], "copy() copies a terabyte of holes in a moment, and it stays sparse", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), hugeFiles);
  await copyAll(source, scratch.join("destination"));
  assertSameTree(scratch.join("destination"), source);
  assertSameAllocation(source, scratch.join("destination"));
});

testWhere(["native"], "copy() writes holes over an old file that had data there", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "file": { kind: "file", content: "", size: 4 << 20, pieces: [] },
  });
  Deno.mkdirSync(scratch.join("destination"));
  Deno.writeFileSync(scratch.join("destination", "file"), new Uint8Array(4 << 20).fill(1));
  await copyAll(source, scratch.join("destination"));
  assertSameTree(scratch.join("destination"), source);
  assertSameAllocation(source, scratch.join("destination"));
});

testWhere(["linux", "native"], "copy() skips sockets and says so", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), treeWithSocket);
  const summary = await copyAll(source, scratch.join("destination"));
  assertEquals(summary.notices.filter((notice) => notice.includes("socket")).length > 0, true);
  assertEquals(Object.keys(snapshot(scratch.join("destination"))).sort(), [".", "file", "sub"]);
  const program = await blit(["copy", `${source}/`, scratch.join("again")]);
  assertEquals(program.code, 0);
  assertMatch(program.stderr, /socket/);
});

testWhere(RICH, "copy() and mirror() repair every single kind of difference, and nothing else", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), editable);
  const destination = scratch.join("destination");
  await copyAll(source, destination);
  runScript(edits, source);
  // Entries that vanished from the source are a mirror's business.
  runScript(["rm -r 'gone' 'gone directory'"], destination);
  await copyAll(source, destination);
  assertFaithful(source, destination);
  assertSameTree(destination, source);
  assertNothingDone(await mirrorAll(source, destination));
});

testWhere(
  RICH,
  "mirror() separates two names of one file where the source has two files, so that each keeps its mode",
  async () => {
    using scratch = new Scratch();
    const mtime = "2020-01-01T00:00:00Z";
    const source = buildTree(scratch.join("source"), {
      "a": file("same", { mode: 0o600, mtime }),
      "b": file("same", { mode: 0o644, mtime }),
    });
    const destination = buildTree(scratch.join("destination"), {
      "a": file("same", { mode: 0o600, mtime }),
      "b": link("a"),
    });
    await mirrorAll(source, destination);
    assertSameTree(destination, source);
    assertNothingDone(await mirrorAll(source, destination));
  },
);

testWhere(RICH, "mirror() leaves two equal names of one file linked, so that linked snapshots stay small", async () => {
  using scratch = new Scratch();
  const mtime = "2020-01-01T00:00:00Z";
  const source = buildTree(scratch.join("source"), { "a": file("same", { mtime }), "b": file("same", { mtime }) });
  const destination = buildTree(scratch.join("destination"), { "a": file("same", { mtime }), "b": link("a") });
  await mirrorAll(source, destination);
  assertFaithful(source, destination);
  assertEquals(Deno.statSync(`${destination}/a`).ino, Deno.statSync(`${destination}/b`).ino);
});

testWhere(
  ["native", "root"],
  "copy() keeps a symbolic link whose target is as long as the file system allows",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "long": symlink("x".repeat(4095)) });
    await copyAll(source, scratch.join("destination"));
    assertSameTree(scratch.join("destination"), source);
  },
);

testWhere(RICH, "copy() copies no content where only metadata differs", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), editable);
  const destination = scratch.join("destination");
  await copyAll(source, destination);
  const inode = Deno.statSync(`${destination}/mode`).ino;
  runScript(edits.filter((line) => /^(chmod|setfattr|setfacl|chown)/.test(line)), source);
  const summary = await copyAll(source, destination);
  assertEquals([summary.filesCopied, summary.bytesCopied], [0, 0]);
  assert(summary.repaired > 0);
  assertEquals(Deno.statSync(`${destination}/mode`).ino, inode);
  assertSameTree(destination, source);
});

testWhere(RICH, "copy() finds a deep change under directories that look untouched", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": dir({ "b": dir({ "c": dir({ "file": "old" }) }) }) });
  const destination = scratch.join("destination");
  await copyAll(source, destination);
  const before = Deno.statSync(`${source}/a/b/c`).mtime!;
  Deno.writeTextFileSync(`${source}/a/b/c/file`, "new content");
  Deno.utimeSync(`${source}/a/b/c`, before, before);
  await copyAll(source, destination);
  assertEquals(Deno.readTextFileSync(`${destination}/a/b/c/file`), "new content");
});

testWhere(["loop", "native"], "a time that the destination cannot hold is copied once, not on every run", async () => {
  using scratch = new Scratch();
  using mount = mountImage("ext4-coarse", 16);
  const source = buildTree(scratch.join("source"), {
    "nanoseconds": file("1", { mtime: "2021-03-04T05:06:07.123456789Z" }),
    "directory": dir({ "late": file("2", { mtime: "2021-03-04T05:06:07.999999999Z" }) }, {
      mtime: "2020-01-01T00:00:00.5Z",
    }),
    "link": symlink("nanoseconds", { mtime: "2021-03-04T05:06:07.123456789Z" }),
  });
  await copyAll(source, `${mount.path}/copy`);
  assertNothingDone(await copyAll(source, `${mount.path}/copy`));
  Deno.writeTextFileSync(`${source}/directory/late`, "3");
  Deno.utimeSync(`${source}/directory/late`, 0, new Date("2021-03-04T05:06:08.5Z"));
  const third = await copyAll(source, `${mount.path}/copy`);
  assertEquals(third.filesCopied, 1);
});

testWhere(
  ["folding", "native"],
  "a mode that the destination cannot hold does not cause a copy on every run",
  async () => {
    using scratch = new Scratch();
    using mount = mountImage("ntfs-folding", 16);
    const source = buildTree(scratch.join("source"), {
      "private": file("1", { mode: 0o600 }),
      "directory": dir({ "public": file("2", { mode: 0o666 }) }, { mode: 0o700 }),
    });
    await copy(`${source}/`, `${mount.path}/copy`);
    const second = await copy(`${source}/`, `${mount.path}/copy`);
    assertEquals([second.filesCopied, second.bytesCopied], [0, 0]);
  },
);

const editable: Tree = {
  "content": file("old content", { mtime: "2020-01-01T00:00:00Z" }),
  "same size": file("old", { mtime: "2020-01-01T00:00:00Z" }),
  "mode": file("1", { mode: 0o600 }),
  "xattr": file("2", { xattrs: { "user.a": "1", "user.b": "2" } }),
  "acl": file("3"),
  "acl goes": file("3", { acl: "u:1000:rw" }),
  "owner": file("4"),
  "time": file("5", { mtime: "2020-01-01T00:00:00Z" }),
  "nanosecond": file("6", { mtime: "2020-01-01T00:00:00.000000001Z" }),
  "directory": dir({ "child": "7" }, { mode: 0o700, mtime: "2020-01-01T00:00:00Z" }),
  "directory attributes": dir({ "child": "8" }),
  "link": symlink("content"),
  "link owner": symlink("content"),
  "link time": symlink("content", { mtime: "2020-01-01T00:00:00Z" }),
  "was linked": file("9", { mode: 0o604 }),
  "was linked too": link("was linked"),
  "will be linked": "10",
  "will be linked too": "10",
  "moves to another group": link("was linked"),
  "file becomes link": "11",
  "link becomes file": symlink("content"),
  "file becomes directory": "12",
  "link becomes directory": symlink("directory"),
  "file becomes fifo": "13",
  "gone": "14",
  "gone directory": dir({ "gone too": "15" }),
  "untouched": file("16", { mtime: "2020-01-01T00:00:00Z" }),
};

const edits: readonly string[] = [
  "echo longer content > content",
  "printf new > 'same size'; touch -d 2020-01-01T00:00:01Z 'same size'",
  "chmod 4755 mode",
  "setfattr -n user.a -v changed xattr",
  "setfattr -x user.b xattr",
  "setfattr -n user.c -v added xattr",
  "setfacl -m u:1000:r acl",
  "setfacl -b 'acl goes'",
  "chown 1000:1001 owner",
  "touch -d 2021-01-01T00:00:00Z time",
  "touch -d 2020-01-01T00:00:00.000000002Z nanosecond",
  "chmod 2755 directory; touch -d 2021-01-01T00:00:00Z directory",
  "setfattr -n user.dir -v x 'directory attributes'",
  "setfacl -m d:u:1000:r 'directory attributes'",
  "ln -sfn 'same size' link",
  "chown -h 1000:1001 'link owner'",
  "touch -h -d 2021-01-01T00:00:00Z 'link time'",
  "ln -f 'will be linked' 'will be linked too'; ln -f 'will be linked' 'moves to another group'",
  "rm 'file becomes link'; ln -s content 'file becomes link'",
  "rm 'link becomes file'; echo file > 'link becomes file'",
  "rm 'file becomes directory'; mkdir 'file becomes directory'; echo 1 > 'file becomes directory/inside'",
  "rm 'link becomes directory'; mkdir 'link becomes directory'; echo 1 > 'link becomes directory/inside'",
  "rm 'file becomes fifo'; mkfifo 'file becomes fifo'",
  "rm -r gone 'gone directory'",
  "mkdir -p added/deep; echo added > added/deep/file",
];

/** Memory keeps no user attributes on every kernel; trusted ones and ACLs it does. */
function withoutUserAttributes(tree: Tree): Tree {
  const { attributes: _, ...rest } = tree;
  return rest;
}

function assertSameAllocation(source: string, destination: string): void {
  const blocks = (root: string) => {
    const output = new TextDecoder().decode(requireTool("find", [root, "-type", "f", "-printf", "%P=%b\n"]));
    return Object.fromEntries(output.trimEnd().split("\n").map((line) => line.split("=")));
  };
  const actual = blocks(destination);
  for (const [path, allocated] of Object.entries(blocks(source))) {
    // A file system may round up to a cluster; a hole that was filled shows as thousands of blocks.
    assert(Number(actual[path]) <= Number(allocated) + 64, `"${path}" uses ${actual[path]} blocks, not ${allocated}`);
  }
  assertEquals(findTemporaries(destination), []);
}

testWhere(
  ["native", "strace"],
  "blit copy sets metadata through the open file, not by a name that may be another's",
  async () => {
    using scratch = new Scratch();
    const files = {
      "new": file("1", { mode: 0o640, mtime: "2020-01-01T00:00:00Z" }),
      "old": file("22", { mode: 0o604 }),
    };
    const source = buildTree(scratch.join("source"), files);
    const destination = buildTree(scratch.join("destination"), { "old": "1" });
    const calls = "trace=chmod,fchmodat,chown,lchown,fchownat,utimensat,utimes,fchmod,write";
    const log = scratch.join("calls");
    const under = ["strace", "-f", "-qq", "-y", "-o", log, "-e", calls];
    const { code, stderr } = await blit(["copy", `${source}/`, destination], { under });
    assertEquals(code, 0, stderr);
    assertSameTree(destination, source, { withoutRoot: true });
    const lines = Deno.readTextFileSync(log).split("\n").filter((line) => line.includes(destination));
    const byName = lines.filter((line) =>
      /\b(l?chown|chmod|f(chmod|chown)at|utimes)\(/.test(line) || /utimensat\([^,]*, "/.test(line)
    );
    assertEquals(byName, []);
    // The time comes last: nothing is written to a file that has it.
    for (const [i, line] of lines.entries()) {
      const [, path] = /utimensat\(\d+<([^>]*)>, NULL/.exec(line) ?? [];
      const written = lines.slice(i).filter((later) =>
        path !== undefined && later.includes(`write(`) && later.includes(`<${path}>`)
      );
      assertEquals(written, []);
    }
    assertEquals(lines.filter((line) => line.includes("utimensat(")).length >= 2, true, lines.join("\n"));
  },
);
