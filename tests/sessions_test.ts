/** Sessions of the daemon: which thread they run on, what they leave behind, and what a crash costs. */

import { create } from "@bufbuild/protobuf";
import { assertRejects } from "@std/assert";
import { parseDelegationRule } from "../core/config/delegation.ts";
import { BlitError } from "../core/errors.ts";
import { createModuleLock } from "../core/fs/contained/mod.ts";
import { ModuleLock } from "../core/fs/contained/module_lock.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { AsyncQueue } from "../core/transfer/remote/async_queue.ts";
import { connectControl } from "../core/wire/control/client.ts";
import { PROTOCOL_NUMBER } from "../core/wire/control/protocol.ts";
import { serveControl } from "../core/wire/control/server.ts";
import { connectedPair } from "../core/wire/_testing.ts";
import { Lane, openLane } from "../core/wire/mod.ts";
import { Exports } from "../daemon/exports.ts";
import { Jobs } from "../daemon/jobs/jobs.ts";
import { registerServices } from "../daemon/services/mod.ts";
import { runReceiveRanges, toRangePort } from "../daemon/sessions/receive_ranges.ts";
import { SessionPool, type SessionPoolOptions } from "../daemon/sessions/session_pool.ts";
import { Thread } from "../daemon/sessions/thread.ts";
import { LaneDoor } from "../daemon/sessions/lane_door.ts";
import { WalkPool } from "../daemon/walks/walk_pool.ts";
import { copy, serve } from "../mod.ts";
import {
  Role,
  type TransferAccepted,
  type TransferRequest,
  TransferRequestSchema,
  type TransferResponse,
  Verb,
} from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { until, untilThere } from "./helpers/wait.ts";

const MIB = 1024 * 1024;

/** A daemon in this process around a pool; it pulls from `sourcePort`. */
async function servePool(
  scratch: Scratch,
  { sourcePort, ...options }: Partial<SessionPoolOptions> & { sourcePort?: number },
) {
  const root = scratch.directory("root");
  const errors: string[] = [];
  const log = { info() {}, warn() {}, error: (message: string) => void errors.push(message) };
  const fileSystem = chooseFileSystem();
  const module = { name: "", path: root, comment: "", readOnly: false, trusted: false };
  const access = { fileSystem, lock: createModuleLock(), longestWaitMs: 1000 };
  const exports = new Exports(access, [module]);
  const pool = new SessionPool({ access, hostname: "127.0.0.1", ports: [0], log, ...options });
  const jobs = new Jobs(log);
  const walks = new WalkPool({ access, log });
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      registerServices(router, {
        exports,
        fileSystem,
        jobs,
        walks,
        laneDoor: new LaneDoor((async function* () {})()),
        sessions: pool,
        motd: () => "",
        delegation: () => sourcePort === undefined ? [] : [parseDelegationRule(`127.0.0.1:${sourcePort}`)!],
      }),
  });
  const { port } = server;
  return {
    pool,
    errors,
    port,
    server: `127.0.0.1:${port}`,
    root,
    async [Symbol.asyncDispose]() {
      await server.close(1000);
      await pool.close();
    },
  };
}

/** Asks for a transfer, and does nothing of it. */
async function openSession(port: number, role: Role, lanes: number) {
  const control = await connectControl({ host: "127.0.0.1", port });
  const value = { protocolNumber: PROTOCOL_NUMBER, verb: Verb.COPY, role, lanes, location: { module: "", path: [] } };
  const requests = new AsyncQueue<TransferRequest>();
  requests.push(create(TransferRequestSchema, { message: { case: "open", value: value as never } }));
  const responses: AsyncIterator<TransferResponse> = control.service.transfer(requests)[Symbol.asyncIterator]();
  const { value: { message } } = await responses.next();
  const close = async (): Promise<void> => {
    control.close();
    requests.end();
    await responses.next().catch(() => {}); // the connection is closed
  };
  return { message, close };
}

function writeFile(path: string, bytes: number): string {
  Deno.writeFileSync(path, new Uint8Array(bytes).fill(7));
  return path;
}

Deno.test("a session worker that crashes fails its sessions with a reason, no others, and is replaced", async () => {
  using scratch = new Scratch();
  const url = new URL("./fixtures/crashing_worker.ts", import.meta.url);
  await using daemon = await servePool(scratch, { ports: [0, 0], url });
  const large = writeFile(scratch.join("large"), 200 * MIB);
  const others = copy(large, `${daemon.server}://other/`).then((summary) => summary);
  await until(() => daemon.pool.load === 1, "one session");
  const crashing = copy(large, `${daemon.server}://crash/`, { forceGrpc: true });
  const error = await assertRejects(() => Promise.resolve(crashing), BlitError);
  assertEquals(error.code, "internal", error.message);
  assertEquals((await others).filesCopied, 1);
  assertEquals(daemon.errors, ["A session thread has failed and is replaced"]);
  for (let i = 0; i < 3; i++) await copy(large, `${daemon.server}://again${i}/`);
  await until(() => daemon.pool.load === 0, "no session");
});

// Deno lets a thread end the call that it is in. Were it otherwise, modules would stay locked.
Deno.test("a thread that is ended while it hangs with a module locked leaves the lock free", async () => {
  const memory = createModuleLock();
  const inside = Promise.withResolvers<void>();
  const url = new URL("./fixtures/locking_worker.ts", import.meta.url);
  const thread = new Thread<SharedArrayBuffer, "inside">({
    url,
    onReport: () => inside.resolve(),
    onError: (message) => inside.reject(new Error(message)),
  });
  thread.post(memory);
  await inside.promise;
  thread.terminate();
  // Not by waiting in the lock: this thread has to be free for the end of the other one.
  await new Promise((resolve) => setTimeout(resolve, 4200));
  assertEquals(new ModuleLock(memory).exclusive(() => "in"), "in");
});

Deno.test("sessions spread over workers, of which one stays", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0, 0, 0], idleMs: 50 });
  assertEquals(daemon.pool.size, 1);
  const large = writeFile(scratch.join("large"), 50 * MIB);
  for (const name of ["one", "two"]) {
    await copy(large, `${daemon.server}://${name}/`);
    // The client may know the end before the session has ended.
    await until(() => daemon.pool.load === 0, "no session");
  }
  assertEquals(daemon.pool.size, 1); // one after the other they need one
  const sessions = await Promise.all([1, 2, 3, 4].map(() => openSession(daemon.port, Role.PUSH, 1)));
  assertEquals([daemon.pool.load, daemon.pool.size], [4, 3]);
  await Promise.all(sessions.map(({ close }) => close()));
  await until(() => daemon.pool.size === 1, "one worker");
});

Deno.test("sessions of one worker take turns: a small one does not wait for the end of a large one", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0] });
  const large = writeFile(scratch.join("large"), 400 * MIB);
  const small = writeFile(scratch.join("small"), 1000);
  const ended: string[] = [];
  const first = copy(large, `${daemon.server}://`).then(() => ended.push("large"));
  await until(() => daemon.pool.load === 1, "one session");
  await Promise.all([first, copy(small, `${daemon.server}://`).then(() => ended.push("small"))]);
  assertEquals(ended, ["small", "large"]);
});

testWhere(
  ["native"],
  "a delegated pull whose disk does not answer holds up a session thread, and nothing else",
  async () => {
    using scratch = new Scratch();
    const source = scratch.directory("source");
    writeFile(`${source}/file`, 1000);
    await using from = await serve({ modules: { m: source }, port: 0 });
    const url = new URL("./fixtures/held_worker.ts", import.meta.url);
    await using daemon = await servePool(scratch, { ports: [0], url, sourcePort: from.port });
    const pulled = Promise.resolve(copy(`127.0.0.1:${from.port}:/m/`, `${daemon.server}://new/`));
    pulled.catch(() => {}); // looked at below
    try {
      await untilThere(`${daemon.root}.held`);
      using control = await connectControl({ host: "127.0.0.1", port: daemon.port });
      const { active } = await control.service.getState({});
      assertEquals(active.map(({ delegated }) => delegated), [true]);
      assertEquals(daemon.pool.load, 1);
    } finally {
      writeFile(`${daemon.root}.release`, 0);
    }
    assertEquals((await pulled).filesCopied, 1);
    assertSameTree(`${daemon.root}/new`, source);
    await until(() => daemon.pool.load === 0, "no session");
  },
);

testWhere(["processors"], "a delegated pull of a large file asks for no lane that it cannot use", async () => {
  using sourceScratch = new Scratch();
  using scratch = new Scratch();
  await using from = await servePool(sourceScratch, { ports: [0, 0] });
  await using daemon = await servePool(scratch, { ports: [0], sourcePort: from.port });
  Deno.mkdirSync(`${from.root}/tree`);
  writeFile(`${from.root}/tree/large`, 160 * MIB); // enough for two lanes
  assertEquals((await copy(`${from.server}://tree/`, `${daemon.server}://copy/`)).filesCopied, 1);
  assertSameTree(`${daemon.root}/copy`, `${from.root}/tree`);
  // Another lane is another session, in the other thread.
  assertEquals(from.pool.size, 1);
});

Deno.test("a range session that fails by a defect tells the one that decides that its lane is lost", async () => {
  using scratch = new Scratch();
  const module = { name: "", path: scratch.directory("root"), comment: "", readOnly: false, trusted: false };
  const exports = new Exports({ fileSystem: chooseFileSystem(), lock: createModuleLock(), longestWaitMs: 0 }, [module]);
  const [one, other] = await connectedPair();
  using _peer = new Lane(other, { role: "source" });
  const { port1, port2 } = new MessageChannel();
  const reported = Promise.withResolvers<unknown>();
  const port = toRangePort(port1);
  port.listen(({ type }) => reported.resolve(type));
  // It has got no writer that could take an order.
  port.post({ type: "end" });
  const place = { module, path: [], shown: "" };
  const { signal } = new AbortController();
  const carrier = Promise.resolve(one);
  await assertRejects(() => runReceiveRanges({ exports, place, carrier, port: port2, signal }), TypeError);
  assertEquals(await reported.promise, "lost");
  port.close();
});

Deno.test("a session ends with its control stream, also before its lane has come", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0] });
  for (const role of [Role.PUSH, Role.PULL]) {
    for (const lanes of [0, 1]) {
      const { message, close } = await openSession(daemon.port, role, lanes);
      assert(message.case === "accepted");
      assertEquals(message.value.dataPorts.length, lanes);
      assertEquals(daemon.pool.load, 1);
      await close();
      await until(() => daemon.pool.load === 0, "no session");
    }
  }
});

Deno.test("a session that fails before its lane has come wants it no more", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0] });
  using control = await connectControl({ host: "127.0.0.1", port: daemon.port });
  const location = { module: "", path: [new TextEncoder().encode("missing")] };
  const value = { protocolNumber: PROTOCOL_NUMBER, verb: Verb.COPY, role: Role.PULL, lanes: 1, location };
  const requests = new AsyncQueue<TransferRequest>();
  requests.push(create(TransferRequestSchema, { message: { case: "open", value: value as never } }));
  const responses = control.service.transfer(requests)[Symbol.asyncIterator]();
  const { value: { message } } = await responses.next();
  const { dataPorts: [port], tokens: [token] } = message.value as TransferAccepted;
  await assertRejects(() => responses.next(), Error, "no such file or directory");
  const error = await assertRejects(() => openLane({ host: "127.0.0.1", port, token, lane: 0 }), BlitError);
  assertEquals(error.code, "refused", error.message);
  requests.end();
});

testWhere(["linux"], "a client that is killed leaves nothing open in the daemon, on either carrier", async () => {
  using scratch = new Scratch();
  const source = writeFile(scratch.join("source"), 300 * MIB);
  const root = scratch.directory("root");
  writeFile(`${root}/large`, 300 * MIB);
  await using daemon = await startDaemon({ args: ["--root", root] });
  const server = `127.0.0.1:${daemon.port}`;
  const openFiles = (): number => [...Deno.readDirSync(`/proc/${daemon.pid}/fd`)].length;
  // From now on its threads are there, with what each of them needs for either carrier.
  for (const forceGrpc of [false, true]) {
    const paths = Array.from({ length: 4 }, (_, i) => scratch.join(`first ${forceGrpc} ${i}`));
    await Promise.all(paths.map((path) => copy(`${server}://large`, path, { forceGrpc })));
    for (const path of paths) Deno.removeSync(path);
  }
  await until(() => countSessionThreads(daemon.pid) >= Math.min(2, navigator.hardwareConcurrency), "its threads");
  const before = await settled(openFiles);
  for (const flags of [[], ["--force-grpc"]]) {
    for (const paths of [[source, `${server}://pushed`], [`${server}://large`, scratch.join("pulled")]]) {
      const client = startBlit(["copy", ...flags, ...paths]);
      // A connection, and the file that is read or written.
      await until(() => openFiles() >= before + 2, "a transfer");
      client.kill("SIGKILL");
      await client.result;
      await until(() => openFiles() <= before, `${openFiles()} open files, ${before} before`);
    }
  }
  assertEquals(hasSessionThread(daemon.pid), true);
  // What was pushed in part is gone.
  assertEquals([...Deno.readDirSync(root)].map(({ name }) => name), ["large"]);
});

testWhere(["unix"], "with permissions for its root alone the daemon does sessions on its main thread", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  for (let i = 0; i < 50; i++) writeFile(`${source}/${i}`, 1000 * i);
  const root = scratch.directory("root");
  await using daemon = await startDaemon({
    args: ["--root", root],
    permissions: [
      ...["--no-prompt", `--allow-read=${root}`, `--allow-write=${root}`],
      ...["--allow-net=127.0.0.1", "--allow-sys"],
    ],
  });
  const server = `127.0.0.1:${daemon.port}`;
  for (const forceGrpc of [false, true]) {
    const pushed = await copy(`${source}/`, `${server}://${forceGrpc}`, { forceGrpc });
    assertEquals(pushed.failures, []);
    await copy(`${server}://${forceGrpc}/`, scratch.join(`back-${forceGrpc}`), { forceGrpc });
    assertSameTree(scratch.join(`back-${forceGrpc}`), source, { basic: true });
  }
  if (Deno.build.os === "linux") assertEquals(hasSessionThread(daemon.pid), false);
  assertEquals(daemon.log.filter(({ level }) => level === "error"), []); // nothing was tried that cannot be
});

/** Whether a process has a thread that Deno has started for a worker. */
function hasSessionThread(pid: number): boolean {
  return countSessionThreads(pid) > 0;
}

function countSessionThreads(pid: number): number {
  const names = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/comm`)
  );
  return names.filter((name) => name.startsWith("worker-")).length;
}

/** A number once it has stayed the same for a second. */
async function settled(read: () => number): Promise<number> {
  let value = read();
  for (let looks = 0; looks < 10; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (read() === value) continue;
    value = read();
    looks = 0;
  }
  return value;
}
