import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { rejection } from "./_testing.ts";
import type { Carrier } from "./carrier.ts";
import { dial, listen } from "./connect.ts";
import { acceptLanes, type AcceptLanesOptions, openLane } from "./lane_server.ts";
import { PROTOCOL_NUMBER } from "./limits.ts";
import { TokenTable } from "./tokens.ts";

interface Server {
  port: number;
  tokens: TokenTable<string>;
  /** Who has come in, as `session/lane`. */
  arrivals: string[];
}

/** Accepts lanes while the test runs. */
async function withServer(
  test: (server: Server) => Promise<void>,
  options: Partial<AcceptLanesOptions<string>> = {},
): Promise<void> {
  const listener = listen();
  const tokens = new TokenTable<string>();
  const arrivals: string[] = [];
  const carriers: Carrier[] = [];
  const accepting = acceptLanes({
    carriers: listener.carriers(),
    tokens,
    onLane: ({ session, lane }, carrier) => {
      arrivals.push(`${session}/${lane}`);
      carriers.push(carrier);
    },
    ...options,
  });
  try {
    await test({ port: listener.address.port, tokens, arrivals });
  } finally {
    listener.close();
    await accepting;
    for (const carrier of carriers) carrier.close();
  }
}

async function open(port: number, token: Uint8Array, lane = 0): Promise<void> {
  const carrier = await openLane({ host: "127.0.0.1", port, token, lane });
  carrier.close();
}

/** Sends bytes as they are and returns everything that comes back. */
async function talk(port: number, bytes: Uint8Array): Promise<Uint8Array> {
  const connection = await dial({ host: "127.0.0.1", port });
  const answer = new Uint8Array(100);
  let length = 0;
  try {
    if (bytes.length > 0) await connection.write(bytes);
    for (;;) {
      const count = await connection.read(answer.subarray(length));
      if (count === null) break;
      length += count;
    }
  } finally {
    connection.close();
  }
  return answer.slice(0, length);
}

function hello(version: number, token: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(44);
  bytes.set(new TextEncoder().encode("BLITDATA"));
  new DataView(bytes.buffer).setUint16(8, version, true);
  bytes.set(token, 12);
  return bytes;
}

Deno.test("a lane is opened with a token, and both sides know which lane it is", () =>
  withServer(async ({ port, tokens, arrivals }) => {
    const token = tokens.issue("session", { lanes: 3 });
    await Promise.all([open(port, token, 2), open(port, token, 0)]);
    assertEquals(arrivals.sort(), ["session/0", "session/2"]);
  }));

Deno.test("bytes that follow the handshake at once are not swallowed by it", () =>
  withServer(async ({ port, tokens }) => {
    const answer = await talk(port, new Uint8Array([...hello(PROTOCOL_NUMBER, tokens.issue("session")), 1, 2, 3]));
    assertEquals(answer.length, 11 + 3);
    assertEquals([...answer.subarray(11)], [1, 2, 3]);
  }, {
    onLane: async (_, carrier) => {
      const room = new Uint8Array(100);
      const count = await carrier.read(room);
      await carrier.write(room.subarray(0, count!));
      carrier.close();
    },
  }));

Deno.test("a token that does not open the lane is refused with the reason", () =>
  withServer(async ({ port, tokens, arrivals }) => {
    const used = tokens.issue("session");
    await open(port, used);
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(32), "its token is unknown there"],
      [used, "its token has been used"],
      [tokens.issue("session", { lifetimeMs: 0 }), "its token has expired"],
    ];
    for (const [token, reason] of cases) {
      const error = await rejection(open(port, token));
      assertEquals(error.code, "refused");
      assertStringIncludes(error.message, reason);
    }
    assertEquals(arrivals, ["session/0"]);
  }));

Deno.test("a peer with another protocol number learns both, before it has said anything else", () =>
  withServer(async ({ port }) => {
    const answer = await talk(port, hello(99, new Uint8Array(32)).subarray(0, 10));
    assertEquals(answer.length, 11);
    assertEquals(new DataView(answer.buffer).getUint16(8, true), PROTOCOL_NUMBER);
    assertEquals(answer[10], 1);
  }));

Deno.test("a daemon with another protocol number is told with both numbers and what to do", async () => {
  using listener = listen();
  const answering = (async () => {
    const { value: connection } = await listener.connections().next();
    await connection!.read(new Uint8Array(44));
    const answer = hello(7, new Uint8Array(0)).subarray(0, 11);
    answer[10] = 1;
    await connection!.write(answer);
    connection!.close();
  })();
  const error = await rejection(open(listener.address.port, new Uint8Array(32)));
  await answering;
  assertEquals(error.code, "protocol");
  assertStringIncludes(error.message, `it speaks protocol 7, this Blit speaks ${PROTOCOL_NUMBER}`);
  assertStringIncludes(error.hint!, "Update this Blit");
});

Deno.test("what does not begin with the magic gets no answer", () =>
  withServer(async ({ port, arrivals }) => {
    const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
    const answer = await talk(port, request).catch(() => new Uint8Array(0)); // a reset is no answer either
    assertEquals(answer.length, 0);
    assertEquals(arrivals, []);
  }));

Deno.test("a handshake that trickles is cut when its time is over, however often a byte comes", () =>
  withServer(async ({ port, tokens, arrivals }) => {
    const connection = await dial({ host: "127.0.0.1", port });
    const started = performance.now();
    const trickling = (async () => {
      for (const byte of hello(PROTOCOL_NUMBER, tokens.issue("session"))) {
        await connection.write(new Uint8Array([byte]));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })().catch(() => {}); // it is cut while it trickles
    // A connection that is cut ends or breaks; both are what the test wants.
    assertEquals(await connection.read(new Uint8Array(11)).catch(() => null), null);
    assert(performance.now() - started < 600);
    await trickling;
    connection.close();
    assertEquals(arrivals, []);
  }, { timeoutMs: 200 }));

Deno.test("a daemon that never answers is given up in time", async () => {
  using listener = listen();
  const connections = listener.connections();
  const opening = rejection(
    openLane({ host: "127.0.0.1", port: listener.address.port, token: new Uint8Array(32), lane: 0, handshakeMs: 100 }),
  );
  const { value: connection } = await connections.next();
  const error = await opening;
  connection!.close();
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "no answer in time");
});

Deno.test("more handshakes than allowed are refused, and the others still come in", () =>
  withServer(async ({ port, tokens, arrivals }) => {
    const idle = await Promise.all([dial({ host: "127.0.0.1", port }), dial({ host: "127.0.0.1", port })]);
    const error = await rejection(open(port, tokens.issue("early")));
    assertEquals(error.code, "refused");
    assertStringIncludes(error.message, "too many connections");
    for (const connection of idle) connection.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await open(port, tokens.issue("late"));
    assertEquals(arrivals, ["late/0"]);
  }, { maxHandshakes: 2 }));

Deno.test("a signal ends a handshake", async () => {
  using listener = listen();
  const connections = listener.connections();
  const controller = new AbortController();
  const { port } = listener.address;
  const options = { host: "127.0.0.1", port, token: new Uint8Array(32), lane: 0, signal: controller.signal };
  const opening = rejection(openLane(options));
  const { value: connection } = await connections.next();
  controller.abort();
  assertEquals((await opening).code, "interrupted");
  connection!.close();
});
