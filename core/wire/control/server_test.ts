import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { connect as connectHttp2 } from "node:http2";
import { BlitService, GetInfoResponseSchema, ListResponseSchema } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import { connectControl, type ControlClient } from "./client.ts";
import { CONTROL_LIMITS, type ControlLimits } from "./limits.ts";
import type { ControlListener } from "./listen.ts";
import { PROTOCOL_NUMBER } from "./protocol.ts";
import { PEER, serveControl } from "./server.ts";

interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly listener: ControlListener;
  /** Reasons for which connections were cut off. */
  readonly cuts: string[];
  readonly defects: string[];
}

const NAME = new TextEncoder().encode("a-name-of-usual-length.txt");

/** Answers `List` with as many batches as its module's name says; `Stat` throws. */
async function serve(limits: Partial<ControlLimits> = {}): Promise<TestServer> {
  const cuts: string[] = [];
  const defects: string[] = [];
  const listener = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    limits: { ...CONTROL_LIMITS, ...limits },
    onCut: (_, reason) => cuts.push(reason),
    onDefect: (call, error) => defects.push(`${call}: ${error instanceof Error ? error.message : error}`),
    routes: (router) =>
      router.service(BlitService, {
        getInfo: (_, { values }) =>
          create(GetInfoResponseSchema, { protocolNumber: PROTOCOL_NUMBER, motd: values.get(PEER).address }),
        async *list({ location }) {
          if (location?.module === "silent") await new Promise((resolve) => setTimeout(resolve, 60_000));
          const entries = Array.from({ length: 1000 }, () => ({ name: NAME }));
          for (let i = 0; i < Number(location?.module); i++) yield create(ListResponseSchema, { entries });
        },
        stat({ location }) {
          if (location?.module === "defect") throw new Error("secret: /etc/shadow");
          throw new BlitError("read-only", 'Cannot write: module "x" is read-only', { hint: "Ask its owner" });
        },
      }),
  });
  return { port: listener.port, listener, cuts, defects, [Symbol.asyncDispose]: () => listener.close(0) };
}

function connect(port: number, answerMs = 10_000): Promise<ControlClient> {
  return connectControl({ host: "127.0.0.1", port, limits: { lookupMs: 5000, connectMs: 5000, answerMs } });
}

/** Waits until the server has no connection left; fails after 5 s. */
async function untilQuiet({ listener }: TestServer): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (listener.connections.size === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${listener.connections.size} connections stay`);
}

/** Reads until the server closes the connection; the time that took. */
async function untilClosed(connection: Deno.Conn): Promise<number> {
  const start = performance.now();
  const buffer = new Uint8Array(65_536);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // a reset is an end as well
  }
  return performance.now() - start;
}

const encode = (text: string) => new TextEncoder().encode(text);
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

Deno.test("serveControl() tells its functions who asks", async () => {
  await using server = await serve();
  using client = await connect(server.port);
  assertEquals(client.info.motd, "127.0.0.1");
});

Deno.test("serveControl() hands the reason of an error to the client: code, sentence and hint", async () => {
  await using server = await serve();
  using client = await connect(server.port);
  const error = await assertRejects(() => client.stat({ module: "x", path: [] }), BlitError);
  assertEquals([error.code, error.message, error.hint], [
    "read-only",
    'Cannot write: module "x" is read-only',
    "Ask its owner",
  ]);
});

Deno.test("serveControl() keeps the details of a defect to itself", async () => {
  await using server = await serve();
  using client = await connect(server.port);
  const error = await assertRejects(() => client.stat({ module: "defect", path: [] }), BlitError);
  assertEquals([error.code, error.message], ["internal", "Cannot answer Stat: a defect of the daemon"]);
  assertEquals(server.defects, ["Stat: secret: /etc/shadow"]);
});

Deno.test("serveControl() cuts off a connection that never asks, whatever it trickles", async () => {
  await using server = await serve({ firstCallMs: 700 });
  for (const text of ["", "P", PREFACE, "POST / HTTP/1.1\r\nHost: a\r\nX: "]) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    let open = true;
    const trickle = (async () => {
      for (const byte of encode(text)) {
        if (!open) return;
        await connection.write(new Uint8Array([byte])).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    })();
    const elapsed = await untilClosed(connection);
    open = false;
    await trickle;
    assertEquals(elapsed > 500 && elapsed < 3000, true, `${JSON.stringify(text)} is closed after ${elapsed} ms`);
  }
  assertEquals(server.cuts, Array(4).fill("it asks for nothing"));
  await untilQuiet(server);
});

Deno.test("serveControl() cuts off a request that does not end", async () => {
  await using server = await serve({ requestMs: 700 });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const head = "POST /blit.v2.BlitService/GetInfo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  await connection.write(encode(`${head}Content-Length: 100\r\n\r\n{`));
  const trickle = setInterval(() => connection.write(encode(" ")).catch(() => {}), 100);
  const elapsed = await untilClosed(connection);
  clearInterval(trickle);
  assertEquals(elapsed < 3000, true);
  assertEquals(server.cuts, ["its request does not end"]);
});

Deno.test("serveControl() cuts off a connection without a call after a while, not before", async () => {
  await using server = await serve({ firstCallMs: 300, idleMs: 1500 });
  using client = await connect(server.port);
  await new Promise((resolve) => setTimeout(resolve, 900));
  assertEquals(await client.listModules().catch((error) => error.code), "unsupported");
  assertEquals(server.cuts, []);
  await untilQuiet(server);
  assertEquals(server.cuts, ["it asks for nothing"]);
  const error = await assertRejects(() => client.getInfo(), BlitError);
  assertEquals(error.code, "unreachable");
});

Deno.test("serveControl() cuts off a client that does not read its answers, and not one that reads slowly", async () => {
  await using server = await serve({ drainMs: 800, silenceMs: 60_000 });
  const session = connectHttp2(`http://127.0.0.1:${server.port}`);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": "/blit.v2.BlitService/List",
    "content-type": "application/connect+json",
    "connect-protocol-version": "1",
  });
  stream.on("error", () => {});
  const body = encode(JSON.stringify({ location: { module: "10000" } }));
  stream.end(new Uint8Array([0, 0, 0, 0, body.length, ...body]));
  stream.once("response", () => stream.pause());
  // It stays alive otherwise: answers to pings are no sign that it reads.
  const pings = setInterval(() => session.destroyed || session.ping(() => {}), 100);
  await new Promise((resolve) => session.once("close", resolve));
  clearInterval(pings);
  assertEquals(server.cuts, ["it does not read its answers"]);

  using client = await connect(server.port);
  let batches = 0;
  for await (const _ of client.list({ module: "30", path: [] })) {
    batches++;
    await new Promise((resolve) => setTimeout(resolve, 100)); // 3 s in all, more than three times the limit
  }
  assertEquals(batches, 30);
});

Deno.test("serveControl() accepts a bounded number of connections, and new ones when some have gone", async () => {
  await using server = await serve({ connections: 3 });
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(server.port)));
  const error = await assertRejects(() => connect(server.port), BlitError);
  assertEquals(error.code, "unreachable");
  assertEquals(server.cuts, ["too many connections"]);
  for (const client of clients) client.close();
  await untilQuiet(server);
  using _client = await connect(server.port);
});

Deno.test("serveControl() refuses a message over the limit with a status and lives on", async () => {
  await using server = await serve();
  const url = `http://127.0.0.1:${server.port}/blit.v2.BlitService/GetInfo`;
  const headers = { "content-type": "application/json" };
  const body = `{"protocolNumber": 1, "x": "${"y".repeat(2 << 20)}"}`;
  const answer = await fetch(url, { method: "POST", headers, body });
  assertStringIncludes(await answer.text(), "resource_exhausted");
  using client = await connect(server.port);
  await client.getInfo();
});

Deno.test("serveControl() lives through what is no HTTP at all, and through requests that make no sense", async () => {
  await using server = await serve();
  const hostile = [
    crypto.getRandomValues(new Uint8Array(4096)),
    encode("GET / HTTP/1.0\r\n\r\n"),
    encode("POST /blit.v2.BlitService/GetInfo HTTP/1.0\r\n\r\n"),
    encode("POST /blit.v2.BlitService/GetInfo HTTP/1.1\r\nHost: [::bad\r\nContent-Type: application/json\r\n\r\n"),
    encode("POST //[ HTTP/1.1\r\nHost: a\r\n\r\n"),
    encode("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    encode(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(100_000)}\r\n\r\n`),
    encode(`${PREFACE}garbage that is no frame at all, and more of it`),
    encode(`${PREFACE}\xff\xff\xff\xff\xff\xff\xff\xff\xff`),
    encode(
      "POST /blit.v2.BlitService/List HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    ),
  ];
  for (const bytes of hostile) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new Uint8Array(bytes)).catch(() => {});
    await connection.closeWrite().catch(() => {});
    await untilClosed(connection);
  }
  using client = await connect(server.port);
  await client.getInfo();
  assertEquals(server.defects, []);
  client.close();
  await untilQuiet(server);
});

Deno.test("connectControl() gives a call up when its answer does not come, and on its signal", async () => {
  await using server = await serve();
  using client = await connect(server.port, 400);
  const late = await assertRejects(() => Array.fromAsync(client.list({ module: "silent", path: [] })), BlitError);
  assertEquals([late.code, late.message], [
    "unreachable",
    `Cannot reach "127.0.0.1:${server.port}": no answer in time`,
  ]);
  const signal = AbortSignal.timeout(100);
  const stopped = await assertRejects(
    () => Array.fromAsync(client.list({ module: "silent", path: [] }, { signal })),
    BlitError,
  );
  assertEquals(stopped.code, "interrupted");
});

Deno.test("serveControl() ends calls under way when it closes, with a reason", async () => {
  const server = await serve();
  using client = await connect(server.port);
  const listing = assertRejects(() => Array.fromAsync(client.list({ module: "silent", path: [] })), BlitError);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = performance.now();
  await server.listener.close(200);
  assertEquals(performance.now() - start < 3000, true);
  assertEquals((await listing).code, "unreachable");
});

/** A request over HTTP/1.1 by hand: what a browser sends, `fetch` does not. Resolves with status line and headers, and body. */
async function askPlainly(port: number, method: string, path: string, headers: string[]): Promise<[string, string]> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const body = method === "POST" ? "{}" : "";
  const lines = [`${method} ${path} HTTP/1.1`, "Connection: close", `Content-Length: ${body.length}`, ...headers];
  await connection.write(encode(`${lines.join("\r\n")}\r\n\r\n${body}`));
  const [head, ...rest] = (await new Response(connection.readable).text()).split("\r\n\r\n");
  return [head, rest.join("\r\n\r\n")];
}

Deno.test("serveControl() answers no web page, whatever name the daemon's address was given", async () => {
  await using server = await serve();
  const call = "/blit.v2.BlitService/GetInfo";
  const json = "Content-Type: application/json";
  const get = `${call}?connect=v1&encoding=json&message=%7B%7D`;
  const [accepted, info] = await askPlainly(server.port, "POST", call, ["Host: nas:9031", json]);
  assertEquals([accepted.split(" ")[1], info.includes("protocolNumber")], ["200", true]);
  const pages: [expected: string, method: string, path: string, headers: string[]][] = [
    ["403", "POST", call, ["Host: evil.example:9031", "Origin: http://evil.example:9031", json]],
    ["403", "POST", call, ["Host: 127.0.0.1:9031", "Origin: null", json]],
    ["403", "POST", call, ["Host: 127.0.0.1:9031", "Sec-Fetch-Site: cross-site", json]],
    // The same page asks by GET, in which no origin is told, or asks whether it may ask.
    ["405", "GET", get, ["Host: evil.example:9031"]],
    ["403", "OPTIONS", call, ["Host: a", "Origin: http://evil.example", "Access-Control-Request-Method: POST"]],
  ];
  for (const [expected, method, path, headers] of pages) {
    const [head, body] = await askPlainly(server.port, method, path, headers);
    assertEquals(head.split(" ")[1], expected, `${method} ${headers}`);
    assertEquals([body.includes("protocolNumber"), /access-control/i.test(head)], [false, false]);
  }
});

Deno.test("serveControl() answers no web page over HTTP/2 either", async () => {
  await using server = await serve();
  const session = connectHttp2(`http://127.0.0.1:${server.port}`);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": "/blit.v2.BlitService/GetInfo",
      "content-type": "application/json",
      "origin": "http://evil.example",
    });
    const status = new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    stream.end("{}");
    assertEquals(await status, 403);
    stream.resume();
  } finally {
    session.close();
  }
});

Deno.test("serveControl() keeps nothing of connections that end before they have said what they are", async () => {
  const server = await serveControl({ hostname: "127.0.0.1", port: 0, routes: () => {} });
  const started = performance.now();
  for (const start of ["", "P", "BL", "PRI", "GET"]) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode(start));
    await connection.closeWrite();
    while (await connection.read(new Uint8Array(1000)).catch(() => null) !== null);
  }
  for (let i = 0; i < 100 && server.connections.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(server.connections.size, 0);
  assertEquals(performance.now() - started < 5000, true); // not by being cut off after a while
  await server.close(0);
});
