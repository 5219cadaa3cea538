/**
 * A mount that stops answering ends the run; a slow one does not.
 *
 * @module
 */

import { BlitError, copy } from "../mod.ts";
import { readRuns } from "../core/report/mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete, copyAll } from "./helpers/engine.ts";
import { bindMount, FuseMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, findTemporaries } from "./helpers/snapshot.ts";
import { buildTree, dir, type Tree } from "./helpers/tree.ts";

/** Enough to last for some seconds through FUSE. */
function manyFiles(): Tree {
  const content = "x".repeat(20_000);
  return Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`file ${i}`, content]));
}

/** Twice the limit of the program, which has said what there is to say by then. */
const THAW_MS = 20_000;

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function untilThereAreFiles(directory: string, count: number): Promise<void> {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    try {
      if ([...Deno.readDirSync(directory)].length >= count) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await delay(5);
  }
  throw new Error(`"${directory}" has fewer than ${count} entries after 20 s`);
}

async function stallOf(run: PromiseLike<unknown>): Promise<BlitError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof BlitError) return error;
    throw error;
  }
  throw new Error("it did not stall");
}

testWhere(["folding"], "blit copy from a mount that stops answering ends with 5 and names the path", async () => {
  await using mount = new FuseMount(256);
  using scratch = new Scratch();
  const source = buildTree(`${mount.path}/source`, manyFiles());
  const destination = scratch.join("destination");
  const config = scratch.join("config");
  const program = startBlit(["copy", `${source}/`, destination, "--config-dir", config]);
  await untilThereAreFiles(destination, 20);
  mount.freeze();
  const frozen = performance.now();
  // A call that the server has taken and not answered keeps even the end of the process waiting.
  const thawing = setTimeout(() => mount.thaw(), THAW_MS);
  const { code, stderr } = await program.result;
  clearTimeout(thawing);
  const seconds = (performance.now() - frozen) / 1000;
  assertEquals([code, stderr.includes("nothing has moved for 10 s")], [5, true], stderr);
  assertMatch(stderr, /at ".*\/source\/file \d+"/);
  assert(seconds > 9 && seconds < 60, `it took ${seconds} s`);
  assertEquals(readRuns(config).runs.map(({ stalls }) => stalls), [1]);
  mount.thaw();
  await copyAll(source, destination);
  assertEquals(findTemporaries(destination), []);
  assertSameTree(destination, source, { basic: true });
});

for (const workers of [1, 2]) {
  testWhere(
    ["folding"],
    `copy() to a mount that stops answering rejects with "stalled", ${workers} workers`,
    async () => {
      await using mount = new FuseMount(256);
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), manyFiles());
      const destination = `${mount.path}/destination`;
      const run = copy(`${source}/`, destination, { workers, stallTimeoutMs: 1500 });
      const stall = stallOf(run);
      await untilThereAreFiles(destination, 20);
      mount.freeze();
      const error = await stall;
      assertEquals(error.code, "stalled");
      assertMatch(error.path ?? "", /file \d+/);
    },
  );
}

testWhere(["folding"], "copy() takes a mount that is slow and moves for what it is", async () => {
  await using mount = new FuseMount(256);
  using scratch = new Scratch();
  const source = buildTree(`${mount.path}/source`, manyFiles());
  let done = false;
  const run = copy(`${source}/`, scratch.join("destination"), { stallTimeoutMs: 3000 }).then((summary) => {
    done = true;
    return summary;
  });
  for (let freezes = 0; freezes < 6 && !done; freezes++) {
    mount.freeze();
    await delay(900);
    mount.thaw();
    await delay(300);
  }
  assertComplete(await run);
});

for (const side of ["source", "destination"]) {
  testWhere(["folding"], `copy() finds before it starts that its ${side} does not answer`, async () => {
    await using mount = new FuseMount(16);
    using scratch = new Scratch();
    const there = buildTree(`${mount.path}/there`, { "a": "1" });
    const here = buildTree(scratch.join("here"), { "a": "1" });
    mount.freeze();
    await delay(1100); // what the kernel remembers of it has expired
    const paths = side === "source" ? [`${there}/`, scratch.join("new")] : [`${here}/`, `${there}/new`];
    const error = await stallOf(copy(paths[0], paths[1], { stallTimeoutMs: 500 }));
    assertEquals([error.code, error.path], ["stalled", side === "source" ? paths[0] : paths[1]]);
  });
}

testWhere(["folding"], "a few files on a file system that may stop answering are work for workers", async () => {
  await using mount = new FuseMount(16);
  using scratch = new Scratch();
  const source = buildTree(`${mount.path}/source`, { "a": "1" });
  const { code, stdout } = await blit(["copy", "--json", `${source}/`, scratch.join("destination")]);
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout.trim().split("\n").at(-1)!).summary.route, "streaming");
});

testWhere(["folding", "mounts"], "blit copy of a tree in which a mount has stopped answering ends with 5", async () => {
  await using mount = new FuseMount(64);
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "mount": dir() });
  buildTree(`${mount.path}/below`, { "b": "2" });
  using _bind = bindMount(mount.path, `${source}/mount`);
  mount.freeze();
  const program = startBlit(["copy", `${source}/`, scratch.join("destination")]);
  const thawing = setTimeout(() => mount.thaw(), THAW_MS);
  const { code, stderr } = await program.result;
  clearTimeout(thawing);
  mount.thaw();
  assertEquals([code, stderr.includes("nothing has moved for 10 s")], [5, true], stderr);
});

testWhere(["folding"], "blit copies in spite of a configuration directory that has stopped answering", async () => {
  await using mount = new FuseMount(64);
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  mount.freeze();
  const program = startBlit(["copy", source, scratch.join("copied"), "--config-dir", `${mount.path}/blit`]);
  const thawing = setTimeout(() => mount.thaw(), THAW_MS);
  const started = performance.now();
  const { code, stderr } = await program.result;
  clearTimeout(thawing);
  mount.thaw();
  assertEquals([code, stderr], [0, ""]);
  assert(performance.now() - started < THAW_MS / 2, "it waited");
  assertSameTree(scratch.join("copied"), source);
});

testWhere(
  ["folding"],
  "copy() that has stalled rejects, also when the mount answers again a moment later",
  async () => {
    await using mount = new FuseMount(256);
    using scratch = new Scratch();
    const source = buildTree(`${mount.path}/source`, manyFiles());
    const destination = scratch.join("destination");
    const run = copy(`${source}/`, destination, { workers: 1, stallTimeoutMs: 1500 });
    const stall = stallOf(run);
    await untilThereAreFiles(destination, 20);
    mount.freeze();
    await delay(2400);
    mount.thaw();
    const outcome = await stall.catch((error: Error) => error.message);
    // A machine that is busy may have counted less silence; then everything is there.
    if (outcome instanceof BlitError) assertEquals(outcome.code, "stalled");
    else assertSameTree(destination, source, { basic: true });
  },
);
