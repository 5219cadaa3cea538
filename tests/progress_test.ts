/**
 * What can be seen of a run while it goes on: the bar in a real terminal, lines in a pipe, and answers to signals.
 *
 * @module
 */

import stringWidth from "string-width";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { FuseMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { parseEvents, privateHome, PROJECT, type RunningProgram, startBlit, writeCommand } from "./helpers/program.ts";
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

/**
 * Starts a copy onto a file system that stops answering when the first files are there, until it is thawed. On a busy machine
 * that may be too late; then it starts another one.
 *
 * @param start begins a copy to a destination; what it returns tells whether that is over
 */
async function freezeInside(
  mount: FuseMount,
  start: (destination: string) => () => boolean | Promise<boolean>,
): Promise<void> {
  for (let tries = 0;; tries++) {
    const destination = `${mount.path}/copy${tries}`;
    const isOver = start(destination);
    await untilThere(`${destination}/${DEEP}/f0001`);
    mount.freeze();
    await sleep(500);
    if (!await isOver()) return;
    if (tries === 5) throw new Error("The copy is always over before its destination stops");
    mount.thaw();
  }
}

/** The same for a command in a terminal, which ends by telling its status. */
async function freezeInTerminal(
  mount: FuseMount,
  terminal: Terminal,
  commandFor: (destination: string) => string,
): Promise<void> {
  await freezeInside(mount, (destination) => {
    terminal.type(`${commandFor(destination)}; echo status=$?`);
    return () => /status=\d/.test(terminal.screen());
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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
    await freezeInTerminal(mount, terminal, (destination) => `${FILL}; ./blit copy source/ ${destination}`);

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

/** Shows progress below a full screen of this height while `act` does something to it. Returns the rows at the end. */
async function whileDrawn(
  { rows = 30, environment = "", flags = "" },
  act: (terminal: Terminal) => Promise<void>,
): Promise<string[]> {
  using scratch = new Scratch();
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.resize(100, rows);
  const program = `${PROJECT}/tests/fixtures/progress_bar.ts`;
  const begin =
    `seq 50; ${environment} '${Deno.execPath()}' run -A --config '${PROJECT}/deno.json' '${program}' ${flags}`;
  terminal.type(`${begin}; echo status=$?`);
  await act(terminal);
  Deno.writeTextFileSync(scratch.join("stop"), "");
  await terminal.waitFor(/status=\d|^\$ ?$/);
  terminal.resize(100);
  await terminal.waitFor(/status=\d/);
  return terminal.lines();
}

const FACTS_OF_FIXTURE = "1.0 GiB of 4.0 GiB, 1,204 of 9,000 entries, 256 MiB/s, 12 s left";
/** The end of a screen on which nothing is left of the progress. */
const NO_TRACE = ["48", "49", "50", "closing line", "status=0", "$"];

testWhere(["tmux"], "a low terminal that becomes very narrow at once keeps no line of the progress", async () => {
  const lines = await whileDrawn({ rows: 12 }, async (terminal) => {
    await terminal.waitFor(new RegExp(`^50\\n.*${FACTS_OF_FIXTURE}`, "m"));
    terminal.resize(10, 12);
    await terminal.waitFor(/^50\n1\.0 GiB o$/m);
    terminal.resize(40, 12);
    await terminal.waitFor(/^50\n\[##-{8}\] 1\.0 GiB of 4\.0 GiB$/m);
    terminal.resize(100);
    await terminal.waitFor(new RegExp(`^50\\n.*${FACTS_OF_FIXTURE}`, "m"));
  });
  assertEquals(lines.slice(-6), NO_TRACE);
});

testWhere(["tmux"], "a terminal of one row shows the bar, and keeps no line of it", async () => {
  const lines = await whileDrawn({ rows: 1 }, async (terminal) => {
    await terminal.waitFor(/^1\.0 GiB of 4\.0 GiB, [^\n]*$/);
  });
  assertEquals(lines.slice(-6), NO_TRACE);
});

for (const environment of ["TERM=dumb", "env -u TERM", "NO_COLOR=1"]) {
  testWhere(["tmux"], `with ${environment} nothing is drawn on a terminal, and --progress prints lines`, async () => {
    const silent = await whileDrawn({ environment }, () => Promise.resolve());
    assertEquals(silent.slice(-6), NO_TRACE);
    const asked = await whileDrawn({ environment, flags: "--progress" }, () => Promise.resolve());
    assertEquals(asked.slice(-6).toSpliced(2, 1), NO_TRACE.slice(1));
    assertEquals(asked.at(-4), `blit: ${FACTS_OF_FIXTURE}`);
  });
}

testWhere(["tmux", "folding"], "SIGUSR1 prints the state above the bar, which comes back", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  buildSource(scratch);
  await using mount = new FuseMount(64);
  using terminal = new Terminal(scratch.path, privateHome());
  const commandFor = (destination: string) => `clear; sh -c 'echo $$ > pid; exec ./blit copy source/ ${destination}'`;
  await freezeInTerminal(mount, terminal, commandFor);
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
  let run!: RunningProgram;
  await freezeInside(mount, (destination) => {
    run = startBlit(["copy", ...flags, "source/", destination], { cwd: scratch.path });
    const over = run.result.then(() => true);
    return () => Promise.race([over, Promise.resolve(false)]);
  });
  await act(run);
  mount.thaw();
  return await run.result;
}

testWhere(
  ["folding"],
  "--progress prints a line after a second in a pipe, and without it nothing is printed",
  async () => {
    const shown = await whileCopying(["--progress"], () => sleep(2000));
    assertEquals([shown.code, shown.stdout], [0, ""]);
    assertMatch(shown.stderr, new RegExp(`^blit: ${FACTS}\n$`));
    const silent = await whileCopying([], () => sleep(2000));
    assertEquals(silent, { code: 0, signal: null, stdout: "", stderr: "" });
  },
);

const STATE = new RegExp(`^blit: after \\d.* s: ${FACTS}, at "${DEEP}(?:/f\\d{4})?"$`);
/** What Deno says to this signal. */
const DENO_DEBUGGER = /^Debugger listening on |^Visit chrome:/;

for (const flags of [[], ["--no-progress"], ["--quiet"], ["--json"]]) {
  testWhere(["folding"], `SIGUSR1 prints the state once and changes nothing else (flags: ${flags})`, async () => {
    const { code, signal, stdout, stderr } = await whileCopying(flags, async (run) => {
      await sleep(1500);
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
    await sleep(500); // Deno watches the signal from half a second after its start
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
