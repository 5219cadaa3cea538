import assert from "node:assert/strict";
import { carryConnections } from "./delay_proxy.ts";

const DELAY_MS = 150;
const LOOPBACK = "127.0.0.1";

/** Runs with a client's connection through the proxy and the server's end of it. */
async function withConnection(run: (client: Deno.TcpConn, server: Deno.TcpConn) => Promise<void>): Promise<void> {
  using target = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const carrying = carryConnections(listener, { hostname: LOOPBACK, port: target.addr.port }, DELAY_MS);
  try {
    const accepting = target.accept();
    using client = await Deno.connect({ hostname: LOOPBACK, port: listener.addr.port });
    using server = await accepting;
    await run(client, server);
  } finally {
    listener.close();
    await carrying;
  }
}

Deno.test("carryConnections() delays each direction, and the end of one leaves the other open", async () => {
  await withConnection(async (client, server) => {
    const startMs = performance.now();
    await client.write(new Uint8Array([1, 2, 3]));
    await client.closeWrite();
    assert.equal((await readAll(server)).length, 3);
    const thereMs = performance.now() - startMs;
    await server.write(new Uint8Array([4]));
    await server.closeWrite();
    assert.deepEqual(await readAll(client), new Uint8Array([4]));
    const backMs = performance.now() - startMs;
    assert.ok(thereMs >= DELAY_MS - 1 && backMs >= 2 * DELAY_MS - 2, `there ${thereMs} ms, back ${backMs} ms`);
  });
});

Deno.test("carryConnections() carries more at once than a window at a time would", async () => {
  await withConnection(async (client, server) => {
    const content = crypto.getRandomValues(new Uint8Array(65_536));
    const startMs = performance.now();
    const sending = (async () => {
      for (let i = 0; i < 512; i++) {
        for (let rest = content; rest.length > 0;) rest = rest.subarray(await client.write(rest));
      }
      await client.closeWrite();
    })();
    const received = await readAll(server);
    await sending;
    assert.equal(received.length, 512 * content.length);
    assert.deepEqual(received.subarray(-content.length), content);
    // 64 KiB every 150 ms would take 77 s.
    assert.ok(performance.now() - startMs < 30_000);
  });
});

Deno.test("carryConnections() ends a connection whose other end has gone, and goes on with others", async () => {
  const free = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const { port } = free.addr;
  free.close();
  const listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const carrying = carryConnections(listener, { hostname: LOOPBACK, port }, DELAY_MS);
  for (let i = 0; i < 2; i++) {
    const client = await Deno.connect({ hostname: LOOPBACK, port: listener.addr.port });
    let forgotten = false;
    const timer = setTimeout(() => {
      forgotten = true;
      client.close();
    }, 10_000);
    await readAll(client).catch(() => {}); // a reset is an end as well
    assert.equal(forgotten, false);
    clearTimeout(timer);
    client.close();
  }
  listener.close();
  await carrying;
});

async function readAll(connection: Deno.Conn): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(buffer.slice(0, count));
  }
}
