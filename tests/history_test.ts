/**
 * Runs are remembered, and how much there is to do decides how it is done, never what.
 *
 * @module
 */

import { HISTORY_FILE, readRuns } from "../core/report/mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, type ProgramResult } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { buildTree, dir, type Tree } from "./helpers/tree.ts";

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

Deno.test("blit starts workers for a large tree, to the same result as without them", async () => {
  using scratch = Scratch.inMemory();
  const { source, copy } = prepare(scratch);
  const small = summaryOf(await copy("small"));
  assertEquals(small.route, "streaming");
  assertSameTree(scratch.join("small"), source);
  const folder = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`file ${i}`, "x"]));
  const folders = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`folder ${i}`, dir(folder)]));
  const large = buildTree(scratch.join("large"), folders);
  const run = summaryOf(await blit(["copy", "--json", "--no-history", `${large}/`, scratch.join("copied")]));
  assertEquals([run.filesCopied, run.workers > 0], [30_000, true]);
  assertSameTree(scratch.join("copied"), large);
});

Deno.test("blit copies beside a damaged history, which is set aside when it is looked at", async () => {
  using scratch = new Scratch();
  const { source, config, copy } = prepare(scratch);
  Deno.mkdirSync(config, { recursive: true });
  Deno.writeTextFileSync(`${config}/${HISTORY_FILE}`, "\0\0garbage\n{]\n");
  const { code, stderr } = await copy("copied");
  assertEquals([code, stderr], [0, ""]);
  assertSameTree(scratch.join("copied"), source);
  const shown = await blit(["diagnostics", "perf", "--config-dir", config]);
  assertEquals([shown.code, shown.stderr.includes("could not be read; the damaged file is now")], [0, true]);
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
