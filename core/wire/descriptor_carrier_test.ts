import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { createServer, type Socket } from "node:net";
import { duplicateDescriptor } from "./control/descriptor.ts";
import { DescriptorCarrier } from "./descriptor_carrier.ts";

const isPossible = Deno.build.os === "linux";
const BYTES = 5_000_000;

/** A connection whose one end is held by its number alone. */
interface Ends {
  readonly carrier: DescriptorCarrier;
  readonly peer: Deno.TcpConn;
  readonly descriptor: number;
}

async function connect(): Promise<Ends> {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const coming = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const peer = await Deno.connect({ hostname: "127.0.0.1", port: (server.address() as { port: number }).port });
  const accepted = await coming;
  const descriptor = duplicateDescriptor(accepted)!;
  accepted.destroy();
  server.close();
  return { carrier: new DescriptorCarrier("peer", descriptor), peer, descriptor };
}

/** What is open under a number: for a connection a text of its own. */
function whatIs(descriptor: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined; // nothing
  }
}

/** Defines a test; whatever it does, the connection is given back in the end. */
function test(name: string, run: (ends: Ends) => Promise<void>): void {
  Deno.test({
    name: `DescriptorCarrier ${name}`,
    ignore: !isPossible,
    async fn() {
      const ends = await connect();
      const before = whatIs(ends.descriptor);
      assertMatch(before!, /^socket:/);
      await run(ends);
      // A wait that is over gives the number back a moment later.
      for (let i = 0; i < 100 && whatIs(ends.descriptor) === before; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertNotEquals(whatIs(ends.descriptor), before);
    },
  });
}

async function countAll(source: { read(into: Uint8Array): Promise<number | null> }): Promise<number> {
  const into = new Uint8Array(70_000);
  let sum = 0;
  for (let count; (count = await source.read(into)) !== null;) {
    for (const byte of into.subarray(0, count)) sum += byte;
  }
  return sum;
}

async function sendAll(sink: { write(bytes: Uint8Array): Promise<number> }): Promise<void> {
  const bytes = new Uint8Array(BYTES).fill(1);
  for (let sent = 0; sent < BYTES;) sent += await sink.write(bytes.subarray(sent));
}

test("carries everything in both directions at once, each with its end", async ({ carrier, peer }) => {
  const [here, there] = await Promise.all([
    countAll(carrier),
    countAll(peer),
    sendAll(carrier).then(() => carrier.endWriting()),
    sendAll(peer).then(() => peer.closeWrite()),
  ]);
  assertEquals([here, there], [BYTES, BYTES]);
  carrier.close();
  carrier.close();
  peer.close();
});

test("ends what is pending when it is closed, in both directions", async ({ carrier, peer }) => {
  const reading = carrier.read(new Uint8Array(10));
  const writing = (async () => {
    for (;;) await carrier.write(new Uint8Array(1_000_000)); // nobody reads
  })();
  setTimeout(() => carrier.close(), 50);
  await Promise.all([reading, writing].map((pending) => assertRejects(() => pending, Error, "closed")));
  await assertRejects(() => carrier.read(new Uint8Array(10)), Error, "closed");
  peer.close();
});

test("fails where the peer is gone", async ({ carrier, peer }) => {
  peer.close();
  await assertRejects(() => sendAll(carrier), Error, "reset by the peer");
  carrier.close();
});

test("waits longer than one look for what does not come", async ({ carrier, peer }) => {
  const reading = carrier.read(new Uint8Array(10));
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await peer.write(new Uint8Array(3));
  assertEquals(await reading, 3);
  carrier.close();
  peer.close();
});

Deno.test({
  name: "many carriers that wait keep nothing else waiting, and each hears what is for it",
  ignore: !isPossible,
  async fn() {
    const ends = await Promise.all(Array.from({ length: 100 }, connect));
    const reads = ends.map(({ carrier }) => carrier.read(new Uint8Array(10)));
    const start = performance.now();
    for (let i = 0; i < 10; i++) await Deno.stat("/proc"); // takes a thread of the pool
    for (const [i, { peer }] of ends.entries()) await peer.write(new Uint8Array(1 + i % 9));
    assertEquals(await Promise.all(reads), ends.map((_, i) => 1 + i % 9));
    const tookMs = performance.now() - start;
    assert(tookMs < 900, `${tookMs} ms`); // no wait had to end by itself
    for (const { carrier, peer } of ends) {
      carrier.close();
      peer.close();
    }
  },
});

Deno.test({
  name: "duplicateDescriptor() needs FFI, and no permission to look at the process",
  ignore: !isPossible,
  async fn() {
    const module = new URL("./control/descriptor.ts", import.meta.url).href;
    const code = `import { createServer } from "node:net";
      const { duplicateDescriptor } = await import("${module}");
      const server = createServer((socket) => {
        console.log(typeof duplicateDescriptor(socket));
        Deno.exit();
      }).listen(0, "127.0.0.1", () => Deno.connect({ port: server.address().port }));`;
    const run = async (permissions: string[]): Promise<string> => {
      const url = `data:text/javascript,${encodeURIComponent(code)}`;
      const args = ["run", "--no-check", "--no-prompt", "--allow-net", "--allow-import", ...permissions, url];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const decoder = new TextDecoder();
      return decoder.decode(stdout).trim() + decoder.decode(stderr);
    };
    const folder = `--allow-read=${new URL(".", import.meta.url).pathname}`;
    assertEquals(await Promise.all([run([folder]), run([folder, "--allow-ffi"])]), ["undefined", "number"]);
  },
});
