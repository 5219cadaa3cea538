import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createTestIo, type TestIoOptions } from "./_testing.ts";
import config from "../deno.json" with { type: "json" };
import { runMain } from "./main.ts";

async function run(args: string[], options?: TestIoOptions): Promise<{ status: number; out: string; err: string }> {
  const io = createTestIo(options);
  const status = await runMain(args, io);
  assert(io.stdout.idle && io.stderr.idle, "something was not written yet");
  return { status, out: await io.out(), err: await io.err() };
}

Deno.test("blit alone prints its help on standard error and fails", async () => {
  const { status, out, err } = await run([]);
  assertEquals([status, out], [2, ""]);
  assertStringIncludes(err, "Usage: blit VERB");
});

Deno.test("blit --help, blit help VERB and blit VERB --help print help on standard output", async () => {
  assertStringIncludes((await run(["--help"])).out, "Usage: blit VERB");
  const [first, second] = [await run(["help", "mirror"]), await run(["mirror", "--help"])];
  assertEquals([first.status, first.err], [0, ""]);
  assertStringIncludes(first.out, "Usage: blit mirror");
  assertEquals(first, second);
});

Deno.test("blit diagnostics alone prints its verbs on standard error and fails, with --help it does not", async () => {
  const alone = await run(["diagnostics"]);
  assertEquals([alone.status, alone.out], [2, ""]);
  assertStringIncludes(alone.err, "Usage: blit diagnostics VERB");
  assertEquals(await run(["diagnostics", "--help"]), { status: 0, out: alone.err, err: "" });
  assertEquals(await run(["help", "diagnostics", "perf"]), await run(["diagnostics", "perf", "--help"]));
  assertStringIncludes((await run(["diagnostics", "perf", "--help"])).out, "Usage: blit diagnostics perf [FLAGS]\n");
});

Deno.test("blit --version prints the version of deno.json", async () => {
  assertEquals(await run(["--version"]), { status: 0, out: `blit ${config.version}\n`, err: "" });
});

Deno.test("blit reports wrong usage on standard error with status 2 and no stack trace", async () => {
  const { status, out, err } = await run(["copy", "a"]);
  assertEquals([status, out], [2, ""]);
  assertEquals(err, "blit: Cannot copy: DESTINATION is missing\n  Usage: blit copy [FLAGS] SOURCE DESTINATION\n");
});

Deno.test("blit shows the stack trace of wrong usage with --verbose", async () => {
  assert((await run(["copy", "-v"])).err.includes("\n    at "));
});

Deno.test("blit reports wrong usage as JSON, too, when JSON was asked for", async () => {
  for (
    const args of [["copy", "--json", "--bogus"], ["copy", "a", "nas:b", "--json"], [
      "copy",
      "--json",
      "a",
      "b",
      "--min-size=x",
    ]]
  ) {
    const { status, out, err } = await run(args);
    assertEquals([status, JSON.parse(out).type, JSON.parse(out).code], [2, "error", "usage"]);
    assert(err.startsWith("blit: "));
  }
});

Deno.test("blit --help ends quietly when nobody reads it", async () => {
  assertEquals(await run(["--help"], { stdoutWrites: 0 }), { status: 0, out: "", err: "" });
});

Deno.test("blit fails when its results cannot be written", async () => {
  const { status, err } = await run(["--help"], { stdoutWrites: 0, stdoutError: new Error("disk full") });
  assertEquals([status, err], [1, "blit: Cannot write to standard output: disk full\n"]);
});

/** Runs a test in a folder with `src/new` and `dst/old`. */
async function withFolders(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, file] of [["src", "new"], ["dst", "old"]]) {
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.writeTextFile(`${folder}/${name}/${file}`, "x");
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

Deno.test("blit mirror deletes nothing without a terminal, unless --yes is given", async () => {
  await withFolders(async (folder) => {
    const args = ["mirror", `${folder}/src/`, `${folder}/dst`];
    const { status, err } = await run(args);
    assertEquals([status, namesIn(`${folder}/dst`).includes("old")], [3, true]);
    assertStringIncludes(err, "--yes");
    assertEquals([(await run([...args, "--yes"])).status, namesIn(`${folder}/dst`)], [0, ["new"]]);
  });
});

Deno.test("blit mirror asks on a terminal and does as it is told", async () => {
  await withFolders(async (folder) => {
    const args = ["mirror", `${folder}/src/`, `${folder}/dst`];
    const no = await run(args, { terminal: true, input: ["n\n"] });
    assertEquals([no.status, namesIn(`${folder}/dst`).includes("old")], [3, true]);
    const yes = await run(args, { terminal: true, input: ["y\n"] });
    assertEquals([yes.status, namesIn(`${folder}/dst`)], [0, ["new"]]);
    assertStringIncludes(yes.err, `Delete 1 entry from "${folder}/dst"? [y/N] `);
  });
});

Deno.test("blit copy, verify and move do what they say, silently in a pipe", async () => {
  await withFolders(async (folder) => {
    const [source, destination] = [`${folder}/src`, `${folder}/dst/`];
    assertEquals(await run(["copy", source, destination]), { status: 0, out: "", err: "" });
    const verified = await run(["verify", source, destination]);
    assertEquals([verified.status, verified.out.startsWith("No differences")], [0, true]);
    const moved = await run(["move", source, `${folder}/moved`]);
    assertEquals([moved.status, moved.out], [0, ""]);
    assertEquals([namesIn(folder), namesIn(`${folder}/dst`)], [["dst", "moved"], ["old", "src"]]);
  });
});
