/** Sessions of the daemon: which thread they run on, what they leave behind, and what a crash costs. */

import { create } from "@bufbuild/protobuf";
import { assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../core/errors.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { AsyncQueue } from "../core/transfer/remote/async_queue.ts";
import { connectControl } from "../core/wire/control/client.ts";
import { PROTOCOL_NUMBER } from "../core/wire/control/protocol.ts";
import { serveControl } from "../core/wire/control/server.ts";
import { openLane } from "../core/wire/mod.ts";
import { Exports } from "../daemon/exports.ts";
import { Jobs } from "../daemon/jobs/jobs.ts";
import { registerServices } from "../daemon/services/mod.ts";
import { SessionPool, type SessionPoolOptions } from "../daemon/sessions/session_pool.ts";
import { copy } from "../mod.ts";
import {
  Role,
  type TransferAccepted,
  type TransferRequest,
  TransferRequestSchema,
  type TransferResponse,
  Verb,
} from "../proto/blit/v2/blit_pb.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";

const MIB = 1024 * 1024;

/** A daemon in this process around a pool. */
async function servePool(scratch: Scratch, options: Partial<SessionPoolOptions>) {
  const root = scratch.directory("root");
  const errors: string[] = [];
  const log = { info() {}, warn() {}, error: (message: string) => void errors.push(message) };
  const fileSystem = chooseFileSystem();
  const module = { name: "", path: root, comment: "", readOnly: false, trusted: false };
  const exports = new Exports(fileSystem, [module]);
  const pool = new SessionPool({ fileSystem, hostname: "127.0.0.1", ports: [0], log, ...options });
  const jobs = new Jobs(log);
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      registerServices(router, { exports, fileSystem, jobs, sessions: pool, motd: () => "", delegation: () => [] }),
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

function writeFile(path: string, bytes: number): string {
  Deno.writeFileSync(path, new Uint8Array(bytes).fill(7));
  return path;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`It does not come to this within 10 s: ${what}`);
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

Deno.test("sessions spread over workers, of which one stays", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0, 0, 0], idleMs: 50 });
  assertEquals(daemon.pool.size, 1);
  const large = writeFile(scratch.join("large"), 50 * MIB);
  await copy(large, `${daemon.server}://one/`);
  await copy(large, `${daemon.server}://two/`);
  assertEquals(daemon.pool.size, 1); // one after the other they need one
  const running = [3, 4, 5, 6].map((i) => copy(large, `${daemon.server}://${i}/`).then((summary) => summary));
  await until(() => daemon.pool.load === 4, "four sessions");
  assertEquals(daemon.pool.size, 3);
  await Promise.all(running);
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

Deno.test("a session ends with its control stream, also before its lane has come", async () => {
  using scratch = new Scratch();
  await using daemon = await servePool(scratch, { ports: [0] });
  for (const role of [Role.PUSH, Role.PULL]) {
    for (const lanes of [0, 1]) {
      const control = await connectControl({ host: "127.0.0.1", port: daemon.port });
      const value = {
        protocolNumber: PROTOCOL_NUMBER,
        verb: Verb.COPY,
        role,
        lanes,
        location: { module: "", path: [] },
      };
      const open = create(TransferRequestSchema, { message: { case: "open", value: value as never } });
      const requests = new AsyncQueue<TransferRequest>();
      requests.push(open);
      const responses: AsyncIterator<TransferResponse> = control.service.transfer(requests)[Symbol.asyncIterator]();
      const { value: first } = await responses.next();
      assertEquals(first.message.case, "accepted");
      assertEquals(first.message.value.dataPorts.length, lanes);
      assertEquals(daemon.pool.load, 1);
      control.close();
      requests.end();
      await until(() => daemon.pool.load === 0, "no session");
      await responses.next().catch(() => {}); // the connection is closed
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
  await copy(`${server}://large`, scratch.join("first"), { dryRun: true }); // from now on its threads are there
  const before = openFiles();
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
  const names = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/comm`)
  );
  return names.some((name) => name.startsWith("worker-"));
}
