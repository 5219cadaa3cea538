import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createTestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import type { Verb } from "../core/events.ts";
import { type Command, parseRequest } from "./parse/mod.ts";
import { resolveCommon, resolveMirror, resolveOutput, resolvePaths } from "./resolve.ts";

async function parse(...args: string[]): Promise<Command<Verb>> {
  return await parseRequest(args) as Command<Verb>;
}

Deno.test("resolvePaths() keeps local paths as typed", async () => {
  const paths = resolvePaths(await parse("copy", "./a:b/", "d\\e"), createTestIo());
  assertEquals(paths, { source: "./a:b/", destination: "d\\e" });
});

Deno.test("resolvePaths() takes places on servers, and refuses what could be a server or a local name", async () => {
  const places = { source: "nas:/media/x/", destination: "[::1]:9032:/y" };
  assertEquals(resolvePaths(await parse("copy", places.source, places.destination), createTestIo()), places);
  const unclear = await parse("copy", "a", "nas:media");
  const error = assertThrows(() => resolvePaths(unclear, createTestIo()), BlitError);
  assertEquals([error.code, error.hint?.includes("./name:with-colon")], ["usage", true]);
});

Deno.test("resolvePaths() knows drive letters on Windows", async () => {
  const command = await parse("copy", "C:\\x", "D:/y");
  assertEquals(resolvePaths(command, createTestIo({ platform: "windows" })).source, "C:\\x");
  assertThrows(() => resolvePaths(command, createTestIo()), BlitError);
});

Deno.test("resolveCommon() converts every filter and switch", async () => {
  const command = await parse(
    ...["verify", "a", "b", "--include=*.c", "--exclude=x", "--min-size=1K", "--max-size=1M", "--min-age=1s"],
    ...["--max-age=1m", "--size-only", "--files-from=-", "--force-grpc"],
    ...["--retry=3", "--wait=2"],
  );
  assertEquals(await resolveCommon(command.flags, createTestIo({ input: ["a\n"] })), {
    include: ["*.c"],
    exclude: ["x"],
    minSizeBytes: 1024,
    maxSizeBytes: 1024 ** 2,
    minAgeMs: 1000,
    maxAgeMs: 60_000,
    comparison: "size-only",
    forceGrpc: true,
    retry: { times: 3, waitMs: 2000 },
    filesFrom: ["a"],
  });
});

Deno.test("resolveCommon() maps each comparing flag, and none to the default", async () => {
  for (const flag of ["checksum", "size-only", "ignore-times", "ignore-existing"]) {
    const { flags } = await parse("copy", `--${flag}`, "a", "b");
    assertEquals((await resolveCommon(flags, createTestIo())).comparison, flag);
  }
  const { flags } = await parse("copy", "a", "b");
  assertEquals((await resolveCommon(flags, createTestIo())).comparison, undefined);
});

Deno.test("resolveMirror() hands on everything that concerns deleting", async () => {
  const { flags } = await parse(
    ...["mirror", "a", "b", "-n", "--force", "--delete-excluded", "--max-delete=7", "--allow-empty-source"],
  );
  const { dryRun, force, deleteExcluded, maxDelete, allowEmptySource } = await resolveMirror(flags, createTestIo());
  assertEquals([dryRun, force, deleteExcluded, maxDelete, allowEmptySource], [true, true, true, 7, true]);
});

Deno.test("resolveMirror() reports values that cannot be read", async () => {
  const { flags } = await parse("mirror", "a", "b", "--max-delete=many");
  await assertRejects(() => resolveMirror(flags, createTestIo()), BlitError, 'Cannot use --max-delete "many"');
});

Deno.test("resolveOutput() fills in what was not given", async () => {
  const { flags } = await parse("verify", "a", "b", "-v", "--no-progress");
  assertEquals(resolveOutput("verify", flags), {
    verb: "verify",
    dryRun: false,
    quiet: false,
    verbose: true,
    json: false,
    progress: false,
  });
});

Deno.test("resolveCommon() takes --wait in seconds or with a unit, and only with --retry", async () => {
  const retryOf = async (...args: string[]) => {
    const { flags } = await parse("copy", ...args, "a", "b");
    return (await resolveCommon(flags, createTestIo())).retry;
  };
  assertEquals(await retryOf("--retry=2"), { times: 2 });
  assertEquals(await retryOf("--retry=2", "--wait=0.5"), { times: 2, waitMs: 500 });
  assertEquals(await retryOf("--retry=2", "--wait=2m"), { times: 2, waitMs: 120_000 });
  await assertRejects(() => retryOf("--wait=2"), BlitError, "without --retry");
  await assertRejects(() => retryOf("--retry=2", "--wait=soon"), BlitError);
});
