/**
 * Comparing two trees: everything that differs, and nothing is written.
 *
 * @module
 */

import { type TransferEvent, verify, type VerifyOptions } from "../mod.ts";
import { richTree } from "./fixtures/rich_tree.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, copyAll, nativeVariants } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, fifo, file, link, symlink } from "./helpers/tree.ts";
import { WITHOUT_OVERRIDE } from "./helpers/users.ts";

const T = "2020-01-01T00:00:00Z";

async function differences(
  source: string,
  destination: string,
  options: VerifyOptions = {},
): Promise<Record<string, string>> {
  const events: TransferEvent[] = [];
  const summary = await verify(`${source}/`, destination, { ...options, onEvent: (event) => events.push(event) });
  const found = events.flatMap((event) => event.type === "difference" ? [[event.path, event.difference.join()]] : []);
  assertEquals(summary.differences, found.length);
  assertEquals(summary.status, summary.failed > 0 ? "partial" : found.length > 0 ? "differences" : "done");
  return Object.fromEntries(found);
}

for (const { name, ...options } of allVariants) {
  testWhere(["unix"], `verify() finds every kind of difference, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "same": file("1", { mtime: T }),
      "content": file("one", { mtime: T }),
      "size": file("longer", { mtime: T }),
      "time": file("1", { mtime: T }),
      "mode": file("1", { mtime: T, mode: 0o600 }),
      "kind": file("1", { mtime: T }),
      "target": symlink("a"),
      "missing": file("1"),
      "missing directory": dir({ "inside": "1" }),
      "sub": dir({ "deep": file("one", { mtime: T }) }, { mtime: T }),
      "linked": file("1", { mtime: T }),
      "linked too": link("linked"),
    }, { mtime: T });
    const destination = buildTree(scratch.join("destination"), {
      "same": file("1", { mtime: T }),
      "content": file("two", { mtime: T }),
      "size": file("short", { mtime: T }),
      "time": file("1", { mtime: "2021-01-01T00:00:00Z" }),
      "mode": file("1", { mtime: T, mode: 0o640 }),
      "kind": dir({}, { mtime: T }),
      "target": symlink("b"),
      "sub": dir({ "deep": file("two", { mtime: T }) }, { mtime: T }),
      "extra": file("1"),
      "extra directory": dir({ "inside": "1" }),
      "linked": file("1", { mtime: T }),
      "linked too": file("1", { mtime: T }),
    }, { mtime: T });
    const before = snapshot(destination, { basic: true });
    const found = await differences(source, destination, options);
    for (const [path, difference] of Object.entries(found)) {
      if (path === "target") found[path] = difference.replace(/,?time/, "");
      if (/ directory\/inside$/.test(path)) delete found[path]; // implied by its directory
      if (/^linked/.test(path)) { // either of the two names may be the one that comes second
        delete found[path];
        found["one of the linked"] = difference;
      }
    }
    assertEquals(found, {
      "content": "content",
      "size": "size",
      "time": "time",
      "mode": "mode",
      "kind": "kind",
      "target": "target",
      "missing": "missing",
      "missing directory": "missing",
      "sub/deep": "content",
      "extra": "extra",
      "extra directory": "extra",
      "one of the linked": "links",
    });
    assertSameTree(snapshot(destination, { basic: true }), before);
  });
}

for (const { name, ...options } of nativeVariants) {
  testWhere(
    ["root", "native", "attributes"],
    `verify() finds a faithful copy equal, and each edit, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), richTree);
      const destination = scratch.join("destination");
      await copyAll(source, destination);
      assertEquals(await differences(source, destination, options), {});
      const edits = new Deno.Command("bash", {
        args: ["-ec", "setfattr -n user.new -v 1 'zero bytes'; chown 7 'owners/file'; touch -d 2020-01-01 times/1970"],
        cwd: destination,
      }).outputSync();
      assertEquals(edits.code, 0);
      assertEquals(await differences(source, destination, options), {
        "zero bytes": "attributes",
        "owners/file": "owner",
        "times/1970": "time",
      });
    },
  );
}

Deno.test("blit verify prints what differs and exits with 1, and with 0 where nothing does", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": file("one", { mtime: T }), "b": "1" }, { mtime: T });
  const destination = buildTree(scratch.join("destination"), { "a": file("two", { mtime: T }), "c": "1" }, {
    mtime: T,
  });
  const { code, stdout, stderr } = await blit(["verify", `${source}/`, destination]);
  assertEquals([code, stderr], [1, ""]);
  assertMatch(stdout, /^content +a$/m);
  assertMatch(stdout, /^missing +b$/m);
  assertMatch(stdout, /^extra +c$/m);
  assertMatch(stdout, /^3 differences/m);
  await copyAll(source, scratch.join("copy"));
  const equal = await blit(["verify", `${source}/`, scratch.join("copy")]);
  assertEquals([equal.code, equal.stderr], [0, ""]);
  assertMatch(equal.stdout, /^No differences/);
});

Deno.test("blit verify takes the arguments of the copy that it checks", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "photos": dir({ "a": "1" }), "backup": dir() });
  for (const [source, destination] of [["photos", "backup"], ["photos", "new"], ["photos/a", "single"]]) {
    assertEquals((await blit(["copy", source, destination], { cwd: scratch.path })).code, 0);
    const { code, stdout } = await blit(["verify", source, destination], { cwd: scratch.path });
    assertEquals([source, destination, code], [source, destination, 0], stdout);
  }
});

Deno.test("blit verify compares contents although size and time are the same", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": file("one", { mtime: T }) }, { mtime: T });
  const destination = buildTree(scratch.join("destination"), { "a": file("two", { mtime: T }) }, { mtime: T });
  assertEquals((await blit(["verify", `${source}/`, destination])).code, 1);
  assertEquals((await blit(["verify", "--size-only", `${source}/`, destination])).code, 0);
});

Deno.test("blit verify with a missing destination says so", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const { code, stdout, stderr } = await blit(["verify", `${source}/`, scratch.join("missing")]);
  assertEquals(code === 0, false, stdout + stderr);
});

testWhere(["root", "setpriv"], "blit verify never calls equal what it could not read", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": file("1", { mtime: T, mode: 0o000 }) }, { mtime: T });
  const destination = buildTree(scratch.join("destination"), { "a": file("1", { mtime: T, mode: 0o000 }) }, {
    mtime: T,
  });
  const { code, stderr } = await blit(["verify", `${source}/`, destination], { under: WITHOUT_OVERRIDE });
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot .*a": permission denied/m);
});

testWhere(["unix"], "verify() does not wait for the other end of a FIFO", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "fifo": fifo({ mtime: T }) }, { mtime: T });
  const destination = buildTree(scratch.join("destination"), { "fifo": fifo({ mtime: T }) }, { mtime: T });
  assertEquals(await differences(source, destination), {});
});
