/** What is said of remote runs that end before they are done: the reason, and what was done until then. */

import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { findTemporaries } from "./helpers/snapshot.ts";
import { buildTree } from "./helpers/tree.ts";

const MIB = 1 << 20;

function writeFile(path: string, mebibytes: number): string {
  Deno.writeFileSync(path, new Uint8Array(mebibytes * MIB).fill(1));
  return path;
}

for (const flags of [[], ["--force-grpc"]]) {
  const way = flags[0] ?? "the data port";

  testWhere(["mounts"], `a push onto a full disk says so, ${way}`, async () => {
    using scratch = new Scratch();
    using small = mountTmpfs(8);
    await using daemon = await startDaemon({ args: ["--root", small.path] });
    const file = writeFile(scratch.join("file"), 24);
    for (let i = 0; i < 2; i++) {
      const { code, stdout, stderr } = await blit(["copy", "--json", ...flags, file, `127.0.0.1:${daemon.port}://`]);
      assertEquals(stderr, 'blit: Cannot write "/file": no space left on the device\n');
      const [error, { summary }] = parseEvents(stdout).slice(-2);
      assertEquals([code, error.code, error.path, summary.status], [1, "no-space", "file", "failed"]);
      assertEquals(findTemporaries(small.path), []);
    }
    const { status, code, error } = await daemon.logged("Job ended");
    const message = 'Cannot write "/file": no space left on the device';
    assertEquals([status, code, error], ["failed", "no-space", message]);
  });

  testWhere(["mounts"], `a pull onto a full disk says so, ${way}`, async () => {
    using scratch = new Scratch();
    using small = mountTmpfs(8);
    await using daemon = await startDaemon({ args: ["--root", scratch.path] });
    writeFile(scratch.join("file"), 24);
    for (let i = 0; i < 2; i++) {
      const source = `127.0.0.1:${daemon.port}://file`;
      const { code, stdout, stderr } = await blit(["copy", "--json", ...flags, source, `${small.path}/`]);
      assertEquals(stderr, `blit: Cannot write "${small.path}/file": no space left on the device\n`);
      const [error, { summary }] = parseEvents(stdout).slice(-2);
      assertEquals([code, error.code, summary.status], [1, "no-space", "failed"]);
    }
    const { status, code } = await daemon.logged("Job ended");
    assertEquals([status, code], ["failed", "no-space"]);
  });

  testWhere(["mounts"], `a push that could not be finished counts what it has done, ${way}`, async () => {
    using scratch = new Scratch();
    using small = mountTmpfs(8);
    await using daemon = await startDaemon({ args: ["--root", small.path] });
    const source = scratch.directory("source");
    for (let i = 0; i < 16; i++) writeFile(`${source}/${i}`, 1);
    const { code, stdout } = await blit(["copy", "--json", ...flags, `${source}/`, `127.0.0.1:${daemon.port}://`]);
    const { summary } = parseEvents(stdout).at(-1);
    const files = [...Deno.readDirSync(small.path)].length;
    assert(files > 0 && files < 16, `${files} files`);
    assertEquals([code, summary.status, summary.filesCopied, summary.bytesCopied], [1, "failed", files, files * MIB]);
    assertEquals((await daemon.logged("Job ended")).files, files);
  });
}

Deno.test("messages of a push name its files as they were typed", async () => {
  using scratch = new Scratch();
  const root = scratch.directory("root");
  await using daemon = await startDaemon({ args: ["--root", root] });
  buildTree(scratch.join("root/there"), { "a": "1" });
  Deno.mkdirSync(scratch.join("empty"));
  Deno.writeTextFileSync(scratch.join("root/file"), "1");
  Deno.writeTextFileSync(scratch.join("single"), "1");
  const at = `127.0.0.1:${daemon.port}:/`;
  const run = (...args: string[]) => blit(args, { cwd: scratch.path });
  const [mirror, copied, single] = await Promise.all([
    run("mirror", "--yes", "empty/", `${at}/there`),
    run("copy", "./empty", `${at}/file`),
    run("copy", "./single", `${at}/file/`),
  ]);
  assertMatch(mirror.stderr, /^blit: Cannot mirror "empty\/": it is empty and "\/there" is not$/m);
  assertMatch(copied.stderr, /^blit: Cannot copy the directory "\.\/empty" to "\/file": /m);
  assertMatch(single.stderr, /^blit: Cannot copy "\.\/single" into "\/file": /m);
});

testWhere(["mounts"], "a full disk is told at once, not after the rest of the file has come", async () => {
  using scratch = new Scratch();
  using small = mountTmpfs(8);
  await using daemon = await startDaemon({ args: ["--root", small.path] });
  await using relay = new Relay(daemon.port);
  let isWhole = false;
  relay.watch(120 * MIB, () => isWhole = true);
  const file = writeFile(scratch.join("file"), 128);
  const { code, stderr } = await blit(["copy", "--force-grpc", file, `${RELAY_ADDRESS}:${relay.port}://`]);
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot write "\/file": no space left on the device$/m);
  assertEquals(isWhole, false);
});
