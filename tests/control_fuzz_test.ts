/** Random, truncated, mutated and reordered frames of HTTP/2, to a daemon that uses freed memory at its peril. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { connectControl } from "../core/wire/control/client.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { Scratch } from "./helpers/scratch.ts";

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const CONNECTIONS = Number(Deno.env.get("BLIT_FUZZ") ?? 0) * 50 || 600;

function frame(type: number, flags: number, stream: number, payload: Uint8Array, length = payload.length): Uint8Array {
  const head = [length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream];
  return concat([Uint8Array.from(head), payload]);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** A header as a literal without indexing (RFC 7541, 6.2.2). */
function header(name: string, value: string): Uint8Array {
  const encoder = new TextEncoder();
  const [n, v] = [encoder.encode(name), encoder.encode(value)];
  return concat([Uint8Array.of(0, n.length), n, Uint8Array.of(v.length), v]);
}

/** The headers and the body of a call as gRPC has it. */
function call(method: string, stream: number, body: Uint8Array): Uint8Array[] {
  const headers = [
    header(":method", "POST"),
    header(":scheme", "http"),
    header(":authority", "localhost"),
    header(":path", `/blit.v2.BlitService/${method}`),
    header("content-type", "application/grpc"),
    header("te", "trailers"),
  ];
  const message = concat([Uint8Array.of(0, 0, 0, 0, body.length), body]);
  return [frame(1, 4, stream, concat(headers)), frame(0, 1, stream, message)];
}

const stream = fc.oneof(fc.constantFrom(0, 1, 3, 5, 7, 2), fc.nat(0x7fffffff));
const payload = fc.uint8Array({ maxLength: 64 });
const method = fc.constantFrom("GetInfo", "ListModules", "List", "Stat", "Transfer", "Subscribe", "Nothing");

const frames = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(method, fc.constantFrom(1, 3, 5, 7), payload).map(([m, s, p]) => call(m, s, p)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(10), fc.nat(255), stream, payload).map(([t, f, s, p]) => [frame(t, f, s, p)]),
  },
  // Well-formed: settings, reset, ping, goodbye, window.
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      [frame(4, 0, 0, new Uint8Array(0))],
      [frame(3, 0, 1, Uint8Array.of(0, 0, 0, 8))],
      [frame(6, 0, 0, new Uint8Array(8))],
      [frame(7, 0, 0, new Uint8Array(8))],
      [frame(7, 0, 0, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2))],
      [frame(8, 0, 0, Uint8Array.of(0x7f, 255, 255, 255))],
    ),
  },
  { weight: 1, arbitrary: fc.tuple(payload, fc.nat(0xffffff)).map(([p, length]) => [frame(0, 0, 1, p, length)]) },
);

const conversation = fc.record({
  frames: fc.array(frames, { minLength: 1, maxLength: 12 }).map((groups) => groups.flat()),
  cutAt: fc.option(fc.nat(400)),
  flips: fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 2 }),
  shuffle: fc.boolean(),
  waitMs: fc.constantFrom(0, 0, 1, 5),
});

Deno.test("a daemon survives whatever HTTP/2 a peer makes up", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.join("a.txt"), "abc");
  const args = ["--root", scratch.path];
  await using daemon = await startDaemon({ args, env: { MALLOC_PERTURB_: "165" } });
  const ask = fc.asyncProperty(conversation, async ({ frames, cutAt, flips, shuffle, waitMs }) => {
    const body = concat(shuffle ? frames.toReversed() : frames);
    for (const [at, mask] of flips) if (body.length > 0) body[at % body.length] ^= mask;
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: daemon.port });
    const opening = frame(4, 0, 0, new Uint8Array(0));
    await connection.write(concat([PREFACE, opening, body.subarray(0, cutAt ?? body.length)])).catch(() => {});
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  });
  await fc.assert(ask, {
    numRuns: CONNECTIONS,
    ...(Deno.env.has("BLIT_FUZZ") ? {} : { seed: 4711 }),
    endOnFailure: true,
  });
  using client = await connectControl({ host: "127.0.0.1", port: daemon.port });
  assertEquals((await client.listModules()).length, 1);
  assertEquals(daemon.log.filter(({ level }) => level === "error" || level === "fatal"), []);
  if (Deno.build.os !== "windows") assertEquals(await daemon.stop(), 0); // there it is ended, not asked to end
});
