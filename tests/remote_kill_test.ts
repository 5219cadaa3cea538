/**
 * Either side may be killed at any moment: the other one ends or goes on serving, no file is damaged, and the next run puts
 * everything right.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { copy, mirror } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { type RunningProgram, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";

/** How long a side may take to notice that the other one is gone, in milliseconds. */
const NOTICE_MS = 15_000;
const FILE_BYTES = 3_000_000;
const FILES = 60;

/** The content of every file of a generation. */
const wholes = [0, 1, 2].map((generation) => Buffer.alloc(FILE_BYTES, generation));

/** Enough for a transfer of about a second; every byte of a file is the number of its generation. */
function writeGeneration(root: string, generation: number): void {
  for (let i = 0; i < FILES; i++) {
    const directory = `${root}/d${i % 5}`;
    Deno.mkdirSync(directory, { recursive: true });
    Deno.writeFileSync(`${directory}/f${i}`, wholes[generation]);
  }
}

/** Fails where a file of the destination is neither all old nor all new. */
function assertUndamaged(root: string, generations: readonly number[]): void {
  for (const path of listPaths(root)) {
    if (path.endsWith("/") || /\.blit-[0-9a-f]{16}\.tmp$/.test(path)) continue;
    const content = Deno.readFileSync(`${root}/${path}`);
    const isOne = generations.some((generation) => wholes[generation].equals(content));
    assert(isOne, `"${path}" is damaged`);
  }
}

/** Waits until the first file of the destination has been replaced, so that the run is at work. */
async function untilReplaced(root: string, generation: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    for (let i = 0; i < FILES; i++) {
      using open = Deno.openSync(`${root}/d${i % 5}/f${i}`);
      const byte = new Uint8Array(1);
      if (open.readSync(byte) === 1 && byte[0] === generation) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error("No file is replaced");
}

interface Fixture {
  readonly source: string;
  readonly destination: string;
  readonly from: string;
  readonly to: string;
}

/** An old destination and a new source, one of them in the module. */
function prepare(scratch: Scratch, server: TestServer, route: "push" | "pull", name: string): Fixture {
  const module = scratch.join("module");
  const [source, destination] = route === "push"
    ? [scratch.join(`${name}-source`), `${module}/${name}`]
    : [`${module}/${name}`, scratch.join(`${name}-destination`)];
  writeGeneration(source, 2);
  writeGeneration(destination, 1);
  const from = route === "push" ? `${source}/` : server.at("m", `${name}/`);
  const to = route === "push" ? server.at("m", name) : destination;
  return { source, destination, from, to };
}

for (const route of ["push", "pull"] as const) {
  testWhere(["unix"], `a client that is killed during a ${route} damages nothing, and the daemon goes on`, async () => {
    using scratch = new Scratch();
    scratch.directory("module");
    await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
    for (let round = 0; round < 2; round++) {
      const { source, destination, from, to } = prepare(scratch, server, route, `tree${round}`);
      const client = startBlit(["mirror", "--yes", from, to]);
      await untilReplaced(destination, 2);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      kill(client, "SIGKILL");
      await client.result;
      // The daemon notices, and leaves what its run left behind to nobody.
      if (route === "push") await untilQuiet(destination);
      assertUndamaged(destination, [1, 2]);
      assertComplete(await mirror(from, to));
      assertSameTree(destination, source);
      assertEquals(findTemporaries(destination), []);
      assertNothingDone(await mirror(from, to));
    }
    server.assertSound();
  });

  testWhere(
    ["unix"],
    `a daemon that is killed during a ${route} ends the client with 4, nothing is damaged`,
    async () => {
      using scratch = new Scratch();
      scratch.directory("module");
      const modules = { m: { path: scratch.join("module"), trusted: true } };
      await using first = await startServer(scratch, modules);
      const { source, destination, from, to } = prepare(scratch, first, route, "tree");
      const client = startBlit(["copy", from, to]);
      await untilReplaced(destination, 2);
      const killed = performance.now();
      await first.daemon.stop("SIGKILL");
      const { code, stderr } = await client.result;
      assert(performance.now() - killed < NOTICE_MS, `the client needs ${performance.now() - killed} ms`);
      assertEquals(code, 4, stderr);
      assertMatch(stderr, /^blit: (Lost|Cannot) /m);
      assertUndamaged(destination, [1, 2]);
      if (route === "pull") assertEquals(findTemporaries(destination), []);
      await using second = await startServer(scratch, modules);
      const again = (place: string): string => place.replace(`:${first.daemon.port}:`, `:${second.daemon.port}:`);
      assertComplete(await copy(again(from), again(to)));
      assertSameTree(destination, source);
      assertEquals(findTemporaries(destination), []);
    },
  );

  testWhere(["unix"], `Ctrl-C during a ${route} exits with 130 and leaves no temporary file`, async () => {
    using scratch = new Scratch();
    scratch.directory("module");
    await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
    const { source, destination, from, to } = prepare(scratch, server, route, "tree");
    const client = startBlit(["copy", "--json", from, to]);
    await untilReplaced(destination, 2);
    kill(client, "SIGINT");
    const { code, stdout, stderr } = await client.result;
    assertEquals(code, 130, stderr);
    const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
    assertEquals([last.type, last.summary?.status], ["finished", "interrupted"]);
    await untilQuiet(destination);
    assertEquals(findTemporaries(destination), []);
    assertUndamaged(destination, [1, 2]);
    assertComplete(await copy(from, to));
    assertSameTree(destination, source);
    server.assertSound();
  });
}

for (const route of ["push", "pull"] as const) {
  testWhere(
    ["unix"],
    `SIGTERM to the daemon in the middle of a ${route} ends the client with 4 and leaves no temporary file`,
    async () => {
      using scratch = new Scratch();
      scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
      const { destination, from, to } = prepare(scratch, server, route, "tree");
      const client = startBlit(["copy", from, to]);
      await untilReplaced(destination, 2);
      const status = await server.daemon.stop("SIGTERM");
      const { code, stderr } = await client.result;
      assertEquals(status, 0);
      // It may have been done within the grace that calls get.
      if (code !== 0) {
        assertEquals(code, 4, stderr);
        assertMatch(stderr, /^blit: Cannot go on: the daemon stops$/m);
        assertUndamaged(destination, [1, 2]);
      }
      assertEquals(findTemporaries(destination), []);
    },
  );
}

testWhere(
  ["mounts"],
  "a module that becomes read-only in the middle ends the client with 3 and the reason",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(900);
    await using server = await startServer(scratch, { m: { path: disk.path, trusted: true } });
    const source = scratch.join("source");
    writeGeneration(source, 2);
    writeGeneration(`${disk.path}/tree`, 1);
    const client = startBlit(["copy", `${source}/`, server.at("m", "tree")]);
    await untilReplaced(`${disk.path}/tree`, 2);
    remountReadOnly(disk.path);
    const { code, stderr } = await client.result;
    if (code !== 0) { // it may have been faster
      assertEquals(code, 3, stderr);
      assertMatch(stderr, /^blit: Cannot .*read-only/m);
    }
    assertUndamaged(`${disk.path}/tree`, [1, 2]);
    requireTool("mount", ["-o", "remount,rw", disk.path]);
    assertComplete(await copy(`${source}/`, server.at("m", "tree")));
    assertEquals(findTemporaries(disk.path), []);
    server.assertSound();
  },
);

/** Refused while a file is open for writing, so it is tried until it falls between two files. */
function remountReadOnly(path: string): void {
  for (let tries = 0; tries < 3000; tries++) {
    if (new Deno.Command("mount", { args: ["-o", "remount,ro", path], stderr: "null" }).outputSync().success) return;
  }
  throw new Error("Cannot make it read-only");
}

/** Waits until the daemon has dealt with the end of its client. */
async function untilQuiet(root: string): Promise<void> {
  const deadline = Date.now() + NOTICE_MS;
  while (findTemporaries(root).length > 0) {
    if (Date.now() > deadline) throw new Error(`It keeps ${findTemporaries(root)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function kill(program: RunningProgram, signal: Deno.Signal): void {
  try {
    program.kill(signal);
  } catch (error) {
    // It may have ended already.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
