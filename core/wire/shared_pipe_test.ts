import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Carrier } from "./carrier.ts";
import { bridge, PipeCarrier, SharedPipe } from "./shared_pipe.ts";

/** Waiting for shared memory alone does not keep a program running; daemons have sockets that do. */
function testPipes(name: string, run: () => Promise<void>): void {
  Deno.test(name, async () => {
    const alive = setInterval(() => {}, 60_000);
    try {
      await run();
    } finally {
      clearInterval(alive);
    }
  });
}

/** Both ends of a pipe, each as its thread would see it. */
function ends(): [writer: SharedPipe, reader: SharedPipe] {
  const writer = new SharedPipe();
  return [writer, new SharedPipe(writer.memory)];
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

async function writeAll(pipe: SharedPipe, bytes: Uint8Array, most: number): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await pipe.write(bytes.subarray(at, at + most));
  pipe.end();
}

async function readAll(pipe: Pick<SharedPipe, "read">, most: number): Promise<Uint8Array> {
  const parts: number[] = [];
  const into = new Uint8Array(most);
  for (let count = await pipe.read(into); count !== null; count = await pipe.read(into)) {
    for (const byte of into.subarray(0, count)) parts.push(byte);
  }
  return Uint8Array.from(parts);
}

testPipes("SharedPipe hands on every byte in order, whatever the sizes of reads and writes", async () => {
  const size = fc.integer({ min: 1, max: 400_000 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 700_000 }), size, size, async (length, write, read) => {
      const [writer, reader] = ends();
      const bytes = pattern(length);
      const [got] = await Promise.all([readAll(reader, read), writeAll(writer, bytes, write)]);
      assertEquals(got.toBase64(), bytes.toBase64());
    }),
    { numRuns: 20 },
  );
});

testPipes("SharedPipe holds the writer back while nobody reads", async () => {
  const [writer, reader] = ends();
  const sent = writeAll(writer, pattern(1_000_000), 100_000).then(() => "all");
  assertEquals(
    await Promise.race([sent, new Promise((resolve) => setTimeout(() => resolve("held back"), 100))]),
    "held back",
  );
  assertEquals((await readAll(reader, 65_536)).length, 1_000_000);
  assertEquals(await sent, "all");
});

testPipes("SharedPipe tells an end from a loss, and what was written before is read", async () => {
  const [writer, reader] = ends();
  await writer.write(new Uint8Array([1, 2, 3]));
  writer.close();
  const into = new Uint8Array(2);
  assertEquals([await reader.read(into), await reader.read(into)], [2, 1]);
  await assertRejects(() => reader.read(into), Error, "closed");
  const [full, gone] = ends();
  const waiting = writeAll(full, new Uint8Array(1_000_000), 1_000_000);
  gone.close();
  await assertRejects(() => waiting, Error, "closed");
});

testPipes("bridge() does not wait for a peer that reads nothing once the session has ended", async () => {
  const [toOther] = ends();
  const [toHere, fromOther] = ends();
  const stuck = Promise.withResolvers<never>();
  let isClosed = false;
  const wire: Carrier = {
    peer: "peer",
    read: () => stuck.promise,
    write: () => stuck.promise,
    endWriting: () => Promise.resolve(),
    close() {
      isClosed = true;
      stuck.reject(new Error("closed"));
    },
  };
  const bridged = bridge(wire, toOther, fromOther);
  await toHere.write(new Uint8Array(10));
  toHere.close();
  toOther.close();
  await bridged;
  assertEquals(isClosed, true);
});

testPipes(
  "bridge() carries both directions, keeps one open after the other's end, and closes at the last",
  async () => {
    const [toOther, fromHere] = ends();
    const [toHere, fromOther] = ends();
    const [wireIn, wireFeed] = ends();
    const [wireOut, wireSink] = ends();
    // What is on the wire's side of the bridge; any carrier does.
    const wire = new PipeCarrier("peer", wireFeed, wireOut);
    const bridged = bridge(wire, toOther, fromOther);
    const session = new PipeCarrier("peer", fromHere, toHere);
    // The peer says all it has, and still hears everything.
    const [heard] = await Promise.all([readAll(session, 50_000), writeAll(wireIn, pattern(300_000), 70_000)]);
    assertEquals(heard.length, 300_000);
    const told = readAll(wireSink, 60_000);
    await writeAll(toHere, pattern(400_000), 90_000);
    assertEquals((await told).length, 400_000);
    session.close();
    await bridged;
    await assertRejects(() => wire.write(new Uint8Array(1)), Error, "closed");
  },
);
