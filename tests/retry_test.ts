/**
 * `--retry`: a server that is not there, is lost or is busy is asked again; nothing else is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { copy, move, type TransferEvent } from "../mod.ts";
import { push } from "../core/transfer/remote/push.ts";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { assertComplete, codeOf } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, startBlit } from "./helpers/program.ts";
import { freePort, Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";
import { buildTree, file } from "./helpers/tree.ts";

const FILES = 12;
const FILE_BYTES = 1024 * 1024;

/** Every file has one byte of its own, all over. */
function buildSource(root: string): string {
  Deno.mkdirSync(root, { recursive: true });
  for (let i = 0; i < FILES; i++) Deno.writeFileSync(`${root}/f${i}`, Buffer.alloc(FILE_BYTES, i + 1));
  return root;
}

interface Lost {
  readonly source: string;
  readonly destination: string;
  readonly from: string;
  readonly to: string;
  readonly relay: Relay;
  readonly module: string;
}

/** The ends of a transfer through a relay to a daemon. */
async function between(
  route: "push" | "pull",
  run: (lost: Lost, server: TestServer, scratch: Scratch) => Promise<void>,
): Promise<void> {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module, trusted: true } });
  await using relay = new Relay(server.daemon.port, { onlyCalls: true });
  const place = `${RELAY_ADDRESS}:${relay.port}:/m/far`;
  const [near, far] = [scratch.join("near"), `${module}/far`];
  const ends = route === "push"
    ? { source: near, destination: far, from: `${near}/`, to: place }
    : { source: far, destination: near, from: `${place}/`, to: near };
  buildSource(ends.source);
  await run({ ...ends, relay, module }, server, scratch);
  server.assertSound();
}

for (const route of ["push", "pull"] as const) {
  for (const resume of [false, true]) {
    testWhere(
      ["linux"],
      `a ${route} that is cut off twice is completed, resume: ${resume}, and tells of one run`,
      () =>
        between(route, async ({ source, destination, from, to, relay }) => {
          let cuts = 0;
          const cutOnce = (): void =>
            relay.watch(4.5 * FILE_BYTES, () => {
              relay.cut();
              if (++cuts < 2) cutOnce();
            });
          cutOnce();
          const events: TransferEvent[] = [];
          const onEvent = (event: TransferEvent): void => void events.push(event);
          const retry = { times: 5, waitMs: 50 };
          const summary = await copy(from, to, { retry, resume, forceGrpc: true, onEvent });
          assertComplete(summary);
          assertEquals(cuts, 2);
          assertSameTree(destination, source, { basic: true });
          assertEquals(findTemporaries(destination), []);
          const types = events.map(({ type }) => type);
          for (const type of ["started", "route", "finished"] as const) {
            assertEquals([type, types.filter((other) => other === type).length], [type, 1]);
          }
          assertEquals([types[0], types.at(-1)], ["started", "finished"]);
          const retries = events.filter((event) => event.type === "retry");
          assertEquals(retries.map(({ try: number, of, code }) => [number, of, code]), [
            [1, 5, "unreachable"],
            [2, 5, "unreachable"],
          ]);
          // What a lost daemon had done and not told yet is found in place; nothing counts twice.
          assert(
            summary.filesCopied <= FILES && summary.filesCopied + summary.unchanged >= FILES,
            JSON.stringify(summary),
          );
          assert(summary.bytesCopied <= FILES * FILE_BYTES, `${summary.bytesCopied} bytes are counted`);
          if (route === "pull" && !resume) assertEquals(summary.bytesCopied, FILES * FILE_BYTES);
          assertEquals(summary.entriesFound, FILES);
        }),
    );
  }
}

testWhere(["unix"], "a daemon that is killed and started again completes a push and a pull with --retry", async () => {
  using scratch = new Scratch();
  const modules = { m: { path: scratch.directory("module"), trusted: true } };
  const port = freePort();
  for (const route of ["push", "pull"] as const) {
    const [near, far] = [scratch.join(`${route}-near`), scratch.join("module", route)];
    const [source, destination] = route === "push" ? [near, far] : [far, near];
    buildSource(source);
    // Until the first file is here it is slow enough to be killed in the middle.
    for (let i = 0; i < 40; i++) Deno.writeFileSync(`${source}/g${i}`, Buffer.alloc(4 * FILE_BYTES, i));
    const first = await startServer(scratch, modules, { port });
    const place = first.at("m", route);
    const client = startBlit([
      "copy",
      "--retry",
      "20",
      "--wait",
      "0.2",
      ...route === "push" ? [`${near}/`, place] : [`${place}/`, near],
    ]);
    await untilNotEmpty(destination);
    await first.daemon.stop("SIGKILL");
    await using _second = await startServer(scratch, modules, { port });
    const { code, stdout, stderr } = await client.result;
    assertEquals([code, stdout], [0, ""], stderr);
    if (stderr !== "") assertMatch(stderr, /^blit: (Lost|Cannot) .*\. Trying again in 0\.20 s \(1 of 20\)$/m);
    assertSameTree(destination, source, { basic: true });
    assertEquals(findTemporaries(destination), []);
    Deno.removeSync(source, { recursive: true });
    Deno.removeSync(destination, { recursive: true });
  }
});

async function untilNotEmpty(root: string): Promise<void> {
  for (let tries = 0; tries < 4000; tries++) {
    try {
      if (listPaths(root).length > 2) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("Nothing comes");
}

Deno.test("every try is said, and the last error is that of the last try", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const place = `127.0.0.1:${freePort()}:/m/x`;
  const text = await blit(["copy", "--retry", "2", "--wait", "0.1s", source, place]);
  assertEquals([text.code, text.stdout], [4, ""]);
  const lines = text.stderr.split("\n");
  assertMatch(lines[0], /^blit: Cannot reach .*: connection refused\. Trying again in 0\.10 s \(1 of 2\)$/);
  assertMatch(lines[1], /\(2 of 2\)$/);
  assertMatch(lines[2], /^blit: Cannot reach .*: connection refused$/);
  const quiet = await blit(["copy", "-q", "--retry", "1", "--wait", "0.1s", source, place]);
  assertEquals(quiet.code, 4);
  assertNotMatch(quiet.stderr, /Trying/);
  const { stdout } = await blit(["copy", "--json", "--retry", "1", "--wait", "0.1s", source, place]);
  assertEquals(parseEvents(stdout).map(({ type, code, waitMs }) => [type, code, waitMs]), [
    ["retry", "unreachable", 100],
    ["error", "unreachable", undefined],
  ]);
});

testWhere(
  ["linux"],
  "what waiting does not help is not tried again",
  () =>
    between("push", async ({ source, relay }, _server, scratch) => {
      const refused = buildTree(scratch.join("readonly"), {});
      await using other = await startServer(scratch, { r: { path: refused, readOnly: true } });
      await using through = new Relay(other.daemon.port, { onlyCalls: true });
      const outcomes: [place: string, code: string][] = [
        [`${RELAY_ADDRESS}:${through.port}:/r/x`, "read-only"],
        [`${RELAY_ADDRESS}:${relay.port}:/nowhere/x`, "not-found"],
      ];
      for (const [place, code] of outcomes) {
        const events: string[] = [];
        const options = { retry: { times: 3, waitMs: 1 }, onEvent: ({ type }: TransferEvent) => events.push(type) };
        assertEquals(await copy(`${source}/`, place, options).then(() => "done", codeOf), code);
        assertEquals(events.includes("retry"), false);
      }
    }),
);

testWhere(["unix"], "Ctrl-C ends the waiting", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const client = startBlit(["copy", "--retry", "1", "--wait", "1h", source, `127.0.0.1:${freePort()}:/m/x`, "--json"]);
  // It has no other way to show that it waits than what it prints, which is read at its end; the signals are listened to before.
  const timer = setInterval(() => client.kill("SIGINT"), 1500);
  const { code } = await client.result.finally(() => clearInterval(timer));
  assertEquals(code, 130);
});

Deno.test("a signal ends the waiting", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const controller = new AbortController();
  const onEvent = ({ type }: TransferEvent): void => type === "retry" ? controller.abort() : undefined;
  const options = { retry: { times: 1, waitMs: 3_600_000 }, signal: controller.signal, onEvent };
  assertEquals(await copy(source, `127.0.0.1:${freePort()}:/m/x`, options).then(() => "done", codeOf), "interrupted");
});

testWhere(
  ["linux"],
  "a move that is cut off misses nothing that it has moved before",
  () =>
    between("push", async ({ source, destination, to, relay }) => {
      const before = [...Deno.readDirSync(source)].length;
      // It counts what travels: everything is there by then, and the removal goes on.
      let cuts = 0;
      relay.watch(FILES * FILE_BYTES + 2000, () => {
        cuts++;
        relay.cut();
      });
      const summary = await move(source, `${to}/`, { retry: { times: 3, waitMs: 20 }, forceGrpc: true });
      assertComplete(summary);
      assertEquals([before, cuts], [FILES, 1]);
      assertEquals(listPaths(`${destination}/near`).length, FILES);
      assert(!exists(source), "the source is still there");
    }),
);

Deno.test("a source that an earlier try of a move has removed is not missed", async () => {
  using scratch = new Scratch();
  const request = { verb: "move", source: scratch.join("gone"), destination: "", options: {} } as const;
  const endpoint = {
    kind: "remote",
    host: "127.0.0.1",
    port: freePort(),
    module: "m",
    path: "",
    trailingSlash: false,
  } as const;
  for (const isRemoving of [false, true]) {
    const attempt: { isRemoving?: boolean; isSourceGone?: boolean } = { isRemoving };
    assertEquals(await push(request, endpoint, () => {}, { attempt }).then(() => "done", codeOf), "not-found");
    assertEquals(attempt.isSourceGone ?? false, isRemoving);
  }
});

Deno.test("--retry and --wait are refused where they mean nothing", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": file("1") });
  for (const [flags, reason] of [[["--retry", "1"], /Cannot retry/], [["--wait", "1"], /without --retry/]] as const) {
    const { code, stderr } = await blit(["copy", ...flags, source, scratch.join("b")]);
    assertEquals(code, 2);
    assertMatch(stderr, reason);
  }
});

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
