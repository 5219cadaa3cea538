/**
 * Runs are remembered and learned from, and that changes how something is copied, never what.
 *
 * @module
 */

import { appendRun, HISTORY_FILE, readRuns, type RunRecord } from "../core/report/mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, type ProgramResult } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { buildTree, type Tree } from "./helpers/tree.ts";

/** More than the fast path takes without experience. */
function hundredFiles(): Tree {
  return Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`secret name ${i}`, `content ${i}`]));
}

interface Place {
  readonly source: string;
  readonly config: string;
  /** Copies the source to a new name. */
  copy(name: string, ...flags: string[]): Promise<ProgramResult>;
}

function prepare(scratch: Scratch): Place {
  const config = scratch.join("config");
  const source = buildTree(scratch.join("source"), hundredFiles());
  const copy = (name: string, ...flags: string[]) =>
    blit(["copy", source, scratch.join(name), "--config-dir", config, "--json", ...flags]);
  return { source, config, copy };
}

// deno-lint-ignore no-explicit-any -- the summary as it was printed
function summaryOf({ stdout }: ProgramResult): any {
  return parseEvents(stdout).at(-1).summary;
}

/** Ten runs like this one, in which the main thread took 10 us and workers 1 ms a file, or the other way round. */
function experience(like: RunRecord, { aloneMs, sharedMs }: { aloneMs: number; sharedMs: number }): RunRecord[] {
  const amounts = { files: 1000, bytes: 10_000, entries: 1000, planningMs: 5 };
  return Array.from({ length: 10 }, () => [
    { ...like, ...amounts, route: "fast" as const, workers: 0, copyingMs: aloneMs },
    { ...like, ...amounts, route: "streaming" as const, workers: 2, copyingMs: sharedMs },
  ]).flat();
}

Deno.test("blit remembers a run: amounts and times, no path and no name", async () => {
  using scratch = new Scratch();
  const { config, copy } = prepare(scratch);
  assertEquals((await copy("copied")).code, 0);
  const { runs: [run], notice } = readRuns(config);
  assertEquals(notice, undefined);
  assertEquals([run.verb, run.files, run.entries, run.checksum, run.stalls, run.failures], [
    "copy",
    100,
    100,
    false,
    0,
    0,
  ]);
  assert(run.bytes > 0 && run.copyingMs > 0 && run.planningMs > 0);
  const text = Deno.readTextFileSync(`${config}/${HISTORY_FILE}`);
  for (const word of ["secret", "copied", "source/", scratch.path]) assert(!text.includes(word), text);
});

Deno.test("blit keeps no record of a dry run, of a refused run, or when it shall not", async () => {
  using scratch = new Scratch();
  const { source, config, copy } = prepare(scratch);
  assertEquals((await copy("a", "--dry-run")).code, 0);
  assertEquals((await copy("b", "--no-history")).code, 0);
  assertEquals((await blit(["copy", `${source}/missing`, scratch.join("c"), "--config-dir", config])).code, 2);
  Deno.mkdirSync(config, { recursive: true });
  Deno.writeTextFileSync(`${config}/perf.json`, '{"history":false}');
  assertEquals((await copy("d")).code, 0);
  assertEquals(readRuns(config).runs, []);
});

testWhere(
  ["linux"],
  "blit takes the way that past runs have shown to be the faster one, to the same result",
  async () => {
    using scratch = new Scratch();
    const { source, config, copy } = prepare(scratch);
    const first = summaryOf(await copy("first"));
    assertEquals([first.route, first.workers], ["streaming", 2]);
    const { runs: [like] } = readRuns(config);
    for (const run of experience(like, { aloneMs: 10, sharedMs: 1000 })) assert(appendRun(config, run));
    const second = summaryOf(await copy("second"));
    assertEquals([second.route, second.workers], ["fast", 0]);
    assert(second.routeReason.startsWith("past runs say"), second.routeReason);
    const third = summaryOf(await copy("third", "--no-history"));
    assertEquals([third.route, third.workers], ["streaming", 2]);
    for (const run of experience(like, { aloneMs: 6000, sharedMs: 3045 })) assert(appendRun(config, run));
    assertEquals(summaryOf(await copy("fourth")).workers, 2);
    for (const name of ["first", "second", "third", "fourth"]) assertSameTree(scratch.join(name), source);
  },
);

Deno.test("blit sets a damaged history aside, says so, and copies", async () => {
  using scratch = new Scratch();
  const { source, config, copy } = prepare(scratch);
  Deno.mkdirSync(config, { recursive: true });
  Deno.writeTextFileSync(`${config}/${HISTORY_FILE}`, "\0\0garbage\n{]\n");
  const { code, stderr } = await copy("copied");
  assertEquals([code, stderr.includes("could not be read; the damaged file is now")], [0, true], stderr);
  assertSameTree(scratch.join("copied"), source);
  assertEquals(readRuns(config).runs.length, 1);
});

testWhere(["unix"], "blit copies where no history can be kept", async () => {
  using scratch = new Scratch();
  const { source } = prepare(scratch);
  const file = scratch.join("file");
  Deno.writeTextFileSync(file, "");
  const { code, stderr } = await blit(["copy", source, scratch.join("copied"), "--config-dir", `${file}/below`]);
  assertEquals([code, stderr], [0, ""]);
  assertSameTree(scratch.join("copied"), source);
});
