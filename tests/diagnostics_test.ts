/**
 * `blit diagnostics perf`, `diagnostics dump` and `profile`, as a user runs them.
 *
 * @module
 */

import { sampleRun } from "../core/report/_testing.ts";
import { appendRun, HISTORY_FILE, isEnabled, readRuns, type RunRecord } from "../core/report/mod.ts";
import { inspect } from "../core/transfer/inspect.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { FuseMount, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, type ProgramOptions, type ProgramResult, PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file } from "./helpers/tree.ts";
import { WITHOUT_OVERRIDE } from "./helpers/users.ts";

// deno-lint-ignore no-control-regex -- control bytes are what must not be there
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

/** A configuration directory with so many runs, each a second for a thousand files. */
function historyOf(scratch: Scratch, count: number, fields: Partial<RunRecord> = {}): string {
  const config = scratch.join("config");
  const amounts = { files: 1000, bytes: 1_024_000, entries: 1000, planningMs: 0, copyingMs: 1000, workers: 0 };
  for (let i = 0; i < count; i++) assert(appendRun(config, sampleRun({ ...amounts, ...fields })));
  return config;
}

function assertOk({ code, stderr, stdout }: ProgramResult): string {
  assertEquals([code, stderr], [0, ""], stderr);
  return stdout;
}

async function perf(config: string, ...flags: string[]): Promise<string> {
  return assertOk(await blit(["diagnostics", "perf", "--config-dir", config, ...flags]));
}

Deno.test("blit diagnostics perf shows the runs that blit has made, and no name of theirs", async () => {
  using scratch = new Scratch();
  const config = scratch.join("config");
  const source = buildTree(scratch.join("secret source"), { "secret name": "12345", "b": "1" });
  for (const name of ["first", "second"]) {
    assertOk(await blit(["copy", source, scratch.join(name), "--config-dir", config]));
  }
  assertOk(await blit(["verify", source, scratch.join("second"), "--config-dir", config, "-q"]));
  const text = await perf(config);
  assertMatch(text, /^3 runs\nTIME .*VERB .*RATE/);
  assertMatch(text, /^\d{4}-\d\d-\d\d \d\d:\d\d +copy +2 +6 bytes .*\/s +[▏▎▍▌▋▊▉█]+$/m);
  assertEquals(text.match(/ (copy|verify) +\d/g)!.map((match) => match.trim().split(" ")[0]), [
    "copy",
    "copy",
    "verify",
  ]);
  assertMatch(text, /^By profile, all 3 runs\n/m);
  assert(!text.includes("secret") && !CONTROL.test(text), text);
  const { schema, enabled, totalRuns, runs, profiles } = JSON.parse(await perf(config, "--json"));
  assertEquals([schema, enabled, totalRuns, profiles.length], [1, true, 3, 2]);
  const [{ verb, files, bytes, elapsedMs, bytesPerSecond, predictedMs }] = runs;
  assertEquals([verb, files, bytes, predictedMs], ["copy", 2, 6, null]);
  assert(Math.abs(bytesPerSecond - 6 / elapsedMs * 1000) < 1e-6);
});

Deno.test("blit diagnostics perf holds predictions against what came", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 10);
  historyOf(scratch, 1, { copyingMs: 2000 });
  assertMatch(
    await perf(config, "--limit", "1"),
    /^The newest 1 of 11 runs\n.*\n.*copy .* 2\.0 s +-50% +500 KiB\/s +█+$/m,
  );
  const { runs, profiles } = JSON.parse(await perf(config, "--json", "--limit", "1"));
  assertEquals(runs.length, 1);
  assert(Math.abs(runs[0].predictedMs - 1000) < 5 && Math.abs(runs[0].predictionError + 0.5) < 0.01);
  assertEquals([profiles[0].runs, profiles[0].predicted], [11, 6]);
});

Deno.test("blit diagnostics perf says that there are no runs yet", async () => {
  using scratch = new Scratch();
  const config = scratch.join("not there");
  assertMatch(await perf(config), /^There are no past runs yet: [^\n]*\n$/);
  assertMatch(assertOk(await blit(["profile", "--config-dir", config])), /^There are no past runs yet/);
  assertEquals(JSON.parse(await perf(config, "--json")).runs, []);
  assertEquals(listPaths(scratch.path), []);
});

Deno.test("blit diagnostics perf turns the history off and on, and says so", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 2);
  assertMatch(await perf(config, "--disable"), /^Runs are not recorded in .*\n$/);
  assertEquals(isEnabled(config), false);
  assertMatch(await perf(config), /^The history is off: .*--enable.*\n2 runs\n/);
  assertMatch(assertOk(await blit(["profile", "--config-dir", config])), /^The history is off/);
  const source = buildTree(scratch.join("source"), { "a": "1" });
  assertOk(await blit(["copy", source, scratch.join("copied"), "--config-dir", config]));
  assertEquals(readRuns(config).runs.length, 2);
  assertEquals(JSON.parse(await perf(config, "--enable", "--json")).enabled, true);
  assertEquals(isEnabled(config), true);
  assertOk(await blit(["copy", source, scratch.join("copied again"), "--config-dir", config]));
  assertEquals(readRuns(config).runs.length, 3);
});

Deno.test("blit diagnostics perf --clear forgets all runs", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 3);
  assertMatch(await perf(config, "--clear"), /^All past runs in ".*" are forgotten\n$/);
  assertEquals(readRuns(config).runs, []);
  assertMatch(await perf(config), /^There are no past runs yet/);
  historyOf(scratch, 3);
  const { enabled, totalRuns } = JSON.parse(await perf(config, "--clear", "--disable", "--json"));
  assertEquals([enabled, totalRuns, isEnabled(config)], [false, 0, false]);
});

Deno.test("blit diagnostics perf says what it cannot read", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 1);
  const args = ["diagnostics", "perf", "--config-dir", config];
  const blind = await blit(args, { permissions: [`--allow-read=${PROJECT}`, "--no-prompt"] });
  assertEquals([blind.code, blind.stdout], [3, ""]);
  assertMatch(blind.stderr, /^blit: Cannot read ".*config": Deno has no permission .*\n {2}Grant --allow-read=/);
  const lost = await blit(["profile"], { permissions: [`--allow-read`, "--no-prompt"] });
  assertEquals(lost.code, 3);
  assertMatch(lost.stderr, /^blit: Cannot find the history of past runs: .*\n {2}Name the directory with --config-dir/);
  Deno.removeSync(`${config}/${HISTORY_FILE}`);
  Deno.mkdirSync(`${config}/${HISTORY_FILE}`);
  const odd = await blit([...args, "--json"]);
  assertEquals([odd.code, JSON.parse(odd.stdout).type], [1, "error"]);
  assertMatch(odd.stderr, /not a regular file/);
});

Deno.test("blit diagnostics perf sets a damaged history aside, and says so", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 2);
  Deno.writeTextFileSync(`${config}/${HISTORY_FILE}`, "{]\n", { append: true });
  const { code, stdout, stderr } = await blit(["diagnostics", "perf", "--config-dir", config]);
  assertEquals([code, stdout.startsWith("2 runs\n")], [0, true]);
  assertMatch(stderr, /^blit: Left out 1 line of the history/);
});

Deno.test("blit profile shows what runs have taught", async () => {
  using scratch = new Scratch();
  const config = historyOf(scratch, 10);
  historyOf(scratch, 10, { workers: 2, copyingMs: 545, route: "streaming" });
  const args = ["profile", "--config-dir", config];
  const text = assertOk(await blit(args));
  assertMatch(text, /^Learned from the newest 20 runs\n\ncopy, ext4 \(ssd\) to fuse\.sshfs \(network\), native\n/);
  assertMatch(text, /^copying, a file +no +1\.0 ms +10 +10,000 files$/m);
  assertMatch(text, /^copying, a file +yes +500 µs +10 +10,000 files$/m);
  const { schema, runs, profiles: [profile] } = JSON.parse(assertOk(await blit([...args, "--json"])));
  assertEquals([schema, runs, profile.verbClass, profile.alone.copyingMsPerFile.runs], [1, 20, "copy", 10]);
  assertEquals(profile.shared.copyingMsPerFile.trustedUpTo, 10_000);
});

/** What a dump says as JSON, with its status. */
// deno-lint-ignore no-explicit-any -- the document as it was printed
async function dump(args: readonly string[], options?: ProgramOptions): Promise<{ code: number; data: any }> {
  const { code, stdout, stderr } = await blit(["diagnostics", "dump", "--json", ...args], options);
  assertEquals(stderr, "");
  assertEquals(stdout.indexOf("\n"), stdout.length - 1, "one document in one line");
  return { code, data: JSON.parse(stdout) };
}

Deno.test("blit diagnostics dump shows what a copy then does, and writes nothing", async () => {
  using scratch = new Scratch();
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`file ${i}`, "x"]));
  const source = buildTree(scratch.join("source"), many);
  const config = scratch.join("config");
  const before = listPaths(scratch.path);
  for (const flags of [[], ["--checksum"]]) {
    const paths = [source, scratch.join(`new${flags.join("")}`)];
    const { code, data } = await dump([...paths, "--config-dir", config, ...flags]);
    assertEquals([code, data.exitStatus, data.problems], [0, 0, []]);
    assertEquals(listPaths(scratch.path), before);
    const { stdout } = await blit(["copy", "--json", "--no-history", ...paths, ...flags]);
    const events = parseEvents(stdout);
    const { summary } = events.at(-1);
    const route = events.find(({ type }) => type === "route");
    assertEquals([data.route.route, data.route.workers, data.route.reason, data.destination.path], [
      summary.route,
      route.workers,
      summary.routeReason,
      summary.destination,
    ]);
    assertEquals([data.implementation.name, data.sameDevice], [summary.fileSystem, summary.volumes.sameDevice]);
    Deno.removeSync(paths[1], { recursive: true });
  }
});

Deno.test("blit diagnostics dump is a page that people can read", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  Deno.mkdirSync(scratch.join("there"));
  const text = assertOk(await blit(["diagnostics", "dump", source, scratch.join("there")]));
  const lines = ["goes to +.*/there/source, which does not exist yet", "route +fast, no workers", "processors +\\d+"];
  for (const line of [...lines, "file access +\\w+, because ", "granted +write .*there", "records +yes"]) {
    assertMatch(text, new RegExp(`^  ${line}`, "m"));
  }
  assertMatch(text, /^Problems\n {2}none\n$/m);
  const contents = assertOk(await blit(["diagnostics", "dump", `${source}/`, scratch.join("there")]));
  assertMatch(contents, /^ {2}transferred +what is in the directory$/m);
  assertMatch(contents, /^ {2}goes to +.*\/there, which exists$/m);
});

/** What is wrong with arguments, told by a dump and by a copy. Both must agree. */
async function assertSameEnd(args: readonly string[], status: number, options?: ProgramOptions): Promise<string> {
  const { code, data } = await dump(args, options);
  const copied = await blit(["copy", "--no-history", ...args], options);
  assertEquals([code, data.exitStatus, copied.code], [status, status, status], JSON.stringify([data.problems, copied]));
  return copied.stderr;
}

Deno.test("blit diagnostics dump ends as the copy does, and still shows what it can", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({}) });
  const bad = [
    [scratch.join("missing"), scratch.join("new")],
    [source, `${source}/a`],
    [source, `${source}/a/below`],
    [source, `${source}/sub/new`],
    [`${source}/a`, `${source}/a`],
    [`${source}/a/`, scratch.join("new")],
    ["nas:nonsense", source],
  ];
  for (const [status, args] of bad.map((args, i) => [i === 3 || i === 4 ? 3 : 2, args] as const)) {
    const said = await assertSameEnd(args, status);
    const { data } = await dump(args);
    assert(said.startsWith(`blit: ${data.problems[0].message}\n`), said);
    const text = (await blit(["diagnostics", "dump", ...args])).stdout;
    assert(text.includes(`  ends it      ${data.problems[0].message}\n`), text);
    assertMatch(text, /^ {2}file access +\w/m);
  }
  const { data } = await dump([source, "nas:9032:/module/path"]);
  const remote = { kind: "remote", host: "nas", port: 9032, module: "module", path: "path", trailingSlash: false };
  assertEquals(data.destination.endpoint, remote);
  assert(Deno.build.os !== "linux" || data.source.fileSystem.totalBytes > 0);
});

testWhere(["linux", "root", "setpriv"], "blit diagnostics dump finds what may not be read or written", async () => {
  using scratch = new Scratch();
  const under = WITHOUT_OVERRIDE;
  buildTree(scratch.path, {
    "open": dir({ "a": "1" }),
    "closed": dir({ "b": "1" }, { mode: 0o000 }),
    "file": file("1", { mode: 0o000 }),
    "full": dir({}, { mode: 0o555 }),
  });
  const ends = [
    ["closed", "new 1", 3, /Cannot open directory/],
    ["file", "new 2", 1, /Cannot open/],
    ["open", "full/", 3, /Cannot create directory/],
    ["open", "closed/", 3, /Cannot use/],
    ["open/a", "full/", 1, /Cannot (write to|create)/],
  ] as const;
  for (const [source, destination, status, message] of ends) {
    const args = [scratch.join(source), scratch.join(destination)];
    const { data } = await dump(args, { under });
    assertMatch(data.problems[0].message, message);
    await assertSameEnd(args, status, { under });
  }
});

testWhere(["mounts"], "blit diagnostics dump finds a file system that is read-only", async () => {
  using scratch = new Scratch();
  using mount = mountTmpfs(1);
  const source = buildTree(scratch.join("source"), { "a": "1" });
  mount.remount("ro");
  await assertSameEnd([`${source}/`, mount.path], 3);
  await assertSameEnd([source, `${mount.path}/new`], 3);
  const { data } = await dump([source, `${mount.path}/new`]);
  assertMatch(data.problems[0].message, /^Cannot create directory ".*new": the file system is read-only$/);
  assertEquals([data.destination.fileSystem.type, data.destination.fileSystem.device], ["tmpfs", "memory"]);
});

Deno.test("blit diagnostics dump shows which permissions are missing, and what follows", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const options = { permissions: ["--allow-read", "--no-prompt"] };
  const args = [source, scratch.join("new")];
  assertMatch(await assertSameEnd(args, 3, options), /Cannot create directory .*: Deno has no permission/);
  const { data } = await dump(args, options);
  assertEquals([data.implementation.name, data.implementation.capabilities.attributes], ["portable", false]);
  assertEquals([data.problems.length, data.problems[0].hint], [1, "Grant --allow-write for this path, or use -A"]);
  assert(Deno.build.os !== "linux" || data.implementation.reason.includes("--allow-ffi is not granted"));
  const granted = Object.fromEntries(
    data.permissions.map(({ name, of, granted }: { name: string; of?: string; granted: boolean }) => [
      of === undefined ? name : `${name} ${of}`,
      granted,
    ]),
  );
  assertEquals([granted[`read ${source}`], granted[`write ${args[1]}`], granted.ffi, granted.net], [
    true,
    false,
    false,
    false,
  ]);
  assertEquals([data.history.records, data.history.reason], [false, "the environment does not tell where"]);
  await assertSameEnd([`${source}/`, scratch.directory("there")], 1, options);
});

/** Whether a dump says that runs are recorded in a directory, and whether the next run then is. Both must agree. */
async function assertRecords(config: string, expected: true | RegExp, options?: ProgramOptions): Promise<void> {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const { data } = await dump([source, scratch.join("new"), "--config-dir", config], options);
  assertEquals(data.history.records, expected === true, JSON.stringify(data.history));
  if (expected !== true) assertMatch(data.history.reason, expected);
  const before = runsIn(config);
  assertEquals((await blit(["copy", source, scratch.join("new"), "--config-dir", config], options)).code, 0);
  assertEquals(runsIn(config) - before, expected === true ? 1 : 0, config);
}

function runsIn(config: string): number {
  return readRuns(config, { mayRepair: false }).runs.length;
}

testWhere(["unix"], "blit diagnostics dump says whether the run would be recorded, and why not", async () => {
  using scratch = new Scratch();
  const [config, fifo, text] = ["config", "fifo", "text"].map((name) => scratch.join(name));
  await assertRecords(config, true); // it is not there yet
  await assertRecords(config, true);
  requireTool("mkfifo", [fifo]);
  Deno.writeTextFileSync(text, "");
  for (const path of [fifo, text]) await assertRecords(path, /^it is not a directory$/);
  await assertRecords(`${text}/below/it`, /^".*\/text" is not a directory$/);
  Deno.symlinkSync("nowhere", scratch.join("link"));
  await assertRecords(scratch.join("link"), /no such file or directory/);
  Deno.removeSync(`${config}/${HISTORY_FILE}`);
  requireTool("mkfifo", [`${config}/${HISTORY_FILE}`]);
  await assertRecords(config, /it is not a regular file/);
});

testWhere(
  ["linux", "root", "setpriv", "mounts"],
  "blit diagnostics dump knows a history that may not be written",
  async () => {
    using scratch = new Scratch();
    const options = { under: WITHOUT_OVERRIDE };
    buildTree(scratch.path, {
      "directory": dir({}, { mode: 0o555 }),
      "file": dir({ [HISTORY_FILE]: file("", { mode: 0o444 }) }),
    });
    await assertRecords(scratch.join("directory"), /directory": permission denied$/, options);
    await assertRecords(scratch.join("directory/below"), /directory": permission denied$/, options);
    await assertRecords(scratch.join("file"), /perf_local\.jsonl": permission denied$/, options);
    using mount = mountTmpfs(1);
    await assertRecords(`${mount.path}/config`, true);
    mount.remount("ro");
    for (const name of ["new", "config"]) await assertRecords(`${mount.path}/${name}`, /the file system is read-only$/);
  },
);

testWhere(["unix"], "blit diagnostics dump prints no control byte of a name", async () => {
  using scratch = new Scratch();
  const name = "a\x1b[31m\n\x07b";
  const source = buildTree(scratch.join(name), { "a": "1" });
  const config = scratch.join(`${name}config`);
  for (const args of [[source, scratch.join(`new${name}`)], [`${source}/missing`, scratch.join("new")]]) {
    for (const flags of [[], ["--json"]]) {
      const { stdout, stderr } = await blit(["diagnostics", "dump", ...args, "--config-dir", config, ...flags]);
      assert(stdout.length > 0 && !CONTROL.test(stdout + stderr), JSON.stringify(stdout + stderr));
    }
  }
  for (const flag of ["--disable", "--enable", "--clear"]) {
    const text = await perf(config, flag);
    assert(!CONTROL.test(text), JSON.stringify(text));
  }
});

testWhere(["folding"], "a look at a mount that does not answer ends soon, and tells of the other side", async () => {
  await using mount = new FuseMount(16);
  using scratch = new Scratch();
  const there = buildTree(`${mount.path}/there`, { "a": "1" });
  const here = buildTree(scratch.join("here"), { "a": "1" });
  mount.freeze();
  await new Promise((resolve) => setTimeout(resolve, 1100)); // what the kernel remembers of it has expired
  const { problems, volumes, choice } = await inspect({
    source: here,
    destination: `${there}/new`,
    options: { stallTimeoutMs: 500 },
  });
  assertEquals(problems.map(({ error, ends }) => [error.code, ends]), [["stalled", true]]);
  assertEquals([volumes.source !== undefined, volumes.destination, choice], [true, undefined, undefined]);
});
