/**
 * What goes wrong between a client and a daemon is said with its reason, ends with the right status, and damages nothing.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { assertRejects } from "@std/assert";
import { connectControl } from "../core/wire/control/client.ts";
import { fromConnectError } from "../core/wire/control/errors.ts";
import { PROTOCOL_NUMBER } from "../core/wire/control/protocol.ts";
import { copy, move } from "../mod.ts";
import { DelegateRequestSchema, Role, TransferRequestSchema, Verb } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { assertSameTree, findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link, rawName, symlink } from "./helpers/tree.ts";
import { WITHOUT_OVERRIDE, withoutReadOverride } from "./helpers/users.ts";

Deno.test("a daemon that is not there is named, with exit status 4", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  for (const args of [[`${source}/`, `127.0.0.1:${port}:/m/x`], [`127.0.0.1:${port}:/m/x`, scratch.join("back")]]) {
    const { code, stdout, stderr } = await blit(["copy", ...args]);
    assertEquals([code, stdout], [4, ""]);
    assertMatch(stderr, new RegExp(`^blit: Cannot reach "127\\.0\\.0\\.1:${port}": connection refused\n`));
    assertMatch(stderr, /Is blit-daemon running there/);
  }
  assertEquals(listPaths(scratch.path), ["source/", "source/a"]);
});

testWhere(["unix"], "a module that the server does not have is named, and one that only lets read is", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "large": "x".repeat(20_000_000) });
  const module = buildTree(scratch.join("module"), { "old": "2" });
  await using server = await startServer(scratch, { m: { path: module, readOnly: true } });
  const missing = await blit(["copy", `${source}/`, server.at("nowhere", "x")]);
  assertEquals(missing.code, 2);
  assertMatch(missing.stderr, /^blit: Cannot open module "nowhere": no such module/);
  const pulled = await blit(["copy", server.at("nowhere", "x"), scratch.join("back")]);
  assertEquals(pulled.code, 2);
  assertMatch(pulled.stderr, /^blit: Cannot open module "nowhere": no such module/);
  const root = await blit(["copy", `${source}/`, server.atRoot("x")]);
  assertEquals(root.code, 2);
  for (const args of [["copy", `${source}/`], ["mirror", "--yes", `${source}/`], ["move", source]]) {
    const { code, stderr } = await blit([...args, server.at("m", "x")]);
    assertEquals(code, 3, stderr);
    assertMatch(stderr, /^blit: Cannot .*: module "m" is read-only/);
    assertNotMatch(stderr, /reset|broken|lost/i);
  }
  const moved = await blit(["move", server.at("m", "old"), scratch.join("old")]);
  assertEquals(moved.code, 3, moved.stderr);
  assertMatch(moved.stderr, /^blit: Cannot .*: module "m" is read-only/);
  assertEquals((await blit(["verify", `${source}/`, server.at("m")])).code, 1);
  assertEquals((await blit(["copy", "--dry-run", `${source}/`, server.at("m")])).code, 0);
  assertEquals(listPaths(module), ["old"]);
  assertEquals(listPaths(source), ["a", "large"]);
  server.assertSound();
});

testWhere(["unix"], "a source that the server does not have, or that is no directory, is named", async () => {
  using scratch = new Scratch();
  const module = buildTree(scratch.join("module"), { "file": "1" });
  await using server = await startServer(scratch, { m: { path: module } });
  const missing = await blit(["copy", server.at("m", "no/such"), scratch.join("back")]);
  assertEquals(missing.code, 2, missing.stderr);
  assertMatch(missing.stderr, /^blit: Cannot .*\/m\/no\/such.*: no such file or directory/);
  const notDirectory = await blit(["copy", server.at("m", "file/"), scratch.join("back")]);
  assertEquals(notDirectory.code, 2, notDirectory.stderr);
  const below = await blit(["copy", server.at("m", "file/below"), scratch.join("back")]);
  assertEquals(below.code, 2, below.stderr);
  const local = await blit(["copy", scratch.join("missing"), server.at("m", "x")]);
  assertEquals(local.code, 2, local.stderr);
  assertMatch(local.stderr, /missing": no such file or directory/);
  assertEquals(listPaths(module), ["file"]);
});

testWhere(["unix"], "no path leads out of a module, neither by dots nor by symbolic links", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const outside = buildTree(scratch.join("outside"), { "secret": "s", "d": dir({ "deep": "t" }) });
  const module = buildTree(scratch.join("module"), {
    "out": symlink("../outside"),
    "file": symlink("../outside/secret"),
    "absolute": symlink(outside),
    "in": symlink("real"),
    "real": dir({ "x": "2" }),
  });
  const before = snapshot(outside);
  await using server = await startServer(scratch, { m: { path: module } });
  const dots = await blit(["copy", `${source}/`, server.at("m", "../outside")]);
  assertEquals(dots.code, 2);
  assertMatch(dots.stderr, /a path on a server cannot contain "\.\."/);
  for (const path of ["out", "out/", "out/new", "absolute/d", "in", "in/x/y", "file/"]) {
    const { code, stderr } = await blit(["copy", `${source}/`, server.at("m", path)]);
    assert(code === 2 || code === 3, `${path}: ${code} ${stderr}`);
    assertMatch(stderr, /^blit: Cannot .*symbolic link/, path);
  }
  for (const path of ["out/", "out/secret", "out/d", "absolute/secret", "in/x"]) {
    const { code, stderr } = await blit(["copy", server.at("m", path), scratch.join("back")]);
    assert(code === 2 || code === 3, `${path}: ${code} ${stderr}`);
    assertEquals(listPaths(scratch.path).filter((name) => name.startsWith("back")), [], path);
  }
  // A link as such is an entry like any other.
  assertComplete(await copy(server.at("m", "file"), scratch.join("back")));
  assertEquals(Deno.readLinkSync(scratch.join("back")), "../outside/secret");
  // One file in the place of a link replaces the link, unless that may lead to a directory.
  for (const path of ["file", "out", "absolute", "in"]) {
    const { code, stderr } = await blit(["copy", `${source}/a`, server.at("m", path)]);
    assertEquals(code, 2, path);
    assertMatch(stderr, /^blit: Cannot copy .*: the destination is a symbolic link$/m, path);
    assertEquals(Deno.lstatSync(`${module}/${path}`).isSymlink, true, path);
  }
  Deno.symlinkSync("real/x", `${module}/inner`);
  assertComplete(await copy(`${source}/a`, server.at("m", "inner")));
  assertEquals([Deno.lstatSync(`${module}/inner`).isFile, Deno.readTextFileSync(`${module}/inner`)], [true, "1"]);
  assertEquals(Deno.readTextFileSync(`${module}/real/x`), "2");
  assertSameTree(outside, before);
  server.assertSound();
});

testWhere(["mounts"], "a full disk on the server is the reason that is shown, and no file is damaged", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(8);
  const source = buildTree(scratch.join("source"), {
    "a": dir({ "old": "new content", "large": "x".repeat(3_000_000), "larger": "y".repeat(30_000_000) }),
    "z": dir(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, "z".repeat(300_000)]))),
  });
  buildTree(disk.path, { "a": dir({ "larger": "precious" }) });
  await using server = await startServer(scratch, { m: { path: disk.path } });
  const { code, stderr } = await blit(["copy", `${source}/`, server.at("m")]);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^blit: Cannot .*: no space left on/m);
  assertNotMatch(stderr, /reset|broken|lost|Defect/i);
  assertEquals(Deno.readTextFileSync(`${disk.path}/a/larger`), "precious");
  assertEquals(findTemporaries(disk.path), []);
  for (const path of listPaths(disk.path).filter((name) => !name.endsWith("/") && name !== "a/larger")) {
    assertEquals(Deno.statSync(`${disk.path}/${path}`).size, Deno.statSync(`${source}/${path}`).size, path);
  }
  // The daemon goes on.
  assertComplete(await copy(`${source}/a/old`, server.at("m", "small")));
  server.assertSound();
});

testWhere(["mounts"], "a full disk of the client ends a pull with the reason, and the daemon goes on", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(4);
  const module = buildTree(scratch.join("module"), { "large": "x".repeat(10_000_000), "small": "1" });
  await using server = await startServer(scratch, { m: { path: module } });
  const { code, stderr } = await blit(["copy", server.at("m", "large"), disk.path]);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^blit: Cannot .*: no space left on/m);
  assertEquals(listPaths(disk.path), []);
  assertComplete(await copy(server.at("m", "small"), disk.path));
  server.assertSound();
});

testWhere(["root", "setpriv"], "entries that cannot be read are listed, the rest travels, exit status 1", async () => {
  using scratch = new Scratch();
  const tree = {
    "a": "1",
    "closed": file("secret", { mode: 0o000 }),
    "sub": dir({ "closed too": file("secret", { mode: 0o000 }), "z": "2" }),
    "shut": dir({ "inside": "3" }, { mode: 0o000 }),
    [rawName("bytes-\xe9")]: file("4", { mode: 0o000 }),
  };
  const source = buildTree(scratch.join("source"), tree);
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const { code, stdout, stderr } = await blit(["copy", `${source}/`, server.at("m", "x")], { under: WITHOUT_OVERRIDE });
  assertEquals([code, stdout], [1, ""], stderr);
  for (const name of ["closed", "sub/closed too", "shut", "bytes-\\\\xe9"]) {
    assertMatch(stderr, new RegExp(`^blit: Cannot .*${name}": permission denied$`, "m"));
  }
  assertMatch(stderr, /4 entries/);
  assertEquals(listPaths(`${module}/x`).filter((path) => !path.endsWith("/")), ["a", "sub/z"]);
  const json = await blit(["copy", "--json", `${source}/`, server.at("m", "x")], { under: WITHOUT_OVERRIDE });
  const events = parseEvents(json.stdout);
  assertEquals(
    events.at(-1).summary.failures.map(({ code }: { code: string }) => code),
    Array(4).fill("permission-denied"),
  );
  assertEquals(events.filter(({ type }) => type === "failed").length, 4);
  assert(events.some(({ pathBase64 }) => pathBase64 !== undefined), "no bytes of the name that is not UTF-8");
  // A mirror deletes nothing when the source was not read completely.
  Deno.writeTextFileSync(`${module}/x/extra`, "precious");
  const mirrored = await blit(["mirror", "--yes", `${source}/`, server.at("m", "x")], { under: WITHOUT_OVERRIDE });
  assertEquals(mirrored.code, 1);
  assertEquals(Deno.readTextFileSync(`${module}/x/extra`), "precious");
  // And a move keeps them.
  const moved = await blit(["move", `${source}/`, server.at("m", "y")], { under: WITHOUT_OVERRIDE });
  assertEquals(moved.code, 1);
  const left = new Deno.Command("find", { args: [source, "-type", "f"] }).outputSync().stdout;
  assertEquals(
    new TextDecoder("latin1").decode(left).trim().split("\n").map((path) => path.slice(source.length + 1)).sort(),
    [
      "bytes-\xe9",
      "closed",
      "shut/inside",
      "sub/closed too",
    ],
  );
});

testWhere(["root"], "a move removes the source only when all of it is safe, with its root", async () => {
  using scratch = new Scratch();
  const tree = { "a": "1", "sub": dir({ "b": "2", "empty": dir() }), "l": symlink("a") };
  const source = buildTree(scratch.join("source"), tree);
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const pushed = await blit(["move", source, server.at("m", "there")]);
  assertEquals([pushed.code, pushed.stderr], [0, ""]);
  assertEquals(listPaths(module).filter((path) => !path.endsWith("/")), ["there/a", "there/l", "there/sub/b"]);
  assertEquals(listPaths(scratch.path).some((path) => path.startsWith("source")), false);
  const pulled = await blit(["move", server.at("m", "there"), scratch.join("back")]);
  assertEquals([pulled.code, pulled.stderr], [0, ""]);
  assertEquals(listPaths(module), []);
  assertSameTree(scratch.join("back"), buildTree(scratch.join("again"), tree), { withoutTimes: true });
  // The contents of a directory go without it.
  assertComplete(await move(`${scratch.join("back")}/`, server.at("m", "contents")));
  assertEquals(listPaths(scratch.join("back")), []);
});

testWhere(["unix"], "a file that changes while it is sent is never half of each", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const size = 30_000_000;
  for (let round = 0; round < 3; round++) {
    Deno.writeFileSync(`${source}/f`, new Uint8Array(size).fill(65));
    let stop = false;
    let letter = 66;
    const editing = (async () => {
      while (!stop) {
        using open = Deno.openSync(`${source}/f`, { write: true });
        open.truncateSync(0);
        open.writeSync(new Uint8Array(size).fill(letter++ % 256));
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    })();
    const summary = await copy(`${source}/`, server.at("m", `x${round}`));
    stop = true;
    await editing;
    if (summary.failed > 0) {
      assertEquals(summary.failures.map(({ code }) => code), ["changed"]);
      assertEquals(listPaths(`${module}/x${round}`), []);
    } else {
      const content = Deno.readFileSync(`${module}/x${round}/f`);
      assertEquals([content.length, content.every((byte) => byte === content[0])], [size, true]);
    }
  }
  server.assertSound();
});

Deno.test("a transfer and a delegation in another protocol are refused with both numbers and what to do", async () => {
  using scratch = new Scratch();
  await using server = await startServer(scratch, { m: { path: scratch.directory("module") } });
  using control = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
  const value = { protocolNumber: PROTOCOL_NUMBER + 1, verb: Verb.COPY, role: Role.PULL } as never;
  const calls = [
    control.service.transfer(only(create(TransferRequestSchema, { message: { case: "open", value } }))),
    control.service.delegate(only(create(DelegateRequestSchema, { message: { case: "open", value } }))),
  ];
  for (const call of calls) {
    const thrown = await assertRejects(() => Array.fromAsync(call as AsyncIterable<unknown>));
    const { code, message, hint } = fromConnectError(thrown, "the daemon");
    assertEquals(code, "protocol");
    assertMatch(message, new RegExp(`protocol ${PROTOCOL_NUMBER + 1}, this daemon speaks ${PROTOCOL_NUMBER}$`));
    assertEquals(hint, "Update the older of the two");
  }
});

async function* only<T>(message: T): AsyncGenerator<T> {
  yield await Promise.resolve(message);
}

for (const where of ["locally", "by pull"] as const) {
  testWhere(
    ["root", "setpriv", "native"],
    `names of a file are not linked to one at the destination that cannot be compared, ${where}`,
    async () => {
      using scratch = new Scratch();
      const mtime = "2020-01-01T00:00:00Z";
      const source = buildTree(scratch.join("module/source"), { "one": file("new", { mtime }), "two": link("one") });
      const destination = buildTree(scratch.join("destination"), { "one": file("old", { mtime, mode: 0o000 }) });
      await using server = await startServer(scratch, { m: { path: scratch.join("module") } });
      const from = where === "locally" ? `${source}/` : server.at("m", "source/");
      const { summary } = await withoutReadOverride("move", from, destination, { comparison: "checksum" });
      assertEquals(summary?.failures.map(({ path, code }) => [path, code]), [["one", "permission-denied"]]);
      assertEquals(Deno.readTextFileSync(`${destination}/one`), "old");
      assertEquals(Deno.readTextFileSync(`${destination}/two`), "new");
      assertEquals(listPaths(source), ["one"]);
    },
  );
}
