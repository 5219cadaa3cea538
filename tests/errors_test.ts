/**
 * What goes wrong is said with its path and its reason, ends with the right status, and loses nothing.
 *
 * @module
 */

import { copy } from "../mod.ts";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { allVariants, codeOf } from "./helpers/engine.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, symlink } from "./helpers/tree.ts";
import { NOBODY, NobodysHome, WITHOUT_OVERRIDE } from "./helpers/users.ts";

const LARGE = "x".repeat(3 << 20);

testWhere(
  ["root", "setpriv"],
  "blit copy reports a file that it may not read, copies the rest and exits with 1",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "a": "1",
      "closed": file("secret", { mode: 0o000 }),
      "sub": dir({ "closed too": file("secret", { mode: 0o000 }), "z": "2" }),
    });
    const { code, stdout, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
      under: WITHOUT_OVERRIDE,
    });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^blit: Cannot .*closed": permission denied$/m);
    assertMatch(stderr, /^blit: Cannot .*sub\/closed too": permission denied$/m);
    assertMatch(stderr, /2 entries/);
    assertNotMatch(stderr, /\n {4}at /);
    assertEquals(listPaths(scratch.join("destination")), ["a", "sub/", "sub/z"]);
  },
);

testWhere(["root", "setpriv"], "blit copy leaves the old file whole where the new one cannot be read", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "closed": file("new content", { mode: 0o000 }) });
  const destination = buildTree(scratch.join("destination"), { "closed": "old" });
  const { code } = await blit(["copy", `${source}/`, destination], { under: WITHOUT_OVERRIDE });
  assertEquals([code, Deno.readTextFileSync(`${destination}/closed`)], [1, "old"]);
  assertEquals(listPaths(destination), ["closed"]);
});

testWhere(
  ["root", "setpriv"],
  "blit copy reports a directory that it may not list, copies the rest and exits with 1",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1", "closed": dir({ "inside": "2" }, { mode: 0o000 }) });
    const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
      under: WITHOUT_OVERRIDE,
    });
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*closed": permission denied$/m);
    assertEquals(Deno.readTextFileSync(scratch.join("destination", "a")), "1");
  },
);

testWhere(
  ["root", "setpriv"],
  "blit copy by somebody who is not root keeps all but the owners and is content",
  async () => {
    using scratch = new Scratch();
    using home = new NobodysHome();
    const source = buildTree(scratch.join("source"), {
      "of root": file("1", { mode: 0o644, mtime: "2020-01-01T00:00:00.123456789Z" }),
      "of somebody": file("2", { mode: 0o640, owner: [65534, 65534] }),
      "sub": dir({ "link": symlink("../of root") }, { mode: 0o755 }),
    });
    const into = scratch.directory("into");
    Deno.chmodSync(into, 0o777);
    const run = await blit(["copy", `${source}/`, `${into}/copy`], { under: NOBODY, env: home.env });
    assertEquals(run, { code: 0, signal: null, stdout: "", stderr: "" });
    const own = (root: string) =>
      Object.fromEntries(Object.entries(snapshot(root)).map(([path, line]) => [path, line.replace(/owner=\S+/, "")]));
    assertSameTree(own(`${into}/copy`), own(source));
    const again = await blit(["copy", "-v", `${source}/`, `${into}/copy`], { under: NOBODY, env: home.env });
    assertEquals(again.code, 0);
    assertMatch(again.stdout, /nothing to do/i);
  },
);

testWhere(
  ["root", "setpriv"],
  "blit copy says which directory it may not write to, and exits with 3 where it is the root",
  async () => {
    using scratch = new Scratch();
    using home = new NobodysHome();
    const source = buildTree(scratch.join("source"), { "a": "1" });
    const destination = scratch.directory("destination");
    const { code, stderr } = await blit(["copy", `${source}/`, `${destination}/new`], { under: NOBODY, env: home.env });
    assertEquals(code, 3);
    assertMatch(stderr, /^blit: Cannot .*destination.*: permission denied/m);
    assertEquals(listPaths(destination), []);
  },
);

Deno.test("blit copy from a source that does not exist says so and exits with 2", async () => {
  using scratch = new Scratch();
  const { code, stdout, stderr } = await blit(["copy", "missing", "there"], { cwd: scratch.path });
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^blit: Cannot .*"missing": no such file or directory/);
  assertEquals(listPaths(scratch.path), []);
});

Deno.test("blit copy of a directory to a file says so, exits with 2 and keeps the file", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "source": dir({ "a": "1" }), "file": "precious" });
  for (const source of ["source", "source/"]) {
    const { code, stderr } = await blit(["copy", source, "file"], { cwd: scratch.path });
    assertEquals(code, 2);
    assertMatch(stderr, /^blit: Cannot .*"file": .*is a file/);
    assertEquals(Deno.readTextFileSync(scratch.join("file")), "precious");
  }
});

Deno.test("blit copy below a file says that a parent is no directory", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "source": dir({ "a": "1" }), "file": "precious" });
  const { code, stderr } = await blit(["copy", "source/", "file/below"], { cwd: scratch.path });
  assertEquals(code, 2);
  assertMatch(stderr, /^blit: Cannot .*file.*: .*(not a directory|is a file)/);
  assertEquals(Deno.readTextFileSync(scratch.join("file")), "precious");
});

for (const verb of ["copy", "mirror", "move"]) {
  Deno.test(`blit ${verb} refuses a destination inside the source, and the reverse, with 3`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, { "outer": dir({ "inner": dir({ "a": "1" }), "b": "2" }) });
    const before = listPaths(scratch.path);
    const attempts = [
      ["outer", "outer/inner/"],
      ["outer/", "outer/inner"],
      ["outer/", "outer/inner/new/deeper"],
      ["outer/", "outer/new"],
      ["outer/inner/", "outer"],
      ["outer/", "outer"],
      ["outer", "."],
      ["outer/b", "outer/b"],
      ["outer/b", "outer/"],
    ];
    for (const [source, destination] of attempts) {
      const { code, stderr } = await blit([verb, source, destination], { cwd: scratch.path });
      assertEquals([source, destination, code], [source, destination, 3]);
      assertMatch(stderr, /^blit: Cannot .*(inside|same)/);
      assertEquals(listPaths(scratch.path), before);
    }
  });
}

testWhere(["unix"], "copy() sees through links to a destination inside the source", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "outer": dir({ "inner": dir(), "b": "2" }), "alias": symlink("outer/inner") });
  const { code } = await blit(["copy", "outer/", "alias/new"], { cwd: scratch.path });
  assertEquals([code, listPaths(scratch.join("outer"))], [3, ["b", "inner/"]]);
});

testWhere(["unix"], "copy() keeps loops of symbolic links as links and ends", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "to itself": symlink("to itself"),
    "a": symlink("b"),
    "b": symlink("a"),
    "sub": dir({ "up": symlink(".."), "here": symlink(".") }),
  });
  const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")]);
  assertEquals([code, stderr], [0, ""]);
  assertSameTree(scratch.join("destination"), source);
});

for (const { name, ...options } of allVariants.filter(({ workers }) => workers !== 1)) {
  Deno.test(`copy() leaves a directory in the way of a file alone, unless forced, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "entry": "file", "other": "1" });
    const destination = buildTree(scratch.join("destination"), { "entry": dir({ "precious": "2" }) });
    const summary = await copy(`${source}/`, destination, options);
    assertEquals([summary.status, summary.failed], ["partial", 1]);
    assertEquals(summary.failures[0].path, "entry");
    assertEquals(listPaths(destination), ["entry/", "entry/precious", "other"]);
    const forced = await copy(`${source}/`, destination, { ...options, force: true });
    assertEquals([forced.status, Deno.readTextFileSync(`${destination}/entry`)], ["done", "file"]);
  });
}

testWhere(
  ["mounts"],
  "blit copy onto a full disk ends with one clear error, keeps old files whole and leaves no temporary",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(4);
    const source = buildTree(scratch.join("source"), {
      "a old": file("new content"),
      "b": file(LARGE),
      "c old": file(LARGE),
      "sub": dir(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, "y".repeat(60_000)]))),
    });
    buildTree(disk.path, { "a old": "old", "c old": "old but longer" });
    const { code, stdout, stderr } = await blit(["copy", `${source}/`, disk.path]);
    assertEquals([code, stdout], [1, ""]);
    assertEquals(stderr.match(/no space left/gi)?.length, 1, stderr);
    assertMatch(stderr, /^blit: Cannot .*: no space left/m);
    assertEquals(findTemporaries(disk.path), []);
    assert(["old", "new content"].includes(Deno.readTextFileSync(`${disk.path}/a old`)));
    assert(["old but longer", LARGE].includes(Deno.readTextFileSync(`${disk.path}/c old`)));
    for (const path of listPaths(disk.path).filter((path) => !path.endsWith("/") && !path.includes("old"))) {
      const copied = Deno.readTextFileSync(`${disk.path}/${path}`);
      assert(copied === Deno.readTextFileSync(`${source}/${path}`), `"${path}" is damaged: ${copied.length} bytes`);
    }
  },
);

for (const { name, ...options } of allVariants.filter(({ workers }) => workers !== 1)) {
  testWhere(["mounts"], `copy() onto a full disk leaves no damaged file under a final name, ${name}`, async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(1);
    const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
    const source = buildTree(scratch.join("source"), {
      "large": file("z".repeat(900_000)),
      "sub": dir(Object.fromEntries(names.map((name) => [name, name.repeat(10_000)]))),
    });
    const outcome = await copy(`${source}/`, disk.path, options).then(() => "done", codeOf);
    assertEquals(outcome, "no-space");
    assertEquals(findTemporaries(disk.path), []);
    for (const path of listPaths(disk.path).filter((path) => !path.endsWith("/"))) {
      const copied = Deno.readTextFileSync(`${disk.path}/${path}`);
      assert(copied === Deno.readTextFileSync(`${source}/${path}`), `"${path}" is damaged: ${copied.length} bytes`);
    }
  });
}

testWhere(
  ["mounts"],
  "blit copy to a read-only file system ends with one clear error and changes nothing",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(4);
    const source = buildTree(scratch.join("source"), { "a": "new content", "b": "2", "sub": dir({ "c": "3" }) });
    buildTree(disk.path, { "a": "old" });
    disk.remount("ro");
    const { code, stderr } = await blit(["copy", `${source}/`, disk.path]);
    assertEquals(code, 3);
    assertEquals(stderr.match(/read-only/gi)?.length, 1, stderr);
    assertMatch(stderr, /^blit: Cannot .*: .*read-only/m);
    assertEquals([listPaths(disk.path), Deno.readTextFileSync(`${disk.path}/a`)], [["a"], "old"]);
  },
);

testWhere(["mounts"], "blit move from a read-only file system copies and says what it could not remove", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(4);
  buildTree(disk.path, { "a": "1", "sub": dir({ "b": "2" }) });
  disk.remount("ro");
  const { code, stderr } = await blit(["move", `${disk.path}/`, scratch.join("destination")]);
  assert(code === 1 || code === 3, `exit status ${code}`);
  assertMatch(stderr, /read-only/i);
  assertEquals(listPaths(scratch.join("destination")), ["a", "sub/", "sub/b"]);
  assertEquals(listPaths(disk.path), ["a", "sub/", "sub/b"]);
});

testWhere(["root", "linux"], "blit copy reports an immutable old file and goes on", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "fixed": "new content", "z": "2" });
  const destination = buildTree(scratch.join("destination"), { "fixed": "old" });
  try {
    requireTool("chattr", ["+i", `${destination}/fixed`]);
  } catch {
    return; // this file system has no such flag
  }
  try {
    const { code, stderr } = await blit(["copy", `${source}/`, destination]);
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*fixed": /m);
    assertEquals(listPaths(destination), ["fixed", "z"]);
    assertEquals(Deno.readTextFileSync(`${destination}/fixed`), "old");
  } finally {
    requireTool("chattr", ["-i", `${destination}/fixed`]);
  }
});

testWhere(["mounts"], "blit copy to a name that the file system cannot hold says so", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "n": "1" });
  const { code, stderr } = await blit(["copy", `${source}/n`, scratch.join("x".repeat(256))]);
  assertEquals(code === 0, false);
  assertMatch(stderr, /^blit: Cannot .*name is too long/m);
});

testWhere(
  ["root", "setpriv"],
  "blit copy bounds the list of failures that it prints, and counts them all",
  async () => {
    using scratch = new Scratch();
    const closed = Array.from({ length: 1500 }, (_, i) => [`closed ${i}`, file("1", { mode: 0o000 })] as const);
    const source = buildTree(scratch.join("source"), Object.fromEntries(closed));
    const run = await blit(["copy", "--json", `${source}/`, scratch.join("destination")], { under: WITHOUT_OVERRIDE });
    assertEquals(run.code, 1);
    const { summary } = parseEvents(run.stdout).at(-1);
    assertEquals([summary.failed, summary.failures.length], [1500, 1000]);
    const text = await blit(["copy", `${source}/`, scratch.join("destination")], { under: WITHOUT_OVERRIDE });
    assertMatch(text.stderr, /1,?500 entries/);
    assert(text.stderr.length < 300_000);
  },
);

Deno.test("blit prints no stack trace, except with --verbose", async () => {
  using scratch = new Scratch();
  const quiet = await blit(["copy", "missing", "there"], { cwd: scratch.path });
  assertNotMatch(quiet.stderr, /^\s+at /m);
  const verbose = await blit(["copy", "-v", "missing", "there"], { cwd: scratch.path });
  assertMatch(verbose.stderr, /^\s+at /m);
});

testWhere(
  ["root", "setpriv"],
  "blit copy reports owners that it may not keep, file by file, and the rest is in place",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "mine": "1",
      "theirs": file("2", { owner: [1000, 1001], mode: 0o640, mtime: "2020-01-01T00:00:00Z" }),
      "sub": dir({ "x": "3" }, { owner: [1000, 1001] }),
      "link": symlink("mine", { owner: [1000, 1001] }),
    });
    const under = ["setpriv", "--bounding-set", "-chown"];
    const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], { under });
    assertEquals(code, 1);
    for (const name of ["theirs", "sub", "link"]) {
      assertMatch(
        stderr,
        new RegExp(`^blit: Cannot .*owner.*${name}"`, "m"),
      );
    }
    assertMatch(stderr, /3 entries/);
    const { mode, mtime } = Deno.statSync(scratch.join("destination", "theirs"));
    assertEquals([mode! & 0o7777, mtime?.toISOString()], [0o640, "2020-01-01T00:00:00.000Z"]);
    assertEquals(Deno.readTextFileSync(scratch.join("destination", "sub", "x")), "3");
  },
);

for (const { name, ...options } of allVariants.filter(({ workers }) => workers !== 1)) {
  testWhere(["linux", "mounts"], `runs that fail leave no file open and no worker behind, ${name}`, async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(1);
    // One that is copied in ranges, and one that is copied as a whole.
    const sources = [2 << 20, 3 << 19].map((size) =>
      buildTree(scratch.join(`source ${size}`), {
        "entry": "1",
        "large": "x".repeat(size),
        "sub": dir({ "entry": "2" }),
      })
    );
    buildTree(disk.path, {
      "entry": dir({ "in": "the way" }),
      "large": "old",
      "sub": dir({ "entry": dir({ "too": "3" }) }),
    });
    const run = () =>
      Promise.all(sources.map((source) => copy(`${source}/`, disk.path, options).then(() => "done", codeOf)));
    await run();
    const before = countHandles();
    for (let i = 0; i < 12; i++) assertEquals(await run(), ["no-space", "no-space"]);
    // A leak would show once for each run, or once for each worker of each run. The runtime puts away what belonged to a
    // worker a while after its end.
    const isLeft = (): boolean => countHandles().some((count, i) => count >= before[i] + 10);
    for (let i = 0; i < 100 && isLeft(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals([findTemporaries(disk.path), Deno.readTextFileSync(`${disk.path}/large`)], [[], "old"]);
    assert(!isLeft(), `${before} handles and threads became ${countHandles()}`);
  });
}

/** Open handles and threads of this process: the threads of one run that end must not hide the handles of others. */
function countHandles(): number[] {
  return ["/proc/self/fd", "/proc/self/task"].map((path) => [...Deno.readDirSync(path)].length);
}
