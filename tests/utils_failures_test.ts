/**
 * What the verbs that walk through modules do where they may not, cannot, or nobody waits for them any more.
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { asByteString, type ByteString } from "../core/paths/bytes.ts";
import { findRemote, measureRemote, removeRemote } from "../core/scan/remote/ask.ts";
import { connectControl, type ControlClient } from "../core/wire/control/client.ts";
import { fromConnectError } from "../core/wire/control/errors.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { freePort } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { listPaths, snapshot } from "./helpers/snapshot.ts";
import type { SwapOrder } from "./helpers/swap_worker.ts";
import { buildTree, dir, symlink, type Tree } from "./helpers/tree.ts";
import { openBelow } from "./helpers/usage.ts";

const ALL = { details: false };
const PORTABLE = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--no-prompt"];

async function codeOf(stream: AsyncIterable<unknown>): Promise<string> {
  try {
    for await (const _ of stream);
    return "done";
  } catch (error) {
    return error instanceof BlitError ? error.code : String(error);
  }
}

function place(module: string, ...path: string[]): { module: string; path: ByteString[] } {
  return { module, path: path.map(asByteString) };
}

for (const [kind, permissions] of Object.entries({ native: ["-A"], portable: PORTABLE })) {
  testWhere(
    kind === "native" ? ["native"] : ["unix"],
    `a ${kind} daemon refuses what is outside, what is read-only, and modules themselves`,
    async () => {
      using scratch = new Scratch();
      const outside = buildTree(scratch.join("outside"), { "secret": "SECRET", "sub": dir({ "secret": "1" }) });
      const before = snapshot(outside);
      const tree: Tree = { "a": "1", "out": symlink(outside), "dir": dir({ "up": symlink("../../outside/sub") }) };
      const path = buildTree(scratch.join("m"), tree);
      const readOnly = buildTree(scratch.join("ro"), tree);
      const modules = { m: { path }, ro: { path: readOnly, readOnly: true } };
      await using server = await startServer(scratch, modules, { permissions });
      using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
      const all = { dryRun: false, entries: true, directoryOnly: false };

      const walks = (...at: Parameters<typeof place>): Promise<string>[] => [
        codeOf(findRemote(client, place(...at), ALL)),
        codeOf(measureRemote(client, place(...at), {})),
        codeOf(removeRemote(client, place(...at), all)),
      ];
      assertEquals(await Promise.all(walks("nothing", "a")), ["not-found", "not-found", "not-found"]);
      assertEquals(await Promise.all(walks("m", "nothing")), ["not-found", "not-found", "not-found"]);
      for (const name of ["..", ".", "", "a/b", "a\0", "x".repeat(256)]) {
        assertEquals(await Promise.all(walks("m", name)), ["invalid-name", "invalid-name", "invalid-name"], name);
        assertEquals((await Promise.all(walks("m", "dir", name)))[0], "invalid-name", name);
      }
      // On the way, a link is in the way; at the end it is what is measured.
      assertEquals(await Promise.all(walks("m", "out", "sub")), ["loop", "loop", "loop"]);
      assertMatch(await codeOf(findRemote(client, place("m", "out"), ALL)), /^(loop|not-directory)$/);
      for await (const { directories } of measureRemote(client, place("m", "out"), {})) {
        assertEquals(directories.map(({ files, sizeBytes }) => [files, sizeBytes]), [[1, outside.length]]);
      }
      const found: string[] = [];
      for await (const { names } of findRemote(client, place("m"), ALL)) found.push(names);
      assert(!found.join("").includes("secret"), found.join(""));

      assertEquals(await codeOf(removeRemote(client, place("m"), all)), "refused");
      assertEquals(await codeOf(removeRemote(client, place("ro"), all)), "refused");
      assertEquals(await codeOf(removeRemote(client, place("ro", "a"), all)), "read-only");
      assertEquals(
        await codeOf(removeRemote(client, place("m", "a"), { ...all, directoryOnly: true })),
        "not-directory",
      );
      assertEquals(await codeOf(removeRemote(client, place("m", "dir"), all)), "done");
      assertEquals(await codeOf(removeRemote(client, place("m", "out"), all)), "done");
      assertEquals(listPaths(path), ["a"]);
      assertEquals(listPaths(readOnly).length, 4);
      assertEquals(snapshot(outside), before);
      server.assertSound();
    },
  );
}

Deno.test("a removal with an option that the daemon does not know removes nothing", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("m"), { "a": "1" });
  await using server = await startServer(scratch, { m: { path } });
  using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
  const location = { module: "m", path: [new TextEncoder().encode("a")] };
  const $unknown = [{ no: 99, wireType: 0, data: new Uint8Array([1]) }];
  let code = "";
  try {
    const request = {
      $typeName: "blit.v2.RemoveRequest" as const,
      location: { $typeName: "blit.v2.Location" as const, ...location },
    };
    const message = { ...request, dryRun: false, entries: false, directoryOnly: false, $unknown };
    for await (const _ of client.service.remove(message));
  } catch (error) {
    ({ code } = fromConnectError(error, client.server));
  }
  assertEquals([code, listPaths(path)], ["protocol", ["a"]]);
});

testWhere(["unix"], "every verb says in words what it cannot do, with its exit status", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("m"), { "a": "1", "out": symlink("/etc") });
  await using server = await startServer(scratch, { m: { path }, ro: { path, readOnly: true } });
  const gone = `127.0.0.1:${freePort()}`;
  const cases: [string[], number, RegExp][] = [
    ...["ls", "find", "du", "df", "rm"].map((verb): [string[], number, RegExp] => [
      [verb, `${gone}:/m${verb === "df" ? "" : "/x"}`],
      4,
      /Cannot reach "127\.0\.0\.1:\d+": connection refused/,
    ]),
    ...["ls", "find", "du", "df", "rm"].map((verb): [string[], number, RegExp] => [
      [verb, server.at("nothing", verb === "df" ? "" : "x")],
      2,
      /Cannot open module "nothing": no such module/,
    ]),
    ...["ls", "find", "du", "df", "rm"].map((verb): [string[], number, RegExp] => [
      [verb, server.at("m", "../x")],
      2,
      /cannot contain "\.\."/,
    ]),
    [["find", server.at("m", "out")], 2, /Cannot search ".*\/m\/out": (a symbolic link|it is not)/],
    [["find", server.at("m"), "[a"], 2, /Cannot use the pattern "\[a": a "\[" has no "\]"/],
    [["find", server.at("m"), "--type", "fish"], 2, /Cannot use --type "fish"/],
    [["rm", server.at("m", "out/passwd")], 2, /a symbolic link is on the way/],
    [["rm", "--yes", server.at("ro", "a")], 3, /module "ro" is read-only/],
    [["rm", "--yes", server.at("m")], 3, /it is the root of a module/],
    [["rm", "--yes", `127.0.0.1:${server.daemon.port}:`], 3, /it is a server/],
    [["rm", "--yes", path], 2, /it is a local path/],
    [["df", server.at("m", "a")], 2, /it is about modules as a whole/],
    [["find", `${path}/nothing`], 2, /no such file or directory/],
    [["du", `${path}/nothing`], 2, /no such file or directory/],
  ];
  for (let i = 0; i < cases.length; i += 4) {
    await Promise.all(
      cases.slice(i, i + 4).map(async ([args, expected, message]) => {
        const { code, stdout, stderr } = await blit(args);
        assertEquals([code, stdout], [expected, ""], `${args.join(" ")}: ${stderr}`);
        assertMatch(stderr, message, args.join(" "));
      }),
    );
  }
  assertEquals(listPaths(path), ["a", "out"]);
});

testWhere(["unix"], "a daemon that hangs is not waited for", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("m"), { "a": "1" });
  await using server = await startServer(scratch, { m: { path } });
  const { port } = server.daemon;
  const limits = { lookupMs: 5000, connectMs: 5000, answerMs: 1500 };
  using client = await connectControl({ host: "127.0.0.1", port, limits });
  server.daemon.signal("SIGSTOP");
  try {
    // Those of the program wait for ten seconds, as long as the program does.
    const started = performance.now();
    const host = `${server.host}:${port}`;
    const lines = [
      ...["find", "du", "ls", "list", "df"].map((verb) => [verb, server.at("m")]),
      ["rm", "--yes", server.at("m", "a")],
      ["list", host],
      ["jobs", "list", host],
      ["jobs", "watch", host],
      ["jobs", "cancel", host, "some-job"],
    ];
    const programs = lines.map((args) => blit(args));
    const options = { dryRun: true, entries: false, directoryOnly: false };
    const streams = [
      codeOf(findRemote(client, place("m"), ALL)),
      codeOf(measureRemote(client, place("m"), {})),
      codeOf(removeRemote(client, place("m", "a"), options)),
    ];
    assertEquals(await Promise.all(streams), ["unreachable", "unreachable", "unreachable"]);
    for (const [i, { code, stderr }] of (await Promise.all(programs)).entries()) {
      const said = `${lines[i].join(" ")}: ${stderr}`;
      assertEquals(code, 4, said);
      assertMatch(stderr, /no answer in time/, said);
    }
    assert(performance.now() - started < 40_000);
  } finally {
    server.daemon.signal("SIGCONT");
  }
});

/** Asks as a browser's library would, reads a little, and hangs up. */
async function findOverHttp1(port: number): Promise<void> {
  const message = new TextEncoder().encode(JSON.stringify({ location: { module: "m" } }));
  const body = new Uint8Array([0, 0, 0, 0, message.length, ...message]);
  const headers = { "content-type": "application/connect+json", "connect-protocol-version": "1" };
  const url = `http://127.0.0.1:${port}/blit.v2.BlitService/Find`;
  const response = await fetch(url, { method: "POST", headers, body });
  assertEquals(response.status, 200);
  const reader = response.body!.getReader();
  for (let bytes = 0; bytes < 10_000;) {
    const { value } = await reader.read();
    assert(value !== undefined, `There were ${bytes} bytes only`);
    bytes += value.length;
  }
  await reader.cancel();
}

testWhere(["native"], "a walk ends when its client goes away, and gives back what it holds", async () => {
  using scratch = new Scratch();
  const path = scratch.directory("m");
  // More than fits into all windows and buffers on the way, so that the daemon is in the middle of it.
  const name = "n".repeat(200);
  const script = `mkdir d{1..100}; printf '%s\\n' d{1..100}/${name}{1..100} | xargs touch`;
  requireTool("bash", ["-c", script], path);
  await using server = await startServer(scratch, { m: { path } });
  const leave: ((client: ControlClient) => Promise<void>)[] = [
    async (client) => {
      for await (const _ of findRemote(client, place("m"), { details: true })) break;
    },
    async (client) => {
      for await (const _ of findRemote(client, place("m"), ALL)) return client.close();
    },
    async (client) => {
      for await (const _ of findRemote(client, place("m"), ALL)) {
        await new Promise((resolve) => setTimeout(resolve, 100)); // until the daemon waits for room
        return client.close();
      }
    },
    () => findOverHttp1(server.daemon.port),
  ];
  // Where exactly the daemon is in its answer when the client goes differs from one time to the next.
  for (const run of Array.from({ length: 10 }, () => leave).flat()) {
    const client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
    await run(client);
    for (let i = 0; openBelow(server.daemon.pid, path).length > 0; i++) {
      assert(i < 400, `The daemon keeps ${openBelow(server.daemon.pid, path)} open`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    client.close();
  }
  server.assertSound();
});

function attempt(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
  }
}

/** A slow reader gets all there is, though the daemon has long ended its answer. */
testWhere(["unix"], "a slow reader of an answer gets its end", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("m"), { "a": dir({ "b": "1" }), "c": "2" });
  await using server = await startServer(scratch, { m: { path } });
  using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
  for (let i = 0; i < 30; i++) {
    let last = "nothing";
    for await (const { directories } of measureRemote(client, place("m"), {})) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      last = directories.at(-1)?.path ?? last;
    }
    assertEquals(last, "");
  }
});

testWhere(["native"], "walks and removals stay in a module whose directories are swapped for links", async () => {
  using scratch = new Scratch();
  const outside = buildTree(scratch.join("outside"), { "secret": "1", "sub": dir({ "secret": "2", "f0": "3" }) });
  const before = snapshot(outside);
  const path = scratch.directory("m");
  buildTree(`${path}/d`, { "f": "1" });
  // By its handle, wherever it is at the moment.
  using handle = chooseFileSystem("native").openRoot(`${path}/d`);
  const refill = (): void => {
    if (handle.statEntry(asByteString("sub")) !== undefined) return;
    handle.createDirectory(asByteString("sub"), 0o755);
    for (let i = 0; i < 20; i++) handle.createFile(asByteString(`sub/f${i}`), 0o644).close();
  };
  Deno.symlinkSync(outside, `${path}/.link`);
  await using server = await startServer(scratch, { m: { path } });
  using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
  const view = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./helpers/swap_worker.ts", import.meta.url), { type: "module" });
  const state = view.buffer as SharedArrayBuffer;
  worker.postMessage({ place: `${path}/d`, aside: `${path}/.aside`, link: `${path}/.link`, state } satisfies SwapOrder);
  const outcomes = { found: 0, removed: 0 };
  const options = { dryRun: false, entries: true, directoryOnly: false };
  const removable = [place("m", "d", "sub"), place("m", "d", "secret"), place("m", ".aside", "sub")];
  for (const end = Date.now() + 2500; Date.now() < end;) {
    // A removal may be at it.
    attempt(refill);
    const found: string[] = [];
    const find = async (): Promise<void> => {
      for await (const { names } of findRemote(client, place("m"), ALL)) found.push(names);
      for await (const { names } of findRemote(client, place("m", "d"), ALL)) found.push(names);
    };
    await Promise.all([
      find().catch(() => {}),
      ...removable.map(async (target) => {
        for await (const { removed } of removeRemote(client, target, options)) outcomes.removed += removed;
      }).map((removing) => removing.catch(() => {})),
    ]);
    assert(!found.join("").includes("secret"), found.join(""));
    if (found.length > 0) outcomes.found++;
  }
  const done = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
  Atomics.store(view, 0, 1);
  await done;
  worker.terminate();
  assert(outcomes.found > 0 && outcomes.removed > 0 && Atomics.load(view, 1) > 0, JSON.stringify(outcomes));
  assertEquals(snapshot(outside), before);
  server.assertSound();
});
