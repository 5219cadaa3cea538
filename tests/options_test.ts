/**
 * Every flag does what it says: what takes part, and what counts as equal.
 *
 * @module
 */

import { copy, type CopyOptions } from "../mod.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, codeOf } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, symlink, type Tree } from "./helpers/tree.ts";

const TREE: Tree = {
  "a.txt": "1",
  "b.log": "22",
  "notes": dir({ "c.txt": "333", "d.log": "4444", "build": dir({ "e.txt": "5" }) }),
  "build": dir({ "f.txt": "6", "sub": dir({ "g.log": "7" }) }),
  "empty": dir(),
  "large.bin": "x".repeat(5000),
};

interface FilterCase {
  name: string;
  options: CopyOptions;
  flags: string[];
  expected: string[];
}

const cases: FilterCase[] = [
  {
    name: "an exclude of a bare name covers its tree, at any depth",
    options: { exclude: ["build"] },
    flags: ["--exclude", "build"],
    expected: ["a.txt", "b.log", "large.bin", "notes/c.txt", "notes/d.log"],
  },
  {
    name: "an exclude with a leading slash counts from the root",
    options: { exclude: ["/build"] },
    flags: ["--exclude", "/build"],
    expected: ["a.txt", "b.log", "large.bin", "notes/build/e.txt", "notes/c.txt", "notes/d.log"],
  },
  {
    name: "a star matches within one name, a double star across",
    options: { exclude: ["notes/*.log", "build/**/*.log"] },
    flags: ["--exclude", "notes/*.log", "--exclude", "build/**/*.log"],
    expected: ["a.txt", "b.log", "build/f.txt", "large.bin", "notes/build/e.txt", "notes/c.txt"],
  },
  {
    name: "a later negation takes an entry back in",
    options: { exclude: ["*.log", "!d.log"] },
    flags: ["--exclude", "*.log", "--exclude", "!d.log"],
    expected: ["a.txt", "build/f.txt", "large.bin", "notes/build/e.txt", "notes/c.txt", "notes/d.log"],
  },
  {
    name: "an include takes only what matches, at any depth",
    options: { include: ["*.log"] },
    flags: ["--include", "*.log"],
    expected: ["b.log", "build/sub/g.log", "notes/d.log"],
  },
  {
    name: "an include of a directory takes its tree",
    options: { include: ["notes"] },
    flags: ["--include", "notes"],
    expected: ["notes/build/e.txt", "notes/c.txt", "notes/d.log"],
  },
  {
    name: "an exclude wins over an include",
    options: { include: ["*.txt"], exclude: ["build"] },
    flags: ["--include", "*.txt", "--exclude", "build"],
    expected: ["a.txt", "notes/c.txt"],
  },
  {
    name: "a smallest size leaves smaller files out",
    options: { minSizeBytes: 4 },
    flags: ["--min-size", "4"],
    expected: ["large.bin", "notes/d.log"],
  },
  {
    name: "a largest size leaves larger files out",
    options: { maxSizeBytes: 2 },
    flags: ["--max-size", "2"],
    expected: ["a.txt", "b.log", "build/f.txt", "build/sub/g.log", "notes/build/e.txt"],
  },
  {
    name: "a list of files takes only these and what is below them",
    options: { filesFrom: ["a.txt", "notes/build", "./build/sub/"] },
    flags: ["--files-from", "-"],
    expected: ["a.txt", "build/sub/g.log", "notes/build/e.txt"],
  },
];

for (const { name, options, flags, expected } of cases) {
  for (const { name: variant, ...how } of allVariants.filter(({ workers }) => workers === 0 || workers === 2)) {
    Deno.test(`copy(): ${name}, ${variant}`, async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), TREE);
      assertComplete(await copy(`${source}/`, scratch.join("destination"), { ...options, ...how }));
      assertEquals(listPaths(scratch.join("destination")).filter((path) => !path.endsWith("/")), expected);
    });
  }
  Deno.test(`blit copy: ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), TREE);
    const { code, stderr } = await blit(["copy", ...flags, `${source}/`, scratch.join("destination")], {
      stdin: "a.txt\nnotes/build\n./build/sub/\n",
    });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(listPaths(scratch.join("destination")).filter((path) => !path.endsWith("/")), expected);
  });
}

for (const [flag, expected] of [["--min-age", ["old"]], ["--max-age", ["new"]]] as const) {
  Deno.test(`blit copy ${flag} 1h goes by the modification time`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "old": file("1", { mtime: "2020-01-01T00:00:00Z" }),
      "new": "2",
    });
    const { code } = await blit(["copy", flag, "1h", `${source}/`, scratch.join("destination")]);
    assertEquals([code, listPaths(scratch.join("destination"))], [0, [...expected]]);
  });
}

Deno.test("copy({ filesFrom }) reports what is listed and does not exist, and copies the rest", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const summary = await copy(`${source}/`, scratch.join("destination"), { filesFrom: ["a.txt", "missing/file"] });
  assertEquals([summary.status, summary.failures.map(({ path, code }) => [path, code])], ["partial", [[
    "missing/file",
    "not-found",
  ]]]);
  assertEquals(listPaths(scratch.join("destination")).includes("a.txt"), true);
});

for (const outside of ["../secret", "/etc/hostname", "notes/../../secret", ".."]) {
  Deno.test(`copy({ filesFrom: ["${outside}"] }) never leaves the source`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, { "source": dir(TREE), "secret": "1" });
    const run = copy(`${scratch.join("source")}/`, scratch.join("destination"), { filesFrom: [outside, "a.txt"] });
    const outcome = await run.then((summary) => summary.failed > 0 ? "failed" : "done", codeOf);
    assertEquals(outcome === "done", false);
    assertEquals(listPaths(scratch.path).filter((path) => /hostname|secret/.test(path)), ["secret"]);
  });
}

testWhere(["unix"], "copy({ filesFrom }) never reads through a symbolic link on the way", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "source": dir({ "out": symlink("../other") }), "other": dir({ "secret": "1" }) });
  const summary = await copy(`${scratch.join("source")}/`, scratch.join("destination"), { filesFrom: ["out/secret"] });
  assertEquals([summary.filesCopied, summary.failed], [0, 1]);
});

Deno.test("blit copy that takes nothing from a source with something says so", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const { stdout, stderr } = await blit(["copy", "--exclude", "*", `${source}/`, scratch.join("destination")]);
  assertMatch(stdout + stderr, /filter|nothing|left out/i);
});

const COMPARE: Tree = { "f": file("new", { mtime: "2021-01-01T00:00:00Z", mode: 0o600 }) };

for (
  const { flag, comparison, old, taken } of [
    { flag: "", comparison: undefined, old: { mtime: "2021-01-01T00:00:00Z" }, taken: false },
    { flag: "", comparison: undefined, old: { mtime: "2020-01-01T00:00:00Z" }, taken: true },
    { flag: "--checksum", comparison: "checksum", old: { mtime: "2021-01-01T00:00:00Z" }, taken: true },
    { flag: "--size-only", comparison: "size-only", old: { mtime: "2020-01-01T00:00:00Z" }, taken: false },
    { flag: "--ignore-times", comparison: "ignore-times", old: { mtime: "2021-01-01T00:00:00Z" }, taken: true },
    { flag: "--ignore-existing", comparison: "ignore-existing", old: { mtime: "2020-01-01T00:00:00Z" }, taken: false },
  ] as const
) {
  const title = `blit copy ${flag || "without a flag"} ${taken ? "replaces" : "keeps"} an old file of ${
    old.mtime.slice(0, 4)
  }`;
  Deno.test(title, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), COMPARE);
    for (const how of ["program", "library"]) {
      const destination = buildTree(scratch.join(how), { "f": file("old", old), "empty": dir() });
      if (how === "library") await copy(`${source}/`, destination, { comparison });
      else assertEquals((await blit(["copy", ...(flag ? [flag] : []), `${source}/`, destination])).code, 0);
      assertEquals(Deno.readTextFileSync(`${destination}/f`), taken ? "new" : "old");
    }
  });
}

Deno.test("copy({ comparison: checksum }) copies nothing where only the time differs, and repairs it once", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "f": file("same", { mtime: "2021-01-01T00:00:00Z" }) });
  const destination = buildTree(scratch.join("destination"), { "f": file("same", { mtime: "2020-01-01T00:00:00Z" }) });
  const options = { comparison: "checksum" } as const;
  const first = await copy(`${source}/`, destination, options);
  assertEquals([first.filesCopied, first.bytesCopied], [0, 0]);
  assertEquals(Deno.statSync(`${destination}/f`).mtime?.toISOString(), "2021-01-01T00:00:00.000Z");
  const second = await copy(`${source}/`, destination, options);
  assertEquals([second.filesCopied, second.repaired], [0, 0]);
});

for (const size of [1, 5000, 3 << 20]) {
  Deno.test(`copy({ comparison: checksum }) sees one byte in ${size} that differs`, async () => {
    using scratch = new Scratch();
    const mtime = "2021-01-01T00:00:00Z";
    const source = buildTree(scratch.join("source"), { "f": file("x".repeat(size - 1) + "y", { mtime }) });
    const destination = buildTree(scratch.join("destination"), { "f": file("x".repeat(size), { mtime }) });
    assertEquals((await copy(`${source}/`, destination)).filesCopied, 0);
    const summary = await copy(`${source}/`, destination, { comparison: "checksum" });
    assertEquals([summary.filesCopied, summary.bytesCopied], [1, size]);
  });
}

Deno.test("blit copy --force replaces a directory by a file, and says so in a dry run first", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "entry": "file" });
  const destination = buildTree(scratch.join("destination"), { "entry": dir({ "old": "1" }) });
  const refused = await blit(["copy", `${source}/`, destination]);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /^blit: Cannot .*entry": .*directory/m);
  assertMatch(refused.stderr, /--force/);
  const planned = await blit(["copy", "--force", "--dry-run", `${source}/`, destination]);
  assertEquals([planned.code, listPaths(destination)], [0, ["entry/", "entry/old"]]);
  assertMatch(planned.stdout, /entry/);
  assertEquals((await blit(["copy", "--force", `${source}/`, destination])).code, 0);
  assertEquals(Deno.readTextFileSync(`${destination}/entry`), "file");
});

Deno.test("blit copy --dry-run counts what a real run then copies", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), TREE);
  const counts = async (...flags: string[]) => {
    const { stdout } = await blit(["copy", "--json", ...flags, `${source}/`, scratch.join("destination")]);
    const { filesCopied, bytesCopied, directoriesCreated, dryRun } = parseEvents(stdout).at(-1).summary;
    return { counts: [filesCopied, bytesCopied, directoriesCreated], dryRun };
  };
  const planned = await counts("--dry-run");
  assertEquals(listPaths(scratch.path).some((path) => path.startsWith("destination")), false);
  const done = await counts();
  assertEquals([planned.dryRun, done.dryRun], [true, false]);
  assertEquals(planned.counts, done.counts);
});
