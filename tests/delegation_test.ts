/**
 * From server to server: the destination's daemon pulls, where it is allowed to.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BlitError, copy, mirror, verify } from "../mod.ts";
import { connectControl } from "../core/wire/control/client.ts";
import { JobStatus } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "./helpers/assert.ts";
import { type RunningDaemon, startDaemon } from "./helpers/daemon.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, symlink } from "./helpers/tree.ts";

const TREE = { "a": "1", "sub": dir({ "b": "22", "link": symlink("../a") }), "empty": dir() };

interface Pair {
  /** The directories behind both modules. */
  readonly source: string;
  readonly destination: string;
  readonly from: RunningDaemon;
  readonly to: RunningDaemon;
  at(end: "source" | "destination", path?: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

interface PairOptions {
  /** The rules of the destination; `PORT` stands for the port of the source. @default just the source */
  readonly rules?: readonly string[];
  readonly readOnly?: boolean;
  /** Deno's permission flags for the destination. @default all */
  readonly permissions?: readonly string[];
}

function configure(scratch: Scratch, name: string, rest: string): string {
  const path = scratch.join(`${name}.toml`);
  Deno.writeTextFileSync(path, `[[module]]\nname = "m"\npath = ${JSON.stringify(scratch.directory(name))}\n${rest}`);
  return path;
}

async function startPair(
  scratch: Scratch,
  { rules = ["127.0.0.1:PORT"], readOnly = false, permissions }: PairOptions = {},
) {
  const from = await startDaemon({ args: ["--config", configure(scratch, "source", "")] });
  const sources = rules.map((rule) => rule.replace("PORT", String(from.port)));
  const delegation = rules.length === 0 ? "" : `[delegation]\nsources = ${JSON.stringify(sources)}\n`;
  const config = configure(scratch, "destination", `read_only = ${readOnly}\n${delegation}`);
  const to = await startDaemon({ args: ["--config", config], ...(permissions && { permissions }) });
  const pair: Pair = {
    source: scratch.join("source"),
    destination: scratch.join("destination"),
    from,
    to,
    at: (end, path = "") => `127.0.0.1:${(end === "source" ? from : to).port}:/m/${path}`,
    async [Symbol.asyncDispose]() {
      await Promise.all([from.stop(), to.stop()]);
    },
  };
  return pair;
}

Deno.test("copy, mirror and verify from server to server do what they do elsewhere", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  buildTree(`${pair.source}/tree`, TREE);
  const [source, destination] = [pair.at("source", "tree/"), pair.at("destination", "copy/")];
  const first = await copy(source, destination);
  assertComplete(first);
  assertEquals([first.filesCopied, first.bytesCopied, first.route], [2, 3, "remote"]);
  assertSameTree(`${pair.destination}/copy`, `${pair.source}/tree`);
  assertNothingDone(await copy(source, destination));
  assertComplete(await verify(source, destination));

  Deno.writeTextFileSync(`${pair.destination}/copy/extra`, "1");
  assertEquals((await verify(source, destination)).status, "differences");
  const plan = await mirror(source, destination, { dryRun: true });
  assertEquals([plan.deleted, listPaths(`${pair.destination}/copy`).includes("extra")], [1, true]);
  assertEquals((await mirror(source, destination)).deleted, 1);
  assertSameTree(`${pair.destination}/copy`, `${pair.source}/tree`);

  assertComplete(await copy(pair.at("source", "tree"), pair.at("destination")));
  assertSameTree(`${pair.destination}/tree`, `${pair.source}/tree`);
  assertComplete(await copy(pair.at("source", "tree/a"), pair.at("destination", "b").replace(/\/$/, "")));
  assertEquals(Deno.readTextFileSync(`${pair.destination}/b`), "1");
});

Deno.test("a job that was delegated is one on both daemons; the client sees what it does", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  buildTree(`${pair.source}/tree`, TREE);
  const { code, stdout, stderr } = await blit([
    "copy",
    "--json",
    "-v",
    pair.at("source", "tree/"),
    pair.at("destination", "new/"),
  ]);
  assertEquals(code, 0, stderr);
  const events = parseEvents(stdout);
  const paths = events.filter(({ type }) => type === "entry").map(({ path }) => path).sort();
  assertEquals(paths, ["", "a", "empty", "sub", "sub/b", "sub/link"]);
  assertEquals(events.at(-1).summary.filesCopied, 2);
  const there = await pair.to.logged("Job ended");
  assertEquals([there.role, there.status, there.files, there.bytes], ["delegated", "done", 2, 3]);
  const here = await pair.from.logged("Job ended");
  assertEquals([here.role, here.status, here.files, here.bytes, here.peer], ["pull", "done", 2, 3, "127.0.0.1"]);
});

Deno.test("a mirror from server to server asks the client, and keeps everything when told to", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  buildTree(`${pair.source}/tree`, TREE);
  buildTree(`${pair.destination}/tree`, { "extra": dir({ "x": "1" }) });
  const [source, destination] = [pair.at("source", "tree/"), pair.at("destination", "tree/")];
  const asked: number[] = [];
  const answer = (allowed: boolean) => ({
    confirmDeletions: ({ entries }: { entries: number }) => {
      asked.push(entries);
      return allowed;
    },
  });
  const error = await assertRejects(async () => await mirror(source, destination, answer(false)), BlitError);
  assertEquals([error.code, asked], ["refused", [2]]);
  assertEquals(listPaths(`${pair.destination}/tree`).includes("extra/x"), true);
  assertEquals((await mirror(source, destination, answer(true))).deleted, 2);
  assertSameTree(`${pair.destination}/tree`, `${pair.source}/tree`);
});

Deno.test("a delegation is off until a rule allows exactly this source", async () => {
  const cases: [readonly string[], RegExp][] = [
    [[], /it is not allowed here$/],
    [["127.0.0.1"], /no rule allows it$/], // the default port, which is another one
    [["192.0.2.0/24:PORT"], /no rule allows it$/],
    [["localhost:PORT"], /no rule allows it$/],
  ];
  for (const [rules, reason] of cases) {
    using scratch = new Scratch();
    await using pair = await startPair(scratch, { rules });
    buildTree(`${pair.source}/tree`, TREE);
    const run = async () => await copy(pair.at("source", "tree/"), pair.at("destination", "new/"));
    const error = await assertRejects(run, BlitError);
    assertEquals(error.code, "refused", String(rules));
    assertMatch(error.message, reason);
    // A name that is allowed does not reach what only this machine can reach.
    if (rules[0]?.startsWith("localhost")) {
      const named = async () =>
        await copy(pair.at("source", "tree/").replace("127.0.0.1", "localhost"), pair.at("destination", "new/"));
      const error = await assertRejects(named, BlitError);
      assertMatch(error.message, /its address is one that needs a rule of its own$/);
    }
    assertEquals(listPaths(pair.destination), []);
    assertEquals(pair.from.log.map(({ message }) => message), ["Ready"]);
  }
});

Deno.test("a source whose name has no address, and port 0, are refused", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch, { rules: ["no-such-host.invalid:PORT", "127.0.0.0/8:PORT"] });
  const unknown = pair.at("source").replace("127.0.0.1", "no-such-host.invalid");
  const run = async () => await copy(unknown, pair.at("destination", "new/"));
  assertEquals((await assertRejects(run, BlitError)).code, "unreachable");
  using control = await connectControl({ host: "127.0.0.1", port: pair.to.port });
  for (const sourcePort of [0, 65_536, 4_000_000_000]) {
    const open = { protocolNumber: 1, verb: 1, sourceHost: "127.0.0.1", sourcePort, destination: { module: "m" } };
    const requests = async function* () {
      yield { message: { case: "open", value: open } } as never;
    };
    await assertRejects(
      () => Array.fromAsync(control.service.delegate(requests())),
      Error,
      `Cannot pull from "127.0.0.1", port ${sourcePort}: no rule allows it`,
    );
  }
});

Deno.test("the reason of either daemon reaches the client", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  buildTree(`${pair.source}/tree`, TREE);
  const cases: [string, string, number, string][] = [
    [pair.at("source", "missing"), pair.at("destination", "x"), 2, "no such file or directory"],
    [pair.at("source").replace("/m/", "/nowhere/"), pair.at("destination", "x"), 2, 'module "nowhere"'],
    [pair.at("source", "tree/"), pair.at("destination").replace("/m/", "/nowhere/"), 2, 'module "nowhere"'],
    [pair.at("source", "tree"), pair.at("source", "tree/below"), 3, "one is inside the other"],
  ];
  for (const [source, destination, expected, text] of cases) {
    const { code, stderr } = await blit(["copy", source, destination]);
    assertStringIncludes(stderr, text);
    assertEquals(code, expected, stderr);
  }
  const moved = await blit(["move", pair.at("source", "tree/"), pair.at("destination", "x/")]);
  assertEquals(moved.code, 3, moved.stderr);
  assertStringIncludes(moved.stderr, "Cannot move from server to server: the destination removes nothing");
  await pair.from.stop();
  const lost = await blit(["copy", pair.at("source", "tree/"), pair.at("destination", "x/")]);
  assertEquals(lost.code, 4, lost.stderr);
  assertStringIncludes(lost.stderr, "connection refused");
});

Deno.test("nothing is pulled into a module that is read-only", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch, { readOnly: true });
  buildTree(`${pair.source}/tree`, TREE);
  const { code, stderr } = await blit(["copy", pair.at("source", "tree/"), pair.at("destination", "x/")]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, 'module "m" is read-only');
  assertEquals(pair.from.log.map(({ message }) => message), ["Ready"]);
});

testWhere(["unix"], "a daemon that may start no workers pulls on its main thread", async () => {
  using scratch = new Scratch();
  const permissions = [
    ...["--no-prompt", `--allow-read=${scratch.path}`, `--allow-write=${scratch.path}`],
    ...["--allow-net=127.0.0.1", "--allow-sys"],
  ];
  await using pair = await startPair(scratch, { permissions });
  buildTree(`${pair.source}/tree`, { "a": "1", "sub": dir({ "b": "22" }) });
  assertComplete(await copy(pair.at("source", "tree/"), pair.at("destination", "copy/")));
  assertSameTree(`${pair.destination}/copy`, `${pair.source}/tree`, { basic: true });
  assertEquals(pair.to.log.filter(({ level }) => level === "error"), []);
});

testWhere(["unix"], "a client that leaves ends what it has delegated; --detach lets it go on", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  buildTree(`${pair.source}/tree`, TREE);
  buildTree(`${pair.destination}/tree`, { "extra": "1" });
  const controller = new AbortController();
  const asked = Promise.withResolvers<void>();
  const running = Promise.resolve(mirror(pair.at("source", "tree/"), pair.at("destination", "tree/"), {
    signal: controller.signal,
    confirmDeletions: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  }));
  await asked.promise;
  controller.abort();
  assertEquals((await assertRejects(() => running, BlitError)).code, "interrupted");
  assertEquals((await pair.to.logged("Job ended")).status, "interrupted");
  assertEquals((await pair.from.logged("Job ended")).status, "interrupted");
  assertEquals(listPaths(`${pair.destination}/tree`).includes("extra"), true);

  const seen = pair.to.log.length;
  const detached = await blit(["copy", "--detach", pair.at("source", "tree/"), pair.at("destination", "later/")]);
  assertEquals([detached.code, detached.stdout.split("\n").length], [0, 2], detached.stderr);
  const ended = await pair.to.logged("Job ended", seen);
  assertEquals([`${ended.id}\n`, ended.status, ended.files], [detached.stdout, "done", 2]);
  assertSameTree(`${pair.destination}/later`, `${pair.source}/tree`);
  using control = await connectControl({ host: "127.0.0.1", port: pair.to.port });
  const { recent } = await control.service.getState({});
  assertEquals([recent[0].status, recent[0].delegated], [JobStatus.DONE, true]);
});

Deno.test("--detach is refused where nobody would carry on", async () => {
  using scratch = new Scratch();
  await using pair = await startPair(scratch);
  const cases: [string[], RegExp][] = [
    [["copy", "--detach", scratch.path, pair.at("destination")], /from server to server/],
    [["copy", "--detach", pair.at("source"), scratch.path], /from server to server/],
    [["copy", "--detach", "--dry-run", pair.at("source"), pair.at("destination")], /--dry-run/],
    [["mirror", "--detach", pair.at("source"), pair.at("destination")], /--yes/],
  ];
  for (const [args, reason] of cases) {
    const { code, stderr } = await blit(args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, reason);
  }
  assert(pair.to.log.every(({ message }) => message === "Ready"));
});
