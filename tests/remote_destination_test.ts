/**
 * Where things go through a daemon: the trailing-slash rule is that of local runs, for every kind of source and destination.
 *
 * @module
 */

import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { type Outcome, RouteRunner } from "./helpers/routes.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, symlink, type Tree } from "./helpers/tree.ts";

const BEFORE: Tree = {
  "SRC": dir({ "file": "1", "sub": dir({ "deep": "12" }), "link": symlink("file"), "empty": dir() }),
  "lone": "123",
  "DEST": dir({ "old": "1234", "SRC": dir({ "older": "12345" }), "directory": dir({ "file": dir() }) }),
};

const SOURCES = ["SRC", "SRC/", "SRC/.", "SRC/sub", "SRC/file", "SRC/link", "lone", "SRC/empty/", "missing", "lone/"];
const DESTINATIONS = [
  "DEST",
  "DEST/",
  "DEST/.",
  "DEST/new",
  "DEST/new/",
  "DEST/a/b",
  "DEST/a/b/",
  "DEST/old",
  "DEST/old/",
  "DEST/old/below",
  "DEST/directory",
];

for (const verb of ["copy", "mirror"] as const) {
  testWhere(["unix"], `${verb} by push and by pull puts everything where a local ${verb} puts it`, async () => {
    using scratch = new Scratch();
    await using runner = await RouteRunner.start(scratch);
    const wrong: string[] = [];
    for (const source of SOURCES) {
      for (const destination of DESTINATIONS) {
        const scenario = { verb, before: BEFORE, source, destination };
        const here = digest(await runner.run("local", scenario));
        for (const route of ["push", "pull"] as const) {
          const there = digest(await runner.run(route, scenario));
          const differing = [
            ...here.filter((line) => !there.includes(line)).map((line) => `  local ${line}`),
            ...there.filter((line) => !here.includes(line)).map((line) => `  ${route} ${line}`),
          ];
          if (differing.length > 0) wrong.push(`${source} ${destination}`, ...differing);
        }
      }
    }
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  });
}

function digest({ end, after }: Outcome): string[] {
  return [`ends with ${end}`, ...Object.entries(after).map(([path, line]) => `${path} = ${line}`)];
}

testWhere(["unix"], "the root of a module and the default root are directories without a name", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "b": "2" }) });
  const module = scratch.directory("module");
  const root = scratch.directory("root");
  await using server = await startServer(scratch, { m: { path: module }, root: { path: root } });
  const ok = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await blit(args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
  };
  const bare = server.at("m").replace(/\/$/, "");
  await ok("copy", source, bare);
  assertEquals(listPaths(module), ["source/", "source/a", "source/sub/", "source/sub/b"]);
  await ok("copy", `${source}/a`, bare);
  await ok("copy", `${source}/sub/`, server.atRoot());
  assertEquals([listPaths(module)[0], listPaths(root)], ["a", ["b"]]);
  await ok("copy", source, server.atRoot("x/y"));
  assertEquals(listPaths(root), ["b", "x/", "x/y/", "x/y/a", "x/y/sub/", "x/y/sub/b"]);
  // A module is called by its name; the default root has none, so its contents are meant.
  await ok("copy", bare, `${scratch.directory("into")}`);
  assertEquals(listPaths(scratch.join("into"))[0], "m/");
  await ok("copy", server.atRoot(), scratch.directory("contents"));
  assertEquals(listPaths(scratch.join("contents")), listPaths(root));
  await ok("copy", server.atRoot("x/y"), scratch.join("contents/"));
  assertEquals(listPaths(scratch.join("contents")).includes("y/a"), true);
});

testWhere(["unix"], "a server is reached at an address of IPv6 in brackets", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } }, { host: "[::1]" });
  assertEquals((await blit(["copy", `${source}/`, server.at("m", "x")])).code, 0);
  assertEquals((await blit(["copy", server.at("m", "x/"), scratch.join("back")])).code, 0);
  assertEquals([listPaths(module), listPaths(scratch.join("back"))], [["x/", "x/a"], ["a"]]);
});

testWhere(["unix"], "blit -v names the place on the server", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const module = buildTree(scratch.join("module"), { "into": dir() });
  await using server = await startServer(scratch, { m: { path: module } });
  const pushed = await blit(["copy", "-v", source, server.at("m", "into")]);
  assertEquals(pushed.code, 0);
  assertMatch(pushed.stdout + pushed.stderr, new RegExp(`127\\.0\\.0\\.1:${server.daemon.port}:/m/into`));
  assertMatch(pushed.stdout, /a$/m);
  const pulled = await blit(["copy", "-v", server.at("m", "into/source"), scratch.join("back")]);
  assertEquals(pulled.code, 0);
  assertMatch(pulled.stdout + pulled.stderr, /back/);
});

testWhere(["unix"], "what cannot be pulled leaves nothing behind, and says only why", async () => {
  using scratch = new Scratch();
  const module = buildTree(scratch.join("module"), { "tree": dir({ "a": "1" }) });
  await using server = await startServer(scratch, {
    ro: { path: module, readOnly: true },
    root: { path: module, readOnly: true },
  });
  const into = scratch.directory("into");
  const refused: [string[], number, RegExp][] = [
    [["move", server.at("ro", "tree")], 3, /^blit: Cannot move from "\/ro\/tree": module "ro" is read-only$/m],
    [["move", server.at("ro", "tree/")], 3, /module "ro" is read-only$/m],
    [["move", server.at("ro")], 3, /^blit: Cannot move from "\/ro\/": module "ro" is read-only$/m],
    [["move", server.atRoot("tree")], 3, /module "" is read-only$/m],
    [["copy", server.at("nope").slice(0, -1)], 2, /^blit: Cannot open module "nope": no such module$/m],
  ];
  for (const [args, status, reason] of refused) {
    const { code, stdout, stderr } = await blit([...args, `${into}/new/`]);
    assertEquals([code, stdout], [status, ""], stderr);
    assertMatch(stderr, reason);
    assertEquals(/Stopped|moved|copied/.test(stderr), false, stderr);
  }
  assertEquals([listPaths(into), listPaths(module)], [[], ["tree/", "tree/a"]]);
  // Nothing is removed by these.
  assertEquals((await blit(["move", "--dry-run", server.at("ro", "tree"), into])).code, 0);
  assertEquals((await blit(["copy", server.at("ro", "tree"), into])).code, 0);
});
