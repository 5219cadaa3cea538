/**
 * What a person sees in a real terminal.
 *
 * @module
 */

import { sampleRun } from "../core/report/_testing.ts";
import { appendRun } from "../core/report/mod.ts";
import { assertEquals, assertNotMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { privateHome, writeCommand } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { findTemporaries, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";
import { Terminal } from "./helpers/tty.ts";

let slow: Scratch | undefined;

/** A source that keeps the portable implementation busy for some seconds, built once; no test writes to it. */
function slowSource(): string {
  if (slow !== undefined) return slow.join("source");
  slow = new Scratch(); // below /dev the portable implementation would need more than its permissions
  globalThis.addEventListener("unload", () => slow?.[Symbol.dispose]());
  const root = slow.directory("source");
  for (let i = 0; i < 40; i++) Deno.mkdirSync(`${root}/d${i}`);
  requireTool("bash", ["-c", "for d in d*; do (cd $d; seq 1500 | split -l 1 -a 4 -d - f); done"], root);
  return root;
}

const PORTABLE = ["--allow-read", "--allow-write", "--no-prompt"];

testWhere(["tmux"], "a progress bar appears by itself in a long transfer, and is gone at its end", async () => {
  using scratch = new Scratch();
  writeCommand(scratch, PORTABLE);
  const source = slowSource();
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type(`clear; ./blit copy ${source}/ destination; echo status=$?`);
  const screen = await terminal.waitFor(/\d+ ?%|files.*\/s|B\/s/);
  assertNotMatch(screen, /status=\d/);
  const end = await terminal.waitFor(/status=\d/, 60_000);
  assertEquals(/status=0/.test(end), true, end);
  assertNotMatch(end, /ETA|█|\[=+/);
  assertEquals(/copied 60,000 files/i.test(end), true, end);
});

testWhere(["tmux"], "a short transfer shows no progress bar, only its result", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  buildTree(scratch.join("source"), { "a": "1" });
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type("clear; ./blit copy source/ destination; echo status=$?");
  const end = await terminal.waitFor(/status=\d/);
  assertNotMatch(end, /ETA|█|\[=+/);
  assertEquals(/copied 1 file/i.test(end) && /status=0/.test(end), true, end);
});

for (const answer of ["y", "n", ""]) {
  testWhere(["tmux"], `blit mirror asks before it deletes, and "${answer}" is an answer`, async () => {
    using scratch = new Scratch();
    writeCommand(scratch);
    buildTree(scratch.join("source"), { "a": "1" });
    buildTree(scratch.join("destination"), { "extra": "2", "sub": dir({ "extra too": "3" }) });
    using terminal = new Terminal(scratch.path, privateHome());
    terminal.type("clear; ./blit mirror source/ destination; echo status=$?");
    await terminal.waitFor(/elete 3 entries from "destination"\? \[y\/N\]/);
    assertEquals(listPaths(scratch.join("destination")), ["a", "extra", "sub/", "sub/extra too"]);
    terminal.type(answer);
    const end = await terminal.waitFor(/status=\d/);
    const yes = answer === "y";
    assertEquals(/status=0/.test(end), yes, end);
    assertEquals(/status=3/.test(end), !yes, end);
    assertEquals(listPaths(scratch.join("destination")), yes ? ["a"] : ["a", "extra", "sub/", "sub/extra too"]);
  });
}

testWhere(["tmux"], "Ctrl-C at the question deletes nothing and exits with 130", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  buildTree(scratch.join("source"), { "a": "1" });
  buildTree(scratch.join("destination"), { "extra": "2" });
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type("clear; ./blit mirror source/ destination; echo status=$?");
  await terminal.waitFor(/\[y\/N\]/);
  terminal.press("C-c");
  await terminal.waitFor(/status=130/);
  assertEquals(listPaths(scratch.join("destination")), ["a", "extra"]);
});

testWhere(["tmux"], "Ctrl-C in a long transfer clears the bar, says what was done and exits with 130", async () => {
  using scratch = new Scratch();
  writeCommand(scratch, PORTABLE);
  const source = slowSource();
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type(`clear; ./blit copy ${source}/ destination; echo status=$?`);
  await terminal.waitFor(/\d+ ?%|files.*\/s|B\/s/);
  terminal.press("C-c");
  const end = await terminal.waitFor(/status=\d/);
  assertEquals(/status=130/.test(end) && /Interrupted after/.test(end), true, end);
  assertNotMatch(end, /ETA|█|\[=+/);
  assertEquals(findTemporaries(scratch.join("destination")), []);
});

testWhere(["tmux"], "blit diagnostics perf fits the terminal, a line with a bar for each run", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  const wide = { files: 123_456_789, entries: 123_456_789, bytes: 2 ** 50, planningMs: 0, workers: 64 };
  for (let i = 1; i <= 8; i++) appendRun(scratch.join("config"), sampleRun({ ...wide, copyingMs: 1e9 / i }));
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type("clear; ./blit diagnostics perf --config-dir config; echo status=$?");
  const lines = (await terminal.waitFor(/status=0/)).split("\n");
  const [title, titles, ...runs] = lines.slice(lines.indexOf("8 runs"));
  assertEquals([title, titles.includes("RATE")], ["8 runs", true]);
  const bars = runs.slice(0, 8).map((line) => /\/s {2}([▏▎▍▌▋▊▉█]+)$/.exec(line)?.[1].length ?? 0);
  assertEquals(bars, bars.toSorted((a, b) => a - b));
  assertEquals([bars[0] > 0, bars[7] > bars[0], runs[8]], [true, true, ""]);
  assertEquals(lines.some((line) => line.trimEnd().length > 80), true, "it uses the width of 100");
});
