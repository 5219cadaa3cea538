/**
 * What arrives through a daemon is what was there, in both directions.
 *
 * @module
 */

import { copy, mirror, type TransferSummary, verify } from "../mod.ts";
import { hugeFiles, richRoot, richTree } from "./fixtures/rich_tree.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, device, dir, fifo, file, link, sparse, symlink } from "./helpers/tree.ts";

const RICH = ["root", "native", "rsync", "attributes"] as const;

testWhere(RICH, "a push into a trusted module keeps everything that rsync -aHAX knows, and converges", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), richTree, richRoot);
  const before = snapshot(source);
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module, trusted: true } });
  const { code, stderr } = await blit(["copy", `${source}/`, server.at("m", "tree")]);
  assertEquals([code, stderr], [0, ""]);
  assertFaithful(source, `${module}/tree`);
  assertSameTree(`${module}/tree`, before);
  assertSameTree(source, before);
  assertNothingDone(await copy(`${source}/`, server.at("m", "tree")));
  assertComplete(await verify(`${source}/`, server.at("m", "tree")));
  assertNothingDone(await mirror(`${source}/`, server.at("m", "tree")));
  server.assertSound();
});

testWhere(RICH, "a pull keeps everything that rsync -aHAX knows, and converges", async () => {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  buildTree(`${module}/tree`, richTree, richRoot);
  const before = snapshot(`${module}/tree`);
  const destination = scratch.join("destination");
  await using server = await startServer(scratch, { m: { path: module, readOnly: true } });
  const { code, stderr } = await blit(["copy", server.at("m", "tree/"), destination]);
  assertEquals([code, stderr], [0, ""]);
  assertFaithful(`${module}/tree`, destination);
  assertSameTree(destination, before);
  assertSameTree(`${module}/tree`, before);
  assertNothingDone(await copy(server.at("m", "tree/"), destination));
  assertComplete(await verify(server.at("m", "tree/"), destination));
  assertNothingDone(await mirror(server.at("m", "tree/"), destination));
  server.assertSound();
});

testWhere(
  RICH,
  "through the control port, in calls, and from daemon to daemon rsync finds nothing to do either",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), richTree, richRoot);
    const module = scratch.directory("module");
    await using server = await startServer(scratch, { m: { path: module, trusted: true } });
    for (const onlyCalls of [false, true]) {
      await using relay = new Relay(server.daemon.port, { onlyCalls });
      const at = (path: string): string => `${RELAY_ADDRESS}:${relay.port}:/m/${path}`;
      const [pushed, pulled] = [`pushed ${onlyCalls}`, scratch.join(`pulled ${onlyCalls}`)];
      assertComplete(await copy(`${source}/`, at(pushed), { forceGrpc: true }));
      assertFaithful(source, `${module}/${pushed}`);
      assertComplete(await copy(at(`${pushed}/`), pulled, { forceGrpc: true }));
      assertFaithful(source, pulled);
    }
    const other = scratch.directory("other");
    const modules = { o: { path: other, trusted: true } };
    await using second = await startServer(scratch, modules, { delegation: [`127.0.0.1:${server.daemon.port}`] });
    assertComplete(await copy(server.at("m", "pushed false/"), second.at("o", "tree")));
    assertFaithful(source, `${other}/tree`);
    server.assertSound();
    second.assertSound();
  },
);

testWhere(RICH, "a push into an untrusted module leaves privileges out, says so, and converges", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "owned": file("1", { owner: [1000, 1001] }),
    "set-id": file("2", { mode: 0o6755 }),
    "sticky": dir({ "inside": "3" }, { mode: 0o1777 }),
    "set-id directory": dir({ "inside": "4" }, { mode: 0o2755, owner: [1000, 1000] }),
    "null": device("c", 1, 3),
    "disk": device("b", 7, 0),
    "pipe": fifo({ mode: 0o622, owner: [1000, 1000] }),
    "capable": file("5", { xattrs: { "security.capability": "0x0100000200200000000000000000000000000000" } }),
    "trusted": file("6", { xattrs: { "trusted.secret": "x", "user.kept": "y" } }),
    "acl": file("7", { acl: "u:1000:rw", mode: 0o640 }),
    "link": symlink("owned", { owner: [1000, 1001] }),
    "hard": link("owned"),
  }, { owner: [1000, 1000], mode: 0o2750 });
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const first = await blit(["copy", `${source}/`, server.at("m", "tree")]);
  assertEquals(first.code, 0, first.stderr);
  const said = "Left out device nodes, owners, set-id bits, system attributes: the module is not trusted with them";
  assert((first.stdout + first.stderr).includes(said), first.stdout + first.stderr);
  const found = snapshot(`${module}/tree`);
  assertEquals(listPaths(`${module}/tree`).filter((path) => path === "null" || path === "disk"), []);
  for (const [path, line] of Object.entries(found)) {
    assert(!/security\.capability|trusted\./.test(line), `${path}: ${line}`);
    const info = Deno.lstatSync(`${module}/tree/${path}`);
    assertEquals([info.uid, info.gid], [0, 0], path);
    assertEquals((info.mode ?? 0) & 0o6000, 0, path);
  }
  assert(found["trusted"].includes("user.kept"), found["trusted"]);
  assert(found["acl"].includes("system.posix_acl_access"), found["acl"]);
  assertEquals(Deno.lstatSync(`${module}/tree/sticky`).mode! & 0o7777, 0o1777);
  assertEquals(Deno.lstatSync(`${module}/tree/hard`).ino, Deno.lstatSync(`${module}/tree/owned`).ino);
  assertNothingDone(await copy(`${source}/`, server.at("m", "tree")));
  assertNothingDone(await mirror(`${source}/`, server.at("m", "tree")));
  assertSameTree(`${module}/tree`, found);
  server.assertSound();
});

testWhere(["root", "native"], "other owners at an untrusted destination are nothing to repair", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "changed": file("new content", { owner: [1000, 1000] }),
    "same": file("1", { owner: [1000, 1000], mtime: "2020-01-01T00:00:00Z" }),
  });
  const module = buildTree(scratch.join("module"), {
    "changed": file("old", { owner: [2000, 2000], mode: 0o640 }),
    "same": file("1", { owner: [2000, 2000], mtime: "2020-01-01T00:00:00Z" }),
  });
  await using server = await startServer(scratch, { m: { path: module } });
  const summary = await copy(`${source}/`, server.at("m"));
  assertComplete(summary);
  assertEquals(summary.filesCopied, 1);
  assertEquals(Deno.readTextFileSync(`${module}/changed`), "new content");
  assertEquals(Deno.statSync(`${module}/same`).uid, 2000);
  assertNothingDone(await copy(`${source}/`, server.at("m")));
});

testWhere(["native"], "holes and files of 1 GiB and more travel as what they are, in both directions", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    ...hugeFiles,
    "one GiB": sparse(2 ** 30, [{ at: 0, text: "begin" }, { at: 2 ** 29 + 3, text: "middle" }, {
      at: 2 ** 30 - 3,
      text: "end",
    }]),
  });
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  assertComplete(await copy(`${source}/`, server.at("m", "tree")));
  assertSameTree(`${module}/tree`, source);
  assertComplete(await copy(server.at("m", "tree/"), scratch.join("back")));
  assertSameTree(scratch.join("back"), source);
  for (const root of [`${module}/tree`, scratch.join("back")]) {
    assert(Deno.statSync(`${root}/one GiB`).blocks! * 512 < 1_000_000, "holes were written");
  }
});

testWhere(["native"], "20,000 small files travel in both directions", async () => {
  using scratch = Scratch.inMemory();
  const source = scratch.directory("source");
  for (let d = 0; d < 100; d++) {
    Deno.mkdirSync(`${source}/d${d}`);
    for (let f = 0; f < 200; f++) Deno.writeTextFileSync(`${source}/d${d}/f${f}`, `content ${d} ${f}`.repeat(f % 20));
  }
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const pushed = await copy(`${source}/`, server.at("m", "tree"));
  assertComplete(pushed);
  assertEquals(pushed.filesCopied, 20_000);
  assertSameTree(`${module}/tree`, source);
  const pulled = await copy(server.at("m", "tree/"), scratch.join("back"));
  assertComplete(pulled);
  assertEquals([pulled.filesCopied, pulled.bytesCopied], [20_000, pushed.bytesCopied]);
  assertSameTree(scratch.join("back"), source);
  assertNothingDone(await copy(server.at("m", "tree/"), scratch.join("back")));
});

testWhere(["native"], "trees deeper than a path may be long travel in both directions", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  const name = "n".repeat(100);
  const script = `cd "$1"; for i in $(seq 60); do mkdir ${name}; cd ${name}; echo $i > f; done`;
  requireTool("bash", ["-c", script, "-", source]);
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  const pushed: TransferSummary = await copy(`${source}/`, server.at("m", "tree"));
  assertComplete(pushed);
  assertEquals(pushed.filesCopied, 60);
  assertComplete(await copy(server.at("m", "tree/"), scratch.join("back")));
  assertEquals(archiveHash(scratch.join("back")), archiveHash(source));
  assertNothingDone(await copy(server.at("m", "tree/"), scratch.join("back")));
  assertEquals(findTemporaries(module), []);
});

/** Of everything in a tree whose paths are too long for programs that join them. */
function archiveHash(root: string): string {
  const script = 'tar -C "$1" --sort=name -cf - . | sha256sum';
  return new TextDecoder().decode(requireTool("bash", ["-c", script, "-", root]));
}
