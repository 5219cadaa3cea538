import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { findVerb, type RawFlags } from "../table/mod.ts";
import { type Command, isGiven, parseRequest } from "./mod.ts";

async function parse(...args: string[]): Promise<Command> {
  const request = await parseRequest(args);
  if (request.kind !== "command") throw new Error(`a ${request.kind} request`);
  return request;
}

/** The flags that were given; switches that are off and empty lists are left out. */
async function parseFlags(...args: string[]): Promise<RawFlags> {
  const { flags } = await parse(...args, "--", "src", "dst");
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => name === "progress" || String(value || "")),
  );
}

async function assertUsage(args: string[], message: string, hint = ""): Promise<void> {
  const error = await assertRejects(() => parseRequest(args), BlitError);
  assertEquals([error.code, error.message], ["usage", message]);
  assertStringIncludes(error.hint ?? "", hint);
}

Deno.test("parseRequest() takes a verb, two paths and flags in any order", async () => {
  const { verb, args, flags } = await parse("mirror", "-n", "src/", "--max-delete", "10", "dst", "-yv");
  assertEquals([verb, ...args], ["mirror", "src/", "dst"]);
  assertEquals([flags["dry-run"], flags["max-delete"], flags.yes, flags.verbose], [true, "10", true, true]);
});

Deno.test("parseRequest() accepts values after a space and after an equals sign, and repeats lists", async () => {
  assertEquals(await parseFlags("copy", "--exclude", "*.o", "--exclude=a=b", "--min-size=1K"), {
    "exclude": ["*.o", "a=b"],
    "min-size": "1K",
  });
});

Deno.test("parseRequest() takes the last of a repeated single value", async () => {
  assertEquals(await parseFlags("copy", "--min-size", "1", "--min-size", "2"), { "min-size": "2" });
});

Deno.test("parseRequest() tells --progress, --no-progress and neither apart", async () => {
  assertEquals(await parseFlags("copy", "--progress"), { progress: true });
  assertEquals(await parseFlags("copy", "--no-progress"), { progress: false });
  assertEquals(await parseFlags("copy"), {});
});

Deno.test("parseRequest() reads everything after -- as a path", async () => {
  const { args } = await parse("copy", "--", "-n", "--help");
  assertEquals(args, ["-n", "--help"]);
});

Deno.test("parseRequest() never takes a path for the value of a switch", async () => {
  const { args, flags } = await parse("copy", "-n", "true", "false");
  assertEquals([...args, flags["dry-run"]], ["true", "false", true]);
});

Deno.test("parseRequest() keeps paths that look like numbers or hold spaces and newlines as they are", async () => {
  const { args } = await parse("copy", "007", " a\nb ");
  assertEquals(args, ["007", " a\nb "]);
});

Deno.test("parseRequest() takes a lone dash as a value and as a path", async () => {
  assertEquals(await parseFlags("copy", "--files-from", "-"), { "files-from": "-" });
  assertEquals((await parse("copy", "-", "dst")).args[0], "-");
});

Deno.test("parseRequest() takes a value that begins with a dash only after an equals sign", async () => {
  assertEquals(await parseFlags("copy", "--exclude=-x"), { exclude: ["-x"] });
  await assertUsage(
    ["copy", "--exclude", "--dry-run", "a", "b"],
    'Cannot use --exclude: "--dry-run" looks like a flag, not like its value',
    "Write --exclude=--dry-run",
  );
});

Deno.test("parseRequest() suggests the verb that was meant", async () => {
  await assertUsage(["cpoy", "a", "b"], 'Unknown verb "cpoy": did you mean "copy"?', "--help");
  await assertUsage(["mir"], 'Unknown verb "mir": did you mean "mirror"?');
  await assertUsage(["frobnicate"], 'Unknown verb "frobnicate"');
  await assertUsage(["help", "verfiy"], 'Unknown verb "verfiy": did you mean "verify"?');
});

Deno.test("parseRequest() suggests the flag that was meant", async () => {
  await assertUsage(
    ["copy", "--chekcsum", "a", "b"],
    'Unknown flag "--chekcsum": did you mean "--checksum"?',
    "Usage:",
  );
  await assertUsage(["copy", "--no-progres"], 'Unknown flag "--no-progres": did you mean "--no-progress"?');
  await assertUsage(["copy", "--zzz=1"], 'Unknown flag "--zzz"');
  await assertUsage(["copy", "-nx"], 'Unknown flag "-x"');
  await assertUsage(["copy", "--workers=4"], 'Unknown flag "--workers"');
});

Deno.test("parseRequest() says to which verb a flag belongs", async () => {
  await assertUsage(["copy", "--yes", "a", "b"], "Cannot use --yes with copy: it is a flag of mirror, rm");
  await assertUsage(["verify", "-n"], "Cannot use -n with verify: it is a flag of copy, mirror, move, rm");
});

Deno.test("parseRequest() refuses flags before the verb", async () => {
  await assertUsage(["--quiet", "copy"], 'Unknown flag "--quiet" before the verb', "Flags follow the verb");
});

Deno.test("parseRequest() refuses a switch with a value", async () => {
  await assertUsage(["copy", "--dry-run=true", "a", "b"], "Cannot use --dry-run with a value: it is a switch");
  await assertUsage(["copy", "--no-progress=1"], "Cannot use --no-progress with a value: it is a switch");
  await assertUsage(["copy", "-n=1"], "Cannot use -n with a value: it is a switch");
});

Deno.test("parseRequest() refuses a flag without its value", async () => {
  const args = [["--min-size"], ["--min-size", ""], ["--min-size="]];
  for (const flags of args) {
    await assertUsage(["copy", ...flags], "Cannot use --min-size: its value is missing", "Write --min-size SIZE");
  }
});

Deno.test("parseRequest() shows the usage where arguments are missing, empty or too many", async () => {
  const usage = "Usage: blit copy [FLAGS] SOURCE DESTINATION";
  await assertUsage(["copy"], "Cannot copy: SOURCE is missing", usage);
  await assertUsage(["copy", "a"], "Cannot copy: DESTINATION is missing", usage);
  await assertUsage(["copy", "a", "b", "c"], 'Cannot copy: one argument too many, "c"', usage);
  await assertUsage(["copy", "a", ""], "Cannot copy: DESTINATION is empty", usage);
});

Deno.test("parseRequest() names both of two flags that contradict each other", async () => {
  await assertUsage(
    ["copy", "--size-only", "a", "b", "-c"],
    "Cannot combine --checksum with --size-only: each is another way to decide what is equal",
  );
  await assertUsage(
    ["copy", "-qv", "a", "b"],
    "Cannot combine --quiet with --verbose: one asks for less output, the other for more",
  );
});

Deno.test("parseRequest() allows --quiet with --no-progress", async () => {
  assertEquals(await parseFlags("copy", "-q", "--no-progress"), { quiet: true, progress: false });
});

Deno.test("parseRequest() understands the ways of asking for help and version", async () => {
  assertEquals(await parseRequest([]), { kind: "usage" });
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const request = await parseRequest(args);
    assertEquals(request.kind === "help" && request.topic, undefined);
  }
  for (const args of [["help", "copy"], ["copy", "--help"], ["copy", "-nh", "a"]]) {
    const request = await parseRequest(args);
    assertEquals(request.kind === "help" && request.topic, findVerb("copy"));
  }
  for (const args of [["--version"], ["-V"], ["copy", "-V"]]) {
    assertEquals(await parseRequest(args), { kind: "version" });
  }
});

Deno.test("parseRequest() takes verbs of two words", async () => {
  const { verb, args, flags } = await parse("diagnostics", "dump", "a", "-c", "b");
  assertEquals([verb, ...args, flags.checksum], ["diagnostics dump", "a", "b", true]);
  assertEquals((await parse("diagnostics", "perf", "--limit=3")).args, []);
  assertEquals((await parse("profile")).args, []);
});

Deno.test("parseRequest() explains the first of two words, and asks for the second", async () => {
  assertEquals(await parseRequest(["diagnostics"]), { kind: "usage", topic: "diagnostics" });
  for (const args of [["diagnostics", "--help"], ["diagnostics", "-h"], ["help", "diagnostics"]]) {
    assertEquals(await parseRequest(args), { kind: "help", topic: "diagnostics" });
  }
  for (const args of [["diagnostics", "perf", "--help"], ["help", "diagnostics", "perf"]]) {
    assertEquals(await parseRequest(args), { kind: "help", topic: findVerb("diagnostics perf")! });
  }
  await assertUsage(["help", "copy", "x"], 'Cannot explain "copy x": "x" is not part of a verb');
});

Deno.test("parseRequest() suggests verbs of two words by either word", async () => {
  const meant = 'did you mean "diagnostics perf"?';
  await assertUsage(["diagnostics", "prf"], `Unknown verb "diagnostics prf": ${meant}`, "blit diagnostics --help");
  await assertUsage(["help", "diagnostics", "prf"], `Unknown verb "diagnostics prf": ${meant}`);
  await assertUsage(["perf"], `Unknown verb "perf": ${meant}`);
  await assertUsage(["diagnstics", "perf"], 'Unknown verb "diagnstics": did you mean "diagnostics"?');
  await assertUsage(["diagnostics", "zzzzz"], 'Unknown verb "diagnostics zzzzz"');
  await assertUsage(["diagnostics", "--json"], 'Unknown flag "--json" before the verb', "blit diagnostics perf --help");
});

Deno.test("parseRequest() holds verbs without arguments to none", async () => {
  await assertUsage(["diagnostics", "perf", "x"], 'Cannot use diagnostics perf: one argument too many, "x"');
  await assertUsage(["diagnostics", "dump", "x"], "Cannot use diagnostics dump: DESTINATION is missing");
  await assertUsage(
    ["profile", "--checksum"],
    "Cannot use --checksum with profile: it is a flag of copy, mirror, move, verify, diagnostics dump",
  );
});

Deno.test("parseRequest() knows which switches of the history exclude each other", async () => {
  await assertUsage(
    ["diagnostics", "perf", "--enable", "--disable"],
    "Cannot combine --enable with --disable: one contradicts the other",
  );
  for (const flag of ["--enable", "--disable", "--clear"]) {
    const error = await assertRejects(() => parseRequest(["diagnostics", "perf", "--limit=1", flag]), BlitError);
    assertStringIncludes(error.message, `Cannot combine --limit with ${flag}`);
  }
  assertEquals((await parse("diagnostics", "perf", "--disable", "--clear")).flags.clear, true);
});

Deno.test("isGiven() does not look behind --", () => {
  assertEquals(isGiven(["copy", "--json", "a"], "--json"), true);
  assertEquals(isGiven(["copy", "--", "--json"], "--json"), false);
});
