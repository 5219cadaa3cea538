/**
 * A link with latency: connections to some ports of one address are carried to the same ports of another, each byte a
 * while after it came.
 *
 * ```sh
 * deno run --allow-net bench/remote/delay_proxy.ts DELAY_MS LISTEN_ADDRESS TARGET_ADDRESS PORT...
 * ```
 *
 * A program of its own, so that carrying takes nothing from the process that measures. Bytes are delayed in both
 * directions, opening a connection is not. It runs until it is ended.
 *
 * @module
 */

import { createDelay } from "./delay_stream.ts";

const READ_BYTES = 64 * 1024;

/** Carries everything that connects to `listener`, until the listener is closed. */
export async function carryConnections(
  listener: Deno.TcpListener,
  target: Deno.ConnectOptions,
  delayMs: number,
): Promise<void> {
  for await (const client of listener) {
    // Each on its own: one that breaks says nothing about the others.
    carryConnection(client, target, delayMs).catch(() => client.close());
  }
}

async function carryConnection(client: Deno.TcpConn, target: Deno.ConnectOptions, delayMs: number): Promise<void> {
  const server = await Deno.connect(target);
  for (const connection of [client, server]) connection.setNoDelay(true);
  const carry = (from: Deno.Conn, to: Deno.Conn) =>
    contentOf(from).pipeThrough(createDelay({ delayMs })).pipeTo(into(to));
  try {
    await Promise.all([carry(client, server), carry(server, client)]);
  } catch {
    // One end has gone away: the other learns it by the end of its connection.
  } finally {
    client.close();
    server.close();
  }
}

/** Unlike `readable`, leaves the other direction open at the end. */
function contentOf(connection: Deno.Conn): ReadableStream<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(READ_BYTES);
  return new ReadableStream({
    async pull(controller) {
      const count = await connection.read(buffer);
      if (count === null) controller.close();
      else controller.enqueue(buffer.slice(0, count));
    },
  }, { highWaterMark: 0 });
}

function into(connection: Deno.Conn): WritableStream<Uint8Array<ArrayBuffer>> {
  return new WritableStream({
    async write(content) {
      for (let rest = content; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
    },
    close: () => connection.closeWrite(),
  });
}

if (import.meta.main) {
  const [delayMs, listenAddress, targetAddress, ...ports] = Deno.args;
  const listeners = ports.map((port) => Deno.listen({ hostname: listenAddress, port: Number(port) }));
  await Promise.all(listeners.map((listener) => {
    return carryConnections(listener, { hostname: targetAddress, port: listener.addr.port }, Number(delayMs));
  }));
}
