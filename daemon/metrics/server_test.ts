import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { judgeRequest } from "./http.ts";
import type { Metrics } from "./registry.ts";
import { MetricsServer } from "./server.ts";

const METRICS: Metrics = { contentType: "text/x", render: () => Promise.resolve("a 1\n") };

async function withServer(connectionMs: number, use: (port: number) => Promise<void>): Promise<void> {
  const server = new MetricsServer({ hostname: "127.0.0.1", port: 0 }, METRICS, { connectionMs });
  try {
    await use(server.address.port);
  } finally {
    server.close();
  }
}

/** Everything that is answered to these pieces of a request. */
async function ask(port: number, ...pieces: string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const piece of pieces) await connection.write(new TextEncoder().encode(piece));
  return await readAll(connection);
}

async function readAll(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
}

Deno.test("judgeRequest() allows GET of one path, for names of this machine where only it can ask", () => {
  const status = (head: string, isLoopback = true) => judgeRequest(head.replaceAll("\n", "\r\n"), isLoopback).status;
  for (const host of ["localhost", "LOCALHOST:9032", "127.0.0.1:9032", "127.9.9.9", "[::1]:9032", "[::1]"]) {
    assertEquals(status(`GET /metrics HTTP/1.1\nHost: ${host}`), 200, host);
  }
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "192.0.2.1", "", "a b"]) {
    assertEquals(status(`GET /metrics HTTP/1.1\nHost: ${host}`), 403, host);
  }
  assertEquals(status("GET /metrics HTTP/1.1\nHost: nas.lan:9032", false), 200);
  assertEquals(status("GET /metrics?x=1 HTTP/1.1\nhost:localhost"), 200);
  assertEquals(status("GET /metrics HTTP/1.0"), 200);
  assertEquals(status("GET /metrics HTTP/1.1"), 400);
  assertEquals(status("GET /metrics HTTP/1.1\nHost: localhost\nHost: evil.example"), 400);
  assertEquals(status("POST /metrics HTTP/1.1\nHost: localhost"), 405);
  for (const path of ["/", "/metrics/", "/metrics/x", "//metrics", "http://localhost/metrics"]) {
    assertEquals(status(`GET ${path} HTTP/1.1\nHost: localhost`), 404, path);
  }
  for (const line of ["", "GET", "GET /metrics", "GET /metrics HTTP/2.0", "get /metrics HTTP/1.1", "\x16\x03\x01"]) {
    assertEquals(status(`${line}\nHost: localhost`), 400, line);
  }
});

Deno.test("MetricsServer answers a request in pieces, and ends the connection", async () => {
  await withServer(5000, async (port) => {
    const answer = await ask(port, "GET /met", "rics HTTP/1.1\r\nHost: localhost\r", "\n\r\n");
    const [head, body] = answer.split("\r\n\r\n");
    assertEquals(body, "a 1\n");
    assertEquals(head.split("\r\n").slice(0, 3), ["HTTP/1.1 200 OK", "Content-Type: text/x", "Content-Length: 4"]);
    assertEquals((await ask(port, "nonsense\r\n\r\n")).split("\r\n")[0], "HTTP/1.1 400 Bad Request");
    const [whole, ...none] = (await ask(port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).split("\r\n\r\n");
    assertEquals([whole, none], [head, [""]]);
    const missing = await ask(port, "HEAD /nope HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals([missing.split("\r\n")[0], missing.endsWith("\r\n\r\n")], ["HTTP/1.1 404 Not Found", true]);
    const long = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}`;
    assertEquals((await ask(port, long)).split("\r\n")[0], "HTTP/1.1 431 Request Header Fields Too Large");
  });
});

Deno.test("MetricsServer cuts off whoever says nothing, trickles, or has no end", async () => {
  await withServer(300, async (port) => {
    assertEquals(await ask(port), "");
    using slow = await Deno.connect({ hostname: "127.0.0.1", port });
    let cut = false;
    const reading = readAll(slow).then(() => cut = true);
    for (let i = 0; i < 200 && !cut; i++) {
      await slow.write(new TextEncoder().encode("x")).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await reading;
    assertEquals(cut, true);
  });
});

Deno.test("MetricsServer has a bound on connections, and goes on when they have gone", async () => {
  await withServer(60_000, async (port) => {
    const idle = await Promise.all(
      Array.from({ length: 16 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
    );
    assertEquals(await ask(port), "");
    for (const connection of idle) connection.close();
    const request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = "";
    // That they have gone is noticed in its time.
    for (let i = 0; i < 500 && answer === ""; i++) {
      answer = await ask(port, request).catch(() => "");
      if (answer === "") await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(answer.endsWith("a 1\n"), true, answer);
  });
});

Deno.test("MetricsServer says which key is wrong where it cannot listen", async () => {
  await withServer(5000, (port) => {
    const error = assertThrows(() => new MetricsServer({ hostname: "127.0.0.1", port }, METRICS), BlitError);
    assertEquals([error.code, error.message], [
      "refused",
      `Cannot serve metrics: Cannot listen on "127.0.0.1:${port}": the port is in use`,
    ]);
    assertEquals(error.hint, 'It is the key "metrics" of [daemon] in the configuration');
    return Promise.resolve();
  });
});
