import { assertEquals, assertRejects } from "@std/assert";
import { DescriptorCarrier } from "../descriptor_carrier.ts";
import { listenControl } from "./listen.ts";
import type { SocketCarrier } from "./socket_carrier.ts";

/** A connection that begins like a lane, as both sides have it. */
async function connectLane(run: (carrier: SocketCarrier, peer: Deno.TcpConn) => Promise<void>): Promise<void> {
  const come = Promise.withResolvers<SocketCarrier>();
  const listener = await listenControl({
    hostname: "127.0.0.1",
    port: 0,
    handler: () => {},
    onLane: (carrier) => come.resolve(carrier),
  });
  const peer = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
  try {
    await peer.write(new TextEncoder().encode("BLITDATA"));
    await run(await come.promise, peer);
  } finally {
    peer.close();
    await listener.close(0);
  }
}

async function readAll(source: Pick<SocketCarrier, "read">): Promise<number> {
  const into = new Uint8Array(50_000);
  let length = 0;
  for (let count; (count = await source.read(into)) !== null;) length += count;
  return length;
}

Deno.test("SocketCarrier reads everything from the first byte on, and goes on writing after the peer's end", async () => {
  await connectLane(async (carrier, peer) => {
    const bytes = new Uint8Array(1_000_000).fill(7);
    const sending = (async () => {
      for (let sent = 0; sent < bytes.length;) sent += await peer.write(bytes.subarray(sent));
      await peer.closeWrite();
    })();
    assertEquals(await readAll(carrier), 8 + bytes.length);
    await sending;
    const heard = readAll(peer);
    for (let sent = 0; sent < bytes.length;) sent += await carrier.write(bytes.subarray(sent));
    await carrier.endWriting();
    assertEquals(await heard, bytes.length);
    carrier.close();
  });
});

Deno.test("SocketCarrier: closing ends what is pending, in both directions", async () => {
  await connectLane(async (carrier) => {
    const into = new Uint8Array(100);
    assertEquals(await carrier.read(into), 8);
    const reading = carrier.read(into);
    const writing = (async () => {
      for (;;) await carrier.write(new Uint8Array(1_000_000)); // nobody reads
    })();
    setTimeout(() => carrier.close(), 50);
    await Promise.all([reading, writing].map((pending) => assertRejects(() => pending)));
  });
});

Deno.test({
  name: "SocketCarrier lets go of a connection that goes on elsewhere, unless something of it was read already",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await connectLane(async (carrier, peer) => {
      const into = new Uint8Array(100);
      assertEquals(await carrier.read(into.subarray(0, 3)), 3);
      assertEquals(carrier.detach(), undefined);
      assertEquals(await carrier.read(into), 5);
      const descriptor = carrier.detach();
      await assertRejects(() => carrier.read(into));
      const other = new DescriptorCarrier(carrier.peer, descriptor!);
      const bytes = new Uint8Array(1_000_000).fill(7);
      for (const [from, to] of [[peer, other], [other, peer]]) {
        const heard = readAll(to);
        for (let sent = 0; sent < bytes.length;) sent += await from.write(bytes.subarray(sent));
        await (from === peer ? peer.closeWrite() : other.endWriting());
        assertEquals(await heard, bytes.length);
      }
      other.close();
    });
  },
});
