import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { rejection } from "./_testing.ts";
import { dial, listen } from "./connect.ts";

Deno.test("dial() says that nobody listens", async () => {
  const listener = listen();
  const { port } = listener.address;
  listener.close();
  const error = await rejection(dial({ host: "127.0.0.1", port }));
  assertEquals(error.code, "unreachable");
  assertEquals(error.message, `Cannot reach "127.0.0.1:${port}": connection refused`);
});

Deno.test("dial() tries all addresses of a name", async () => {
  using listener = listen({ hostname: "127.0.0.1" });
  // On most machines "localhost" is ::1 first, where nobody listens.
  const connection = await dial({ host: "localhost", port: listener.address.port });
  assertEquals(connection.remoteAddr.hostname, "127.0.0.1");
  connection.close();
});

Deno.test("dial() says that a name is unknown, in time", async () => {
  const error = await rejection(dial({ host: "no-such-host.invalid", port: 1, timeoutMs: 3000 }));
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, 'Cannot reach "no-such-host.invalid:1": ');
});

Deno.test("dial() gives up in time on a port that does not answer", async () => {
  // A queue of connections that nobody accepts is full at some time; from then on the system drops what comes.
  using listener = listen();
  const { port } = listener.address;
  const attempts = Array.from({ length: 1500 }, () => dial({ host: "127.0.0.1", port, timeoutMs: 500 }));
  const results = await Promise.allSettled(attempts);
  for (const result of results) if (result.status === "fulfilled") result.value.close();
  const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  assert(errors.length > 0);
  assert(errors.every((error) => error instanceof BlitError && error.code === "unreachable"));
});

Deno.test("dial() stops at a signal, also at one that was raised before", async () => {
  using listener = listen();
  const options = { host: "127.0.0.1", port: listener.address.port, signal: AbortSignal.abort() };
  assertEquals((await rejection(dial(options))).code, "interrupted");
});

Deno.test("listen() takes the first free port of a range", () => {
  using first = listen();
  const { port } = first.address;
  if (port > 65_000) return;
  using second = listen({ port, lastPort: port + 200 });
  assert(second.address.port > port);
  const error = assertThrows(() => listen({ port }), BlitError);
  assertEquals(error.code, "refused");
  assertEquals(error.message, `Cannot listen on "127.0.0.1:${port}": the port is in use`);
});

Deno.test("listen() refuses an address that is not ours", () => {
  assertEquals(assertThrows(() => listen({ hostname: "192.0.2.1" }), BlitError).code, "usage");
});

Deno.test("Listener ends its connections when it is closed", async () => {
  const listener = listen();
  const ending = listener.connections().next();
  listener.close();
  listener.close();
  assertEquals((await ending).done, true);
});
