/** Transfers whose data port cannot be reached, or is not to be used: the same records through the control port. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { copy } from "../mod.ts";
import { type RunningDaemon, startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, startBlit } from "./helpers/program.ts";
import { freePort, Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, type SnapshotOptions } from "./helpers/snapshot.ts";
import { buildTree, dir, file, symlink } from "./helpers/tree.ts";

const THROUGH_CONTROL_PORT = /^blit: The data port of ".*" is of no use, everything goes through its control port: /gm;
const ONLY_CALLS = /^blit: Only calls get through to ".*", which is slower: .*\n$/;
const IN_CALLS =
  /^blit: The data port of ".*" is of no use, everything goes through its control port, and there in calls, which is slower: /gm;

function buildSource(scratch: Scratch, path = "source"): string {
  return buildTree(scratch.join(path), {
    a: file("a"),
    large: file("0123456789".repeat(200_000)),
    sub: dir({ b: file("b"), link: symlink("b"), empty: dir() }),
  });
}

/** A daemon with one data port that is known before it starts. */
async function startOnPort(scratch: Scratch): Promise<{ daemon: RunningDaemon; dataPort: number }> {
  const dataPort = freePort();
  Deno.mkdirSync(scratch.join("root"), { recursive: true });
  Deno.writeTextFileSync(scratch.join("daemon.toml"), `[daemon]\nroot = "root"\ndata_port = ${dataPort}\n`);
  return { daemon: await startDaemon({ args: ["--config", scratch.join("daemon.toml")] }), dataPort };
}

/** Pushes and pulls at this server, at the same time, since some ways take seconds; returns what was said. */
async function pushAndPull(
  server: string,
  scratch: Scratch,
  flags: readonly string[] = [],
  judge: SnapshotOptions = {},
): Promise<string[]> {
  const source = buildSource(scratch);
  buildSource(scratch, "root/there");
  const [push, pull] = await Promise.all([
    blit(["copy", ...flags, `${source}/`, `${server}://pushed`]),
    blit(["copy", ...flags, `${server}://there/`, scratch.join("pulled")]),
  ]);
  assertEquals([push.code, pull.code], [0, 0], push.stderr + pull.stderr);
  assertSameTree(scratch.join("root/pushed"), source, judge);
  assertSameTree(scratch.join("pulled"), scratch.join("root/there"), judge);
  return [push.stderr, pull.stderr];
}

/** What can be where a client expects the data port, and what the client says of it. */
const OBSTACLES: { name: string; put: (port: number) => Promise<AsyncDisposable | Disposable>; reason: RegExp }[] = [
  { name: "refuses connections", put: () => Promise.resolve(new DisposableStack()), reason: /connection refused$/m },
  {
    name: "accepts and never answers",
    put: (port) => Promise.resolve(Deno.listen({ hostname: RELAY_ADDRESS, port })),
    reason: /no answer in time$/m,
  },
  { name: "answers nothing at all", put: fullBacklog, reason: /no answer in time$/m },
  {
    name: "belongs to a web server",
    put: (port) => Promise.resolve(webServer(port)),
    reason: /what answers there is no Blit daemon$/m,
  },
];

/** A listener that has as many connections as it takes: further ones are dropped, as a firewall drops them. */
async function fullBacklog(port: number): Promise<Disposable> {
  const stack = new DisposableStack();
  stack.use(Deno.listen({ hostname: RELAY_ADDRESS, port, tcpBacklog: 1 } as Deno.TcpListenOptions));
  for (let i = 0; i < 5000; i++) {
    const connecting = Deno.connect({ hostname: RELAY_ADDRESS, port, signal: AbortSignal.timeout(300) });
    const connection = await connecting.catch(() => undefined);
    if (connection === undefined) return stack;
    stack.use(connection);
  }
  throw new Error("The listener takes any number of connections");
}

function webServer(port: number): AsyncDisposable {
  return Deno.serve({ hostname: RELAY_ADDRESS, port, onListen: () => {} }, () => new Response("hello"));
}

for (const { name, put, reason } of OBSTACLES) {
  testWhere(["linux"], `a transfer works, with one warning, where the data port ${name}`, async () => {
    using scratch = new Scratch();
    const { daemon, dataPort } = await startOnPort(scratch);
    await using _daemon = daemon;
    await using relay = new Relay(daemon.port);
    await using _obstacle = await put(dataPort) as AsyncDisposable;
    for (const said of await pushAndPull(`${RELAY_ADDRESS}:${relay.port}`, scratch)) {
      assertEquals(said.match(THROUGH_CONTROL_PORT)?.length, 1, said);
      assertMatch(said, reason);
      assertEquals(said.trimEnd().split("\n").length, 1, said);
    }
    assertEquals(relay.accepted, 4); // a lane beside each control stream
  });
}

testWhere(["linux"], "a transfer works, with one warning, where nothing but calls gets through", async () => {
  using scratch = new Scratch();
  const { daemon } = await startOnPort(scratch);
  await using _daemon = daemon;
  await using relay = new Relay(daemon.port, { onlyCalls: true });
  for (const said of await pushAndPull(`${RELAY_ADDRESS}:${relay.port}`, scratch)) {
    assertEquals(said.match(IN_CALLS)?.length, 1, said);
    assertEquals(said.trimEnd().split("\n").length, 1, said);
  }
  assertEquals(relay.accepted, 4); // two of which were cut off
});

testWhere(["linux"], "the warning is one event, and in the summary", async () => {
  using scratch = new Scratch();
  const { daemon } = await startOnPort(scratch);
  await using _daemon = daemon;
  await using relay = new Relay(daemon.port);
  const server = `${RELAY_ADDRESS}:${relay.port}`;
  const source = buildSource(scratch);
  for (const paths of [[source, `${server}://`], [`${server}://source`, scratch.join("back")]]) {
    const { stdout } = await blit(["copy", "--json", ...paths]);
    const events = parseEvents(stdout);
    const [notice, ...others] = events.filter(({ type }) => type === "notice");
    assertEquals(others, []);
    assertMatch(notice.message, /is of no use/);
    const { summary } = events.at(-1);
    assertEquals(summary.notices, [notice.message]);
  }
});

const NARROW = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--no-prompt"];
/** What a daemon may be allowed, and how the lanes at its control port then reach the threads of their sessions. */
const PERMISSIONS = {
  "as connections": ["-A"],
  "as connections, with narrower permissions": [...NARROW, "--allow-ffi"],
  "through shared memory": NARROW,
};

for (const [how, permissions] of Object.entries(PERMISSIONS)) {
  testWhere(
    ["linux"],
    `--force-grpc uses the control port alone, and warns of nothing; lanes go on ${how}`,
    async () => {
      using scratch = new Scratch();
      scratch.directory("root");
      await using daemon = await startDaemon({ args: ["--root", scratch.join("root")], permissions });
      await using relay = new Relay(daemon.port);
      const server = `${RELAY_ADDRESS}:${relay.port}`;
      assertEquals(await pushAndPull(server, scratch, ["--force-grpc"], { basic: true }), ["", ""]);
      assertEquals(relay.accepted, 4); // a lane beside each control stream; the data port is not at this address
      assertEquals(daemon.log.filter(({ level }) => level !== "info"), []);
    },
  );
}

testWhere(
  ["linux"],
  "--force-grpc sends content in calls where nothing else gets through, with one warning",
  async () => {
    using scratch = new Scratch();
    scratch.directory("root");
    await using daemon = await startDaemon({ args: ["--root", scratch.join("root")] });
    await using relay = new Relay(daemon.port, { onlyCalls: true });
    for (const said of await pushAndPull(`${RELAY_ADDRESS}:${relay.port}`, scratch, ["--force-grpc"])) {
      assertMatch(said, ONLY_CALLS);
    }
  },
);

Deno.test("blit-daemon --force-grpc-data offers no data port, and clients warn of nothing", async () => {
  using scratch = new Scratch();
  scratch.directory("root");
  await using daemon = await startDaemon({ args: ["--root", scratch.join("root"), "--force-grpc-data"] });
  assertEquals(await pushAndPull(`127.0.0.1:${daemon.port}`, scratch), ["", ""]);
  if (Deno.build.os === "linux") assertEquals(listeningPorts(daemon.pid), [daemon.port]);
});

Deno.test("--force-grpc is refused where no server takes part", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.join("a"), "");
  const { code, stderr } = await blit(["copy", "--force-grpc", scratch.join("a"), scratch.join("b")]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "are both on this machine");
});

for (const count of [100, 128, 10_000]) {
  testWhere(["linux"], `${count} files travel in the control stream, there and back`, async () => {
    using scratch = new Scratch();
    const source = scratch.directory("source");
    for (let i = 0; i < count; i++) Deno.writeTextFileSync(`${source}/${i}`, `content of ${i}`);
    scratch.directory("root");
    await using daemon = await startDaemon({ args: ["--root", scratch.join("root")] });
    await using relay = new Relay(daemon.port, { onlyCalls: true });
    const server = `${RELAY_ADDRESS}:${relay.port}`;
    const pushed = await copy(`${source}/`, `${server}://pushed`, { forceGrpc: true });
    const pulled = await copy(`${server}://pushed/`, scratch.join("pulled"), { forceGrpc: true });
    assertEquals([pushed.filesCopied, pulled.filesCopied], [count, count]);
    assertSameTree(scratch.join("pulled"), source);
  });
}

const LARGE_BYTES = 300_000_000;
/** What a side may still read while the other one stands still: what fits into the buffers between them. */
const MOST_AHEAD_BYTES = 32_000_000;

testWhere(
  ["linux"],
  "a file of 300 MB travels in the control stream; a side that stands still holds the other back",
  async () => {
    using scratch = new Scratch();
    const source = scratch.join("large");
    writeLarge(source);
    scratch.directory("root");
    await using daemon = await startDaemon({ args: ["--root", scratch.join("root")] });
    await using relay = new Relay(daemon.port, { onlyCalls: true });
    const server = `${RELAY_ADDRESS}:${relay.port}`;
    const back = scratch.join("back");
    const runs = [
      { paths: [source, `${server}://`], sender: "client" },
      { paths: [`${server}://large`, back], sender: "daemon" },
    ];
    for (const { paths, sender } of runs) {
      const before = bytesRead(daemon.pid);
      const client = startBlit(["copy", "--force-grpc", ...paths]);
      const [reader, other] = sender === "client" ? [client.pid, daemon.pid] : [daemon.pid, client.pid];
      const start = sender === "client" ? 0 : before;
      while (bytesRead(reader) - start < 60_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
      Deno.kill(other, "SIGSTOP");
      const whenStopped = bytesRead(reader);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const ahead = bytesRead(reader) - whenStopped;
      Deno.kill(other, "SIGCONT");
      const { code, stderr } = await client.result;
      assertEquals(code, 0, stderr);
      assertMatch(stderr, ONLY_CALLS);
      assert(whenStopped - start < LARGE_BYTES - 2 * MOST_AHEAD_BYTES, `stopped after ${whenStopped - start} bytes`);
      assert(ahead < MOST_AHEAD_BYTES, `the ${sender} has read on by ${ahead} bytes`);
    }
    const { success } = new Deno.Command("cmp", { args: [source, back] }).outputSync();
    assert(success);
  },
);

/** What a process has read, from files and from programs alike. */
function bytesRead(pid: number): number {
  return Number(/rchar: (\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/io`))![1]);
}

function writeLarge(path: string): void {
  using large = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(1_000_000);
  for (let i = 0; i < LARGE_BYTES / block.length; i++) {
    crypto.getRandomValues(block.subarray(0, 65_536));
    block.fill(i, 65_536);
    for (let rest = block; rest.length > 0;) rest = rest.subarray(large.writeSync(rest));
  }
}

/** The TCP ports on which a process listens. */
function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      } catch {
        return undefined; // closed meanwhile
      }
    }),
  );
  const lines = ["tcp", "tcp6"].flatMap((name) =>
    Deno.readTextFileSync(`/proc/${pid}/net/${name}`).split("\n").slice(1)
  );
  return lines.map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === "0A" && inodes.has(inode))
    .map(([, local]) => parseInt(local.split(":").at(-1)!, 16));
}
