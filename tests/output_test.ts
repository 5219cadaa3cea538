/**
 * What blit prints, to people and to programs, and the status with which it ends.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, commandLine, parseEvents, privateHome } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, rawName } from "./helpers/tree.ts";
import { WITHOUT_OVERRIDE } from "./helpers/users.ts";

const VERBS = ["copy", "mirror", "move", "verify"] as const;

for (const verb of VERBS) {
  Deno.test(`blit ${verb} --help shows an example, the slash rule and the exit statuses`, async () => {
    const { code, stdout, stderr } = await blit([verb, "--help"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, new RegExp(`\\n +blit ${verb} `));
    assertMatch(stdout, /slash/);
    assertMatch(stdout, /Exit status/i);
    for (const line of stdout.split("\n")) assert(line.length <= 100, `too long: ${line}`);
  });

  Deno.test(`blit ${verb} --json prints events, one a line, and the summary last`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1", "new\nline": "2", "sub": dir({ "b": "3" }) });
    const destination = buildTree(scratch.join("destination"), { "a": "old" });
    const { code, stdout, stderr } = await blit([verb, "--json", `${source}/`, destination]);
    assertEquals([code, stderr], [verb === "verify" ? 1 : 0, ""]);
    const events = parseEvents(stdout);
    assertEquals(events[0].type, "started");
    assertEquals(events.map(({ sequence }) => sequence), events.map((_, i) => i + 1));
    const last = events.at(-1);
    assertEquals([last.type, last.summary.verb], ["finished", verb]);
  });

  Deno.test(`blit ${verb} succeeds in silence where nobody watches`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1" });
    const { code, stdout, stderr } = await blit([verb, `${source}/`, scratch.join("destination")]);
    if (verb === "verify") return; // its result is what it prints
    assertEquals([code, stdout, stderr], [0, "", ""]);
  });
}

Deno.test("blit --help lists the verbs, and --version prints one version", async () => {
  const help = await blit(["--help"]);
  assertEquals(help.code, 0);
  for (const verb of VERBS) assertMatch(help.stdout, new RegExp(`^ +${verb} `, "m"));
  const version = await blit(["--version"]);
  assertEquals(version.code, 0);
  assertMatch(version.stdout, /^blit \d+\.\d+\.\d+.*\n$/);
});

Deno.test("blit without a verb says how it is used and exits with 2", async () => {
  const { code, stdout, stderr } = await blit([]);
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /Usage: blit/);
});

for (
  const [args, suggestion] of [
    [["cpoy", "a", "b"], /did you mean .*copy/i],
    [["miror", "a", "b"], /did you mean .*mirror/i],
    [["copy", "--dry-rnu", "a", "b"], /did you mean .*--dry-run/i],
    [["mirror", "--exlude", "x", "a", "b"], /did you mean .*--exclude/i],
    [["copy", "--max-delete", "3", "a", "b"], /--max-delete/],
    [["copy", "--frobnicate", "a", "b"], /--frobnicate/],
    [["copy", "a"], /DESTINATION/i],
    [["copy", "a", "b", "c"], /"c"/],
    [["copy", "--min-size", "many", "a", "b"], /--min-size.*many/],
    [["copy", "--min-size", "2K", "--max-size", "1K", "a", "b"], /min.*max/i],
    [["copy", "--min-age", "-1", "a", "b"], /--min-age/],
    [["copy", "--checksum", "--size-only", "a", "b"], /--checksum.*--size-only|--size-only.*--checksum/],
    [["mirror", "--max-delete", "-1", "a", "b"], /--max-delete/],
    [["copy", "", "b"], /empty/],
  ] as const
) {
  Deno.test(`blit ${args.join(" ")} is wrong usage, with the way out, and touches nothing`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.join("a"), { "file": "1" });
    const { code, stdout, stderr } = await blit([...args], { cwd: scratch.path });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^blit: /);
    assertMatch(stderr, suggestion);
    assertNotMatch(stderr, /^\s+at /m);
    assertEquals(listPaths(scratch.path), ["a/", "a/file"]);
  });
}

Deno.test("blit copy says that nothing was to do on a second run, and counts nothing", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "b": "22" }) });
  const first = await blit(["copy", "--json", `${source}/`, scratch.join("destination")]);
  const { summary } = parseEvents(first.stdout).at(-1);
  assertEquals([summary.filesCopied, summary.bytesCopied, summary.unchanged], [2, 3, 0]);
  const second = await blit(["copy", "--json", `${source}/`, scratch.join("destination")]);
  const again = parseEvents(second.stdout).at(-1).summary;
  assertEquals([again.filesCopied, again.bytesCopied, again.repaired], [0, 0, 0]);
  assert(again.unchanged >= 3);
  const text = await blit(["copy", "-v", `${source}/`, scratch.join("destination")]);
  assertMatch(text.stdout, /nothing to do/i);
});

testWhere(["unix"], "blit prints names without control characters", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "a\x1b[31mred\x07": "1",
    "new\nline": "2",
    "r\rx": "3",
    "\u202eevil": "4",
    "c1 \u009b": "5",
  });
  const { code, stdout, stderr } = await blit(["copy", "-v", `${source}/`, scratch.join("destination")]);
  assertEquals(code, 0);
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assertNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assertMatch(stdout, /new\\nline/);
  assertMatch(stdout, /a\\x1b\[31mred\\x07/);
});

testWhere(
  ["root", "setpriv"],
  "blit prints names without control characters in failures, and in logs too",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a\x1b]0;title\x07\nb": file("1", { mode: 0o000 }) });
    const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")], {
      under: WITHOUT_OVERRIDE,
    });
    assertEquals(code, 1);
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assertNotMatch(stderr, /[\x00-\x09\x0b-\x1f\x7f]/);
    assertEquals(stderr.trimEnd().split("\n").length, 2);
    // And in the error that ends a run.
    const ended = await blit(["copy", scratch.join("not\x1b[31m\nhere"), scratch.join("destination")]);
    assertEquals([ended.code, ended.stderr.trimEnd().split("\n").length], [2, 1]);
    assertMatch(ended.stderr, /not\\x1b\[31m\\nhere/);
  },
);

testWhere(["native"], "blit --json gives names that are not UTF-8 as exact bytes", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { [rawName("caf\xe9")]: "1", "plain": "2" });
  const { stdout } = await blit(["copy", "--json", "-v", `${source}/`, scratch.join("destination")]);
  const entries = parseEvents(stdout).filter(({ type }) => type === "entry");
  const byPath = Object.fromEntries(entries.map(({ path, pathBase64 }) => [path, pathBase64]));
  assertEquals(byPath["caf\\xe9"], btoa("caf\xe9"));
  assertEquals(byPath["plain"], undefined);
});

testWhere(["unix"], "a closed pipe ends a list quietly", async () => {
  using scratch = new Scratch();
  const names = Array.from({ length: 5000 }, (_, i) => [`file ${i}`, ""]);
  const source = buildTree(scratch.join("source"), Object.fromEntries(names));
  for (const flags of [["--dry-run"], ["--dry-run", "--json", "-v"], ["-v"]]) {
    const destination = scratch.join(`destination ${flags.length}`);
    const command = commandLine(["copy", ...flags, `${source}/`, destination]).map((word) => `'${word}'`).join(" ");
    const { stdout, stderr, code } = await new Deno.Command("bash", {
      args: ["-o", "pipefail", "-c", `${command} | head -1`],
      env: { NO_COLOR: "1", ...privateHome() },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(text.split("\n").length, 2, text.slice(0, 500));
    assertNotMatch(new TextDecoder().decode(stderr), /error|pipe|panic|at /i);
    assert(code === 0 || code === 141, `exit status ${code}`);
  }
});

testWhere(["unix"], "a full disk behind stdout is an error, and the copy is done nevertheless", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const command = commandLine(["copy", "-v", `${source}/`, scratch.join("destination")]).map((word) => `'${word}'`);
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${command.join(" ")} > /dev/full`],
    env: privateHome(),
  }).output();
  assertEquals(code, 1);
  assertMatch(new TextDecoder().decode(stderr), /^blit: Cannot write to standard output: /m);
  assertEquals(Deno.readTextFileSync(scratch.join("destination", "a")), "1");
});

Deno.test("blit -q prints errors only", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const { code, stdout, stderr } = await blit(["copy", "-q", `${source}/`, scratch.join("destination")]);
  assertEquals([code, stdout, stderr], [0, "", ""]);
  const failing = await blit(["copy", "-q", scratch.join("missing"), scratch.join("destination")]);
  assertEquals(failing.code, 2);
  assertMatch(failing.stderr, /^blit: Cannot /);
});

Deno.test("blit uses no colour and no bar without a terminal", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const { stdout, stderr } = await blit(["copy", "-v", `${source}/`, scratch.join("destination")], {
    env: { NO_COLOR: "" },
  });
  assertEquals((stdout + stderr).includes("\x1b"), false);
});

Deno.test("importing the library prints nothing, does nothing and leaves no handle open", async () => {
  const code = `await import(${JSON.stringify(new URL("../mod.ts", import.meta.url).href)});`;
  const output = await new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", code] }).output();
  assertEquals([output.code, output.stdout.length, output.stderr.length], [0, 0, 0]);
});
