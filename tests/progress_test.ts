/**
 * What can be seen of a run while it goes on: the bar in a real terminal, lines in a pipe, and answers to signals.
 *
 * @module
 */

import stringWidth from "string-width";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { FuseMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { parseEvents, privateHome, type RunningProgram, startBlit, writeCommand } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { Terminal } from "./helpers/tty.ts";
import { untilThere } from "./helpers/wait.ts";

const DEEP = "a-directory-with-a-long-name/日本語の長い名前/1";
const ENTRIES = 2003;
const CLOSING = /^Copied 2,000 files \(8\.7 KiB\), 4 directories in \d.* s$/;

/** So many small files, four directories deep, that the freeze comes in time. */
function buildSource(scratch: Scratch): void {
  scratch.directory("source", DEEP);
  requireTool("bash", ["-c", "seq 2000 | split -l 1 -a 4 -d - f"], scratch.join("source", DEEP));
}

/** A copy onto a file system that stops answering when the first files are there, until it is thawed. */
async function freezeInside(mount: FuseMount): Promise<void> {
  await untilThere(`${mount.path}/copy/${DEEP}/f0001`);
  mount.freeze();
}

/** Fills the screen: what is above the bar must stay as it is. */
const FILL = "clear; seq 50";

/** Waits for the bar to be drawn below what was on the screen, for the width that the terminal has now. */
async function waitForBar(terminal: Terminal, first: RegExp, second: RegExp): Promise<string[]> {
  for (let tries = 0; tries < 200; tries++) {
    const lines = terminal.lines();
    const [above, top, bottom] = lines.slice(-3);
    if (above === "50" && first.test(top) && second.test(bottom)) return lines;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The terminal never shows "50", ${first} and ${second}:\n${terminal.screen()}`);
}

const BYTES = String.raw`\d[\d.]* (?:bytes|KiB) of \d[\d.]*\+? (?:bytes|KiB)`;
const FACTS = String.raw`${BYTES}, \d[\d,]* of \d[\d,]*\+? entries, \d[\d.]* (?:bytes|KiB)/s`;

testWhere(
  ["tmux", "folding"],
  "the bar and the path fit a terminal of any width, and leave no trace",
  async () => {
    using scratch = new Scratch();
    writeCommand(scratch);
    buildSource(scratch);
    await using mount = new FuseMount(64);
    using terminal = new Terminal(scratch.path, privateHome());
    terminal.type(`${FILL}; ./blit copy source/ ${mount.path}/copy; echo status=$?`);
    await freezeInside(mount);

    const bar = String.raw`\[[#-]{20}\]`;
    await waitForBar(terminal, new RegExp(`^${bar} ${FACTS}$`), new RegExp(`^${DEEP}/f\\d{4}$`));
    terminal.resize(40);
    const short = /^a-directory-with-a-long-name\/\.\.\.\/f\d{4}$/;
    const narrow = await waitForBar(terminal, new RegExp(`^(?:\\[[#-]{10}\\] )?${BYTES}`), short);
    assert(narrow.slice(-2).every((line) => stringWidth(line) < 40), narrow.join("\n"));
    terminal.resize(20);
    await waitForBar(terminal, /^\d.{0,18}$/, /^\.\.\.\/1\/f\d{4}$/);
    terminal.resize(120);
    await waitForBar(terminal, new RegExp(`^${bar} ${FACTS}$`), new RegExp(`^${DEEP}/f\\d{4}$`));

    mount.thaw();
    await terminal.waitFor(/status=\d/);
    const lines = terminal.lines();
    assertMatch(lines.at(-3)!, CLOSING);
    const numbers = Array.from({ length: lines.length - 3 }, (_, i) => `${54 - lines.length + i}`);
    assertEquals(lines.toSpliced(-3, 1), [...numbers, "status=0", "$"]);
  },
);

testWhere(["tmux", "folding"], "SIGUSR1 prints the state above the bar, which comes back", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  buildSource(scratch);
  await using mount = new FuseMount(64);
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.type(`clear; sh -c 'echo $$ > pid; exec ./blit copy source/ ${mount.path}/copy'; echo status=$?`);
  await freezeInside(mount);
  await terminal.waitFor(/\[[#-]{20}\]/);
  Deno.kill(Number(Deno.readTextFileSync(scratch.join("pid"))), "SIGUSR1");
  await terminal.waitFor(
    new RegExp(`^blit: after \\d.* s: ${FACTS}, at "[^]*\\n\\[[#-]{20}\\] ${FACTS}\\n${DEEP}/f\\d{4}$`),
  );
  mount.thaw();
  const end = await terminal.waitFor(/status=\d/);
  assertMatch(end, /^blit: after [^]*\nCopied 2,000 files .*\nstatus=0\n\$$/);
  assertNotMatch(end, /\[[#-]{20}\]/);
});

/** Copies onto a file system that has stopped, lets the test act, then lets it go on. */
async function whileCopying(flags: string[], act: (run: RunningProgram) => Promise<void>) {
  using scratch = new Scratch();
  buildSource(scratch);
  await using mount = new FuseMount(64);
  const run = startBlit(["copy", ...flags, "source/", `${mount.path}/copy`], { cwd: scratch.path });
  await freezeInside(mount);
  await act(run);
  mount.thaw();
  return await run.result;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

testWhere(
  ["folding"],
  "--progress prints a line after a second in a pipe, and without it nothing is printed",
  async () => {
    const shown = await whileCopying(["--progress"], () => sleep(2500));
    assertEquals([shown.code, shown.stdout], [0, ""]);
    assertMatch(shown.stderr, new RegExp(`^blit: ${FACTS}\n$`));
    const silent = await whileCopying([], () => sleep(2500));
    assertEquals(silent, { code: 0, signal: null, stdout: "", stderr: "" });
  },
);

const STATE = new RegExp(`^blit: after \\d.* s: ${FACTS}, at "${DEEP}(?:/f\\d{4})?"$`);
/** What Deno says to this signal. */
const DENO_DEBUGGER = /^Debugger listening on |^Visit chrome:/;

for (const flags of [[], ["--no-progress"], ["--quiet"], ["--json"]]) {
  testWhere(["folding"], `SIGUSR1 prints the state once and changes nothing else (flags: ${flags})`, async () => {
    const { code, signal, stdout, stderr } = await whileCopying(flags, async (run) => {
      await sleep(2000);
      run.kill("SIGUSR1");
      await sleep(500);
    });
    assertEquals([code, signal], [0, null]);
    const [line, ...rest] = stderr.trimEnd().split("\n");
    assertMatch(line, STATE);
    assertEquals(rest.filter((line) => !DENO_DEBUGGER.test(line)), []);
    if (flags.includes("--json")) assertEquals(parseEvents(stdout).at(-1).summary.entriesFound, ENTRIES);
    else assertEquals(stdout, "");
  });
}

testWhere(["folding"], "SIGUSR1 leaves no debugger open to other users", async () => {
  const { code, stderr } = await whileCopying([], async (run) => {
    await sleep(1000); // Deno watches the signal from half a second after its start
    run.kill("SIGUSR1");
    await sleep(1000);
    for (let tries = 0; listensSomewhere(run.pid); tries++) {
      if (tries === 50) throw new Error("The debugger stays open");
      await sleep(100);
    }
  });
  assertEquals(code, 0);
  assertMatch(stderr, /^blit: after/m);
});

/** Whether a process accepts connections. */
function listensSomewhere(pid: number): boolean {
  const listening = "0A";
  const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n").map((row) => row.trim().split(/\s+/));
  const sockets = new Set(rows.filter((row) => row[3] === listening).map((row) => `socket:[${row[9]}]`));
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).some(({ name }) =>
    sockets.has(linkTarget(`/proc/${pid}/fd/${name}`))
  );
}

/** Where a link leads, nowhere once it is gone. */
function linkTarget(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
