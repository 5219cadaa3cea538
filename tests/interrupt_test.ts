/**
 * Interrupted: at once, without temporary files, with everything whole or absent.
 *
 * @module
 */

import { copy, mirror, move, type TransferEvent, verify } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, assertNothingDone, codeOf } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { parseEvents, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";

let shared: Scratch | undefined;

/** The source of most tests here, built once; no test writes to it. It takes about a second to copy. */
function longTree(): string {
  if (shared) return shared.join("source");
  shared = Scratch.inMemory();
  globalThis.addEventListener("unload", () => shared?.[Symbol.dispose]());
  const root = shared.directory("source");
  for (let i = 0; i < 20; i++) Deno.mkdirSync(`${root}/d${i}`);
  requireTool("bash", ["-c", "for d in d*; do (cd $d; seq 1500 | split -l 1 -a 4 -d - f); done"], root);
  const piece = new Uint8Array(LARGE_BYTES / 32).fill(7);
  for (const name of ["large 1", "large 2"]) {
    using file = Deno.openSync(`${root}/${name}`, { write: true, create: true });
    for (let i = 0; i < 32; i++) file.writeSync(piece);
  }
  return root;
}

const LARGE_BYTES = 256 << 20;

async function untilSomethingIsThere(path: string): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    try {
      if (Deno.readDirSync(path)[Symbol.iterator]().next().done === false) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Nothing ever appears in "${path}"`);
}

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  testWhere(
    ["unix"],
    `${signal} stops blit copy at once with ${status}, says what was done and leaves no temporary`,
    async () => {
      using scratch = new Scratch();
      const source = longTree();
      const destination = scratch.join("destination");
      const program = startBlit(["copy", `${source}/`, destination]);
      await untilSomethingIsThere(destination);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const sent = performance.now();
      program.kill(signal);
      const { code, stdout, stderr } = await program.result;
      assert(performance.now() - sent < 2000, "it took more than two seconds to stop");
      assertEquals([code, stdout], [status, ""]);
      assertMatch(stderr, /^blit: Interrupted after /m);
      assertEquals(findTemporaries(destination), []);
      assertWholeOrAbsent(source, destination);
      assertComplete(await copy(`${source}/`, destination));
      assertNothingDone(await copy(`${source}/`, destination));
    },
  );
}

testWhere(
  ["unix"],
  "SIGINT during a mirror of changed files leaves every old file whole and deletes nothing",
  async () => {
    using scratch = new Scratch();
    const source = longTree();
    const destination = scratch.join("destination");
    Deno.mkdirSync(destination);
    Deno.writeTextFileSync(`${destination}/extra`, "extra");
    Deno.writeTextFileSync(`${destination}/large 1`, "old 1");
    Deno.writeTextFileSync(`${destination}/large 2`, "old 2");
    const program = startBlit(["mirror", "--yes", `${source}/`, destination]);
    await untilSomethingIsThere(`${destination}/d0`);
    program.kill("SIGINT");
    assertEquals((await program.result).code, 130);
    assertEquals(Deno.readTextFileSync(`${destination}/extra`), "extra");
    for (const i of [1, 2]) {
      const { size } = Deno.statSync(`${destination}/large ${i}`);
      assert(size === 5 || size === LARGE_BYTES, `"large ${i}" has ${size} bytes`);
    }
    assertEquals(findTemporaries(destination), []);
  },
);

testWhere(["unix"], "SIGINT twice leaves at once", async () => {
  using scratch = new Scratch();
  const source = longTree();
  const program = startBlit(["copy", `${source}/`, scratch.join("destination")]);
  await untilSomethingIsThere(scratch.join("destination"));
  program.kill("SIGINT");
  const sent = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 5)); // two at once would count as one
  try {
    program.kill("SIGINT");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has gone already, which is even earlier
  }
  const { code } = await program.result;
  assertEquals(code, 130);
  assert(performance.now() - sent < 5000);
});

testWhere(["unix"], "blit copy --json ends with a summary when it is interrupted", async () => {
  using scratch = new Scratch();
  const source = longTree();
  const program = startBlit(["copy", "--json", `${source}/`, scratch.join("destination")]);
  await untilSomethingIsThere(scratch.join("destination"));
  program.kill("SIGINT");
  const { code, stdout } = await program.result;
  assertEquals(code, 130);
  const last = parseEvents(stdout).at(-1);
  assertEquals([last.type, last.summary.status], ["finished", "interrupted"]);
});

for (const { name, ...options } of allVariants) {
  testWhere(["unix"], `an aborted signal ends copy() with "interrupted" and no temporary, ${name}`, async () => {
    using scratch = new Scratch();
    buildSmallerTree(scratch.join("source"));
    const destination = scratch.join("destination");
    const controller = new AbortController();
    const run = copy(`${scratch.join("source")}/`, destination, { ...options, signal: controller.signal });
    const outcome = run.then(() => "done", codeOf);
    setTimeout(() => controller.abort(), 60);
    const code = await outcome;
    assert(code === "interrupted" || code === "done", code);
    assertEquals(findTemporaries(scratch.path), []);
    const again = await copy(`${scratch.join("source")}/`, destination, options);
    assertComplete(again);
    assertSameTree(destination, scratch.join("source"), { basic: options.fileSystem === "portable" });
  });
}

Deno.test("a signal that is aborted before the start lets no verb do anything", async () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.join("source"));
  Deno.writeTextFileSync(scratch.join("source", "file"), "1");
  for (const verb of [copy, mirror, move, verify]) {
    const run = verb(`${scratch.join("source")}/`, scratch.join("destination"), { signal: AbortSignal.abort() });
    assertEquals(await run.then(() => "done", codeOf), "interrupted");
    assertEquals(listPaths(scratch.path), ["source/", "source/file"]);
  }
});

Deno.test("an exception of the caller's onEvent ends the run", async () => {
  using scratch = new Scratch();
  buildSmallerTree(scratch.join("source"));
  const failure = new Error("the caller's own");
  const onEvent = (event: TransferEvent) => {
    if (event.type === "entry") throw failure;
  };
  const run = copy(`${scratch.join("source")}/`, scratch.join("destination"), { onEvent, entryEvents: true });
  const error = await run.then(() => undefined, (error) => error);
  assert(error === failure || (error instanceof Error && error.cause === failure), `${error}`);
  assertEquals(findTemporaries(scratch.path), []);
});

function buildSmallerTree(root: string): void {
  for (let i = 0; i < 10; i++) {
    Deno.mkdirSync(`${root}/d${i}`, { recursive: true });
    for (let j = 0; j < 200; j++) Deno.writeTextFileSync(`${root}/d${i}/f${j}`, `${i} ${j}`.repeat(100));
  }
  Deno.writeFileSync(`${root}/large`, new Uint8Array(64 << 20).fill(3));
}

/** Nothing that has its source's size and time differs from it. */
function assertWholeOrAbsent(source: string, destination: string): void {
  const seconds = (path: string) => Deno.statSync(path).mtime?.getTime();
  for (const path of listPaths(destination)) {
    if (path.endsWith("/")) continue;
    const [from, to] = [`${source}/${path}`, `${destination}/${path}`];
    if (Deno.statSync(to).size !== Deno.statSync(from).size || seconds(to) !== seconds(from)) continue;
    if (Deno.statSync(to).size > 1 << 20) requireTool("cmp", [from, to]);
    else assertEquals(Deno.readTextFileSync(to), Deno.readTextFileSync(from));
  }
}

testWhere(["unix"], "SIGINT stops the deletions of a mirror, however little there was to copy", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  Deno.writeTextFileSync(`${source}/kept`, "1");
  const destination = scratch.join("destination");
  // Without its large files: only the number of entries counts here.
  requireTool("bash", ["-c", 'mkdir "$1" && cp -a d* "$1"', "-", destination], longTree());
  const before = countEntries(destination);
  const program = startBlit(["mirror", "--yes", `${source}/`, destination]);
  // The first of twenty directories is gone.
  while (countEntries(destination) >= before) await new Promise((resolve) => setTimeout(resolve, 1));
  program.kill("SIGINT");
  const { code } = await program.result;
  assertEquals([code, listPaths(destination).length > 1000], [130, true]);
});

testWhere(["native"], "SIGINT stops the comparison of one large file", async () => {
  using scratch = new Scratch();
  for (const side of ["a", "b"]) {
    Deno.mkdirSync(scratch.join(side));
    Deno.writeTextFileSync(scratch.join(side, "small"), "1");
    Deno.truncateSync(createFile(scratch.join(side, "large")), 100 * 1024 ** 3);
  }
  const program = startBlit(["verify", `${scratch.join("a")}/`, scratch.join("b")]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const sent = performance.now();
  program.kill("SIGINT");
  const { code } = await program.result;
  assertEquals(code, 130);
  assert(performance.now() - sent < 5000, `it took ${performance.now() - sent} ms`);
});

function createFile(path: string): string {
  Deno.createSync(path).close();
  return path;
}

function countEntries(directory: string): number {
  return [...Deno.readDirSync(directory)].length;
}
