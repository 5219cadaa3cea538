/**
 * Without FFI: what Deno can keep is kept, the rest is reported entry by entry, and no name is ever damaged.
 *
 * @module
 */

import { copy, mirror } from "../mod.ts";
import { richTree, treeWithSocket } from "./fixtures/rich_tree.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertNothingDone, copyAll, portableVariants } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths, type Snapshot, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, fifo, file, link, rawName, symlink, type Tree } from "./helpers/tree.ts";

const plain: Tree = {
  "file": file("1", { mode: 0o640, mtime: "2021-03-04T05:06:07.123Z" }),
  "empty": "",
  "n\u00fc \u{1f600}": "2",
  "directory": dir({ "inside": "3", "empty": dir({}, { mtime: "1999-01-01T00:00:00Z" }) }, {
    mode: 0o750,
    mtime: "2001-02-03T04:05:06.789Z",
  }),
  "before 1970": file("4", { mtime: "1960-02-03T04:05:06.5Z" }),
  "after 2106": file("5", { mtime: "2200-02-03T04:05:06.25Z" }),
  "set-id": file("6", { mode: 0o6755 }),
  "sticky": dir({}, { mode: 0o1777 }),
  "hard": file("7"),
  "hard too": link("hard"),
  "sub": dir({ "hard three": link("hard") }),
  "link": symlink("file"),
  "dangling": symlink("nowhere", { mtime: "2020-01-01T00:00:00Z" }),
  "to directory": symlink("directory"),
  "new\nline": "8",
  "back\\slash": "9",
  "ends in\\": dir({ "inside": "11", "sub\\": dir({ "deeper": "12", "link": symlink("deeper") }) }),
  "-rf": "10",
};

for (const { name, ...options } of portableVariants) {
  testWhere(["unix"], `copy() keeps everything that Deno can express, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), plain);
    await copyAll(source, scratch.join("destination"), options);
    assertSameTree(scratch.join("destination"), source, { basic: true });
    assertNothingDone(await copyAll(source, scratch.join("destination"), options));
    const inode = (path: string) => Deno.statSync(scratch.join("destination", path)).ino;
    assertEquals([inode("hard too"), inode("sub/hard three")], [inode("hard"), inode("hard")]);
  });

  testWhere(["root", "linux", "attributes"], `copy() loses nothing of the rich tree unreported, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), richTree);
    const before = snapshot(source);
    const destination = scratch.join("destination");
    const summary = await copy(`${source}/`, destination, options);
    assertEquals(summary.status, "partial");
    const failures = new Set(summary.failures.map(({ path }) => path));
    assertReported(before, snapshot(destination), failures);
    assertSameTree(source, before);
  });
}

testWhere(["linux"], "copy() reports FIFOs and names that are not UTF-8 one by one, with exit status 1", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "file": "1",
    "fifo": fifo(),
    [rawName("bad-\xff")]: "2",
    "sub": dir({ [rawName("directory-\xfe")]: dir({ "inside": "3" }), "fine": "4", "fifo too": fifo() }),
  });
  const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
    permissions: ["--allow-read", "--allow-write"],
  });
  assertEquals(code, 1);
  for (const name of ["fifo", "sub/fifo too"]) assertMatch(stderr, new RegExp(`^blit: Cannot .*${name}": `, "m"));
  assertMatch(stderr, /^blit: Cannot .*bad-.*": .*UTF-8/m);
  assertMatch(stderr, /^blit: Cannot .*sub\/directory-.*": .*UTF-8/m);
  assertMatch(stderr, /4 entries/);
  assertEquals(listPaths(scratch.join("destination")), ["file", "sub/", "sub/fine"]);
});

testWhere(["linux"], "mirror() deletes nothing where the source has names that it cannot spell", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "file": "1", [rawName("bad-\xff")]: "2" });
  const destination = buildTree(scratch.join("destination"), { "extra": "3", [rawName("bad-\xff")]: "2" });
  const summary = await mirror(`${source}/`, destination, { fileSystem: "portable" });
  assertEquals([summary.status, summary.deleted], ["partial", 0]);
  assertEquals(Object.keys(snapshot(destination)).sort(), [".", "bad-\\xff", "extra", "file"]);
});

testWhere(["linux"], "copy() skips sockets without FFI too", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), treeWithSocket);
  const summary = await copyAll(source, scratch.join("destination"), { fileSystem: "portable" });
  assert(summary.notices.some((notice) => notice.includes("socket")));
});

testWhere(["native"], "both implementations find nothing to do after each other", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), plain);
  await copyAll(source, scratch.join("native"), { fileSystem: "native" });
  await copyAll(source, scratch.join("portable"), { fileSystem: "portable" });
  assertNothingDone(await copyAll(source, scratch.join("native"), { fileSystem: "portable" }));
  const finer = await copyAll(source, scratch.join("portable"), { fileSystem: "native" });
  // The two names of one file: a finer time is set by replacing it, since it may have names elsewhere.
  assertEquals([finer.filesCopied, finer.bytesCopied], [1, 1]);
});

/** Every entry is there as it was, or it (or a directory above it) was reported. */
function assertReported(before: Snapshot, after: Snapshot, failures: ReadonlySet<string>): void {
  const problems: string[] = [];
  for (const path of Object.keys(after)) if (!(path in before)) problems.push(`"${path}" was never there`);
  for (const [path, line] of Object.entries(before)) {
    if (isReported(path, failures)) continue;
    if (after[path] === undefined) problems.push(`"${path}" is missing`);
    else if (essence(after[path]) !== essence(line) || !isSameTime(after[path], line)) {
      problems.push(`"${path}"\n  is  ${after[path]}\n  not ${line}`);
    }
  }
  assertEquals(problems.slice(0, 10), []);
}

function isReported(path: string, failures: ReadonlySet<string>): boolean {
  // Names that are not UTF-8 are reported as they can be spelled, with U+FFFD for what cannot.
  if (/\\x[0-9a-f]{2}/.test(path)) return true;
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (failures.has(path.slice(0, end))) return true;
  }
  return failures.has(path);
}

/** What Deno's calls can keep without a word: no attributes, no links to reported entries, no times of links. */
function essence(line: string): string {
  return line.replace(/ same-as=.*$/, "").replace(/ (user|trusted|security|system)\.[^]*$/, "")
    .replace(/ mtime=\S+/, "");
}

/** Whether two lines name the same time, as far as a number of seconds in JavaScript can hold it. */
function isSameTime(left: string, right: string): boolean {
  if (left.startsWith("l ")) return true;
  const milliseconds = (line: string) => {
    const [, seconds, fraction] = line.match(/ mtime=(-?\d+)\.(\d+)/)!;
    return Number(seconds) * 1000 + Number(`0.${fraction}`) * 1000;
  };
  return Math.abs(milliseconds(left) - milliseconds(right)) <= 1;
}
