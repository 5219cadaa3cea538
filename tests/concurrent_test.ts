/**
 * Others at work at the same time: another program in the destination, a listener that throws, an answer that never comes.
 *
 * @module
 */

import { BlitError, copy, mirror, type TransferEvent, verify } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, assertNothingDone, codeOf, copyAll } from "./helpers/engine.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool, runTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";
import { injecting } from "./helpers/strace.ts";
import { buildTree, dir, symlink, type Tree } from "./helpers/tree.ts";
import { block, untilThere } from "./helpers/wait.ts";

const fewVariants = allVariants.filter(({ workers }) => workers === 0 || workers === 2);

testWhere(
  ["native", "strace"],
  "blit copy that fails does not remove a file that another program has put in the place of its own",
  async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, { "source": dir({ "f": "content" }), "destination": dir(), "other": "precious" });
    const place = scratch.join("destination", "f");
    // The first write waits, so that there is time to replace the file, and then fails.
    const under = injecting({ call: "write", fault: "error=EIO:delay_enter=500000", path: place });
    const program = startBlit(["copy", scratch.join("source", "f"), place], { under });
    await untilThere(place);
    Deno.renameSync(scratch.join("other"), place);
    const { code, stderr } = await program.result;
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*: input\/output error$/m);
    assertEquals(Deno.readTextFileSync(place), "precious");
  },
);

testWhere(
  ["native"],
  "copy() that is interrupted does not remove a file that another program has put in the place of its own",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "sub": dir() });
    // The largest that is still written under its own name.
    Deno.writeFileSync(`${source}/sub/f`, new Uint8Array(60 << 20).fill(1));
    buildTree(scratch.path, { "other": "precious" });
    const place = scratch.join("destination", "sub", "f");
    const replacing = new Deno.Command("timeout", {
      args: ["5", "bash", "-c", 'until [ -e "$1" ]; do :; done; mv -f "$2" "$1"', "sh", place, scratch.join("other")],
    }).spawn();
    const controller = new AbortController();
    const onEvent = (event: TransferEvent) => {
      // Meanwhile the worker starts, so that it is the one that copies, and this thread can interrupt it.
      if (event.type === "entry" && event.path === "sub") block(300);
    };
    const { signal } = controller;
    const run = copy(`${source}/`, scratch.join("destination"), { workers: 1, entryEvents: true, onEvent, signal });
    const outcome = run.then(() => "done", codeOf);
    const { success } = await replacing.status;
    controller.abort();
    assert(["done", "interrupted"].includes(await outcome), await outcome);
    assert(success, "the file never appeared");
    assertEquals(Deno.statSync(place).size, "precious".length);
    assertEquals(Deno.readTextFileSync(place), "precious");
  },
);

Deno.test("a listener that throws at a progress event ends the run before anything is deleted", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const destination = buildTree(scratch.join("destination"), { "extra": "2" });
  const failure = new Error("the caller's own");
  const answer = Promise.withResolvers<boolean>();
  // The question holds the run up until the first progress event; a run without one ends too, and fails the test.
  const deadline = setTimeout(() => answer.resolve(true), 5000);
  const onEvent = (event: TransferEvent) => {
    if (event.type !== "progress") return;
    answer.resolve(true);
    throw failure;
  };
  try {
    const run = mirror(`${source}/`, destination, { onEvent, confirmDeletions: () => answer.promise });
    const error = await run.then(() => undefined, (error) => error);
    assert(error === failure || (error instanceof Error && error.cause === failure), `${error}`);
    assertEquals(listPaths(destination), ["extra", "new"]);
  } finally {
    clearTimeout(deadline);
  }
});

Deno.test('an abort while the deletions are to be confirmed rejects with "interrupted" and deletes nothing', async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const destination = buildTree(scratch.join("destination"), { "extra": "2" });
  const controller = new AbortController();
  const confirmDeletions = () => {
    setTimeout(() => controller.abort(), 10);
    return new Promise<boolean>(() => {}); // nobody ever answers
  };
  const run = mirror(`${source}/`, destination, { confirmDeletions, signal: controller.signal });
  assertEquals(await run.then(() => "done", codeOf), "interrupted");
  assertEquals(listPaths(destination), ["extra", "new"]);
});

for (const { name, ...options } of fewVariants) {
  testWhere(["mounts"], `the destination can be unmounted as soon as copy() has ended, ${name}`, async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(8);
    const source = buildTree(scratch.join("source"), directories(4, 5));
    for (let i = 0; i < 10; i++) {
      assertComplete(await copy(`${source}/`, `${disk.path}/copy`, options));
      assertEquals([i, openBelow(disk.path)], [i, []]);
      // None of ours is left. Whether others hold it is theirs to say: another test's program may be starting.
      let unmounted = runTool("umount", [disk.path]);
      for (let tries = 0; tries < 5 && unmounted.code !== 0; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        unmounted = runTool("umount", [disk.path]);
      }
      assertEquals([i, unmounted.code, unmounted.stderr], [i, 0, ""]);
      requireTool("mount", ["-t", "tmpfs", "-o", "size=8m", "blit-test", disk.path]);
    }
  });
}

testWhere(["unix"], "two programs that copy one tree to one destination at once both end well", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), directories(20, 30));
  const destination = scratch.join("destination");
  const command = ["copy", "--json", `${source}/`, destination];
  const runs = await Promise.all([blit(command), blit(command)]);
  for (const { code, stdout, stderr } of runs) {
    const { failures } = parseEvents(stdout).at(-1).summary;
    assertEquals(code, failures.length > 0 ? 1 : 0, stderr);
    // A file that the other program was replacing at that moment may be reported; nothing else went wrong.
    for (const failure of failures) assert(["changed", "not-found"].includes(failure.code), failure.message);
  }
  assertEquals(findTemporaries(destination), []);
  assertSameTree(destination, source, { withoutTimes: true });
  assertComplete(await copy(`${source}/`, destination));
  assertNothingDone(await copyAll(source, destination));
});

Deno.test("two copies of one large file into one directory at once both end well", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  Deno.writeFileSync(`${source}/large`, new Uint8Array(20 << 20).fill(7));
  const destination = scratch.directory("destination");
  // The main thread gives way after a while, so that the second run begins before the first has the file in place.
  const onEvent = (event: TransferEvent) => {
    if (event.type === "entry" && event.path === "a") block(30);
  };
  const options = { workers: 0, entryEvents: true, onEvent };
  const runs = [copy(`${source}/`, destination, options), copy(`${source}/`, destination, options)];
  for (const { failures } of await Promise.all(runs)) {
    for (const { code, message } of failures) assert(["changed", "not-found"].includes(code), message);
  }
  assertEquals(findTemporaries(destination), []);
  assertSameTree(destination, source, { withoutTimes: true });
});

Deno.test("in a long run the main thread hands its part over to one more worker", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), directories(60, 80));
  for (let i = 0; i < 60; i++) Deno.linkSync(`${source}/d${i}/f1`, `${source}/again${i}`);
  const destination = scratch.join("destination");
  // Whoever listens takes his time, for somewhat longer than the main thread takes part.
  let first: number | undefined;
  const onEvent = ({ type }: TransferEvent) => {
    first ??= performance.now();
    if (type === "entry" && performance.now() - first < 2500) block(5);
  };
  const { workers, filesCopied } = await copyAll(source, destination, { entryEvents: true, onEvent });
  assertEquals(workers, Math.max(2, Math.min(8, navigator.hardwareConcurrency)));
  assertEquals(filesCopied, 60 * 80);
  assertSameTree(destination, source);
});

testWhere(
  ["unix"],
  "a source that is replaced in the middle of a run is not mixed with what is in its place",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), directories(40, 60));
    const other = buildTree(scratch.join("other"), directories(40, 61));
    const original = scratch.join("original");
    const destination = scratch.join("destination");
    const started = performance.now();
    let isReplaced = false;
    const onEvent = ({ type }: TransferEvent) => {
      const elapsedMs = performance.now() - started;
      if (type === "entry" && elapsedMs < 2700) block(5);
      if (elapsedMs < 1200 || isReplaced) return;
      isReplaced = true;
      Deno.renameSync(source, original);
      Deno.renameSync(other, source);
    };
    try {
      await copyAll(source, destination, { entryEvents: true, onEvent });
      assertSameTree(destination, original);
    } catch (error) {
      // On a busy machine no worker may have come in time to find the old one.
      if (!(error instanceof BlitError) || error.code !== "changed") throw error;
      assertEquals(listPaths(destination).filter((path) => path.endsWith("/f60")), []);
    }
  },
);

Deno.test("what the main thread leaves to workers is for all of them", async () => {
  using scratch = new Scratch();
  const content = new Uint8Array(1_500_000).fill(1);
  for (const side of ["source", "destination"]) {
    const path = scratch.directory(side);
    for (let i = 0; i < 30; i++) Deno.writeFileSync(`${path}/${i}`, content);
  }
  const [source, destination] = [scratch.join("source"), scratch.join("destination")];
  const { workers, entriesFound } = await verify(`${source}/`, destination, { comparison: "checksum" });
  assertEquals(workers, Math.max(2, Math.min(8, navigator.hardwareConcurrency)));
  assertEquals(entriesFound, 30);
});

function directories(count: number, files: number): Tree {
  const entries = (i: number) => Array.from({ length: files }, (_, j) => [`f${j}`, `${i} ${j} `.repeat(j * 100)]);
  return Object.fromEntries(
    Array.from(
      { length: count },
      (_, i) => [`d${i}`, dir({ ...Object.fromEntries(entries(i)), "l": symlink("f0") })],
    ),
  );
}

/** What this process has open below a directory; nothing where the system does not tell. */
function openBelow(directory: string): string[] {
  if (Deno.build.os !== "linux") return [];
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      return path === directory || path.startsWith(`${directory}/`) ? [path] : [];
    } catch {
      return []; // closed by now
    }
  });
}
