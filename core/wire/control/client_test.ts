import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import {
  BlitService,
  EntryKind,
  GetInfoResponseSchema,
  ListResponseSchema,
  StatResponseSchema,
} from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError } from "../../errors.ts";
import { connectControl, type ControlClient, openControl } from "./client.ts";
import { PROTOCOL_NUMBER } from "./protocol.ts";
import { serveControl } from "./server.ts";

const LIMITS = { lookupMs: 1000, connectMs: 1000, answerMs: 800 };

function connect(port: number, host = "127.0.0.1"): Promise<ControlClient> {
  return connectControl({ host, port, limits: LIMITS });
}

function portOf(listener: Deno.Listener): number {
  return (listener.addr as Deno.NetAddr).port;
}

/** A port where this happens to every connection. */
function listenRaw(onConnection: (connection: Deno.Conn) => unknown): Deno.Listener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of listener) await onConnection(connection);
  })();
  return listener;
}

async function assertFails(attempt: Promise<unknown>, code: string, message: string): Promise<BlitError> {
  const error = await assertRejects(() => attempt, BlitError);
  assertEquals([error.code, error.message], [code, message]);
  return error;
}

Deno.test("connectControl() says who refuses, and that nobody has the name", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = portOf(listener);
  listener.close();
  const error = await assertFails(
    connect(port),
    "unreachable",
    `Cannot reach "127.0.0.1:${port}": connection refused`,
  );
  assertStringIncludes(error.hint ?? "", "Is blit-daemon running there");
  await assertFails(
    connect(9031, "no-such-host.invalid"),
    "unreachable",
    'Cannot reach "no-such-host.invalid": its name has no address',
  );
});

Deno.test("connectControl() gives up on a server that accepts and says nothing", async () => {
  const connections: Deno.Conn[] = [];
  using listener = listenRaw((connection) => connections.push(connection));
  const start = performance.now();
  const port = portOf(listener);
  await assertFails(connect(port), "unreachable", `Cannot reach "127.0.0.1:${port}": no answer in time`);
  assertEquals(performance.now() - start < 2000, true);
  for (const connection of connections) connection.close();
});

Deno.test("connectControl() tells a server that hangs up from one that is no daemon", async () => {
  using hangsUp = listenRaw((connection) => connection.close());
  const port = portOf(hangsUp);
  const lost = `Cannot reach "127.0.0.1:${port}": the connection was lost`;
  assertStringIncludes((await assertFails(connect(port), "unreachable", lost)).hint ?? "", "Is the port right?");
  const connections: Deno.Conn[] = [];
  using other = listenRaw(async (connection) => {
    connections.push(connection);
    await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.9\r\n"));
  });
  const otherPort = portOf(other);
  await assertFails(
    connect(otherPort),
    "protocol",
    `Cannot use "127.0.0.1:${otherPort}": what answers there is not a Blit daemon`,
  );
  for (const connection of connections) connection.close();
});

Deno.test("connectControl() stops when its signal aborts", async () => {
  const connections: Deno.Conn[] = [];
  using listener = listenRaw((connection) => connections.push(connection));
  const signal = AbortSignal.timeout(50);
  const error = await assertRejects(
    () => connectControl({ host: "127.0.0.1", port: portOf(listener), signal }),
    BlitError,
  );
  assertEquals(error.code, "interrupted");
  for (const connection of connections) connection.close();
});

Deno.test("connectControl() names both protocol numbers and what to do when they differ", async () => {
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      router.service(BlitService, {
        getInfo: () => create(GetInfoResponseSchema, { protocolNumber: 4711, programVersion: "9.8.7" }),
      }),
  });
  const error = await assertFails(
    connect(server.port),
    "protocol",
    `Cannot use "127.0.0.1:${server.port}": it speaks protocol 4711, this program speaks ${PROTOCOL_NUMBER}`,
  );
  assertStringIncludes(error.hint ?? "", "Update the older of the two: Blit 9.8.7 is there");
  await server.close(0);
});

Deno.test("openControl() lets calls go out before the daemon has said who it is, and believes none that speaks otherwise", async () => {
  let protocolNumber = PROTOCOL_NUMBER;
  let asked = Promise.withResolvers<void>();
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      router.service(BlitService, {
        async getInfo() {
          await asked.promise;
          return create(GetInfoResponseSchema, { protocolNumber });
        },
        stat: () => {
          asked.resolve();
          const entry = { name: new TextEncoder().encode("a"), kind: EntryKind.FILE };
          return create(StatResponseSchema, { entry });
        },
      }),
  });
  const stat = async (): Promise<string> => {
    using client = await openControl({ host: "127.0.0.1", port: server.port, limits: LIMITS });
    return (await client.stat({ module: "m", path: [] })).name;
  };
  assertEquals(await stat(), "a");
  [asked, protocolNumber] = [Promise.withResolvers<void>(), 4711];
  const numbers = `it speaks protocol 4711, this program speaks ${PROTOCOL_NUMBER}`;
  await assertFails(stat(), "protocol", `Cannot use "127.0.0.1:${server.port}": ${numbers}`);
  await server.close(0);
});

Deno.test("ControlClient trusts no name that a server lists", async () => {
  let name = "";
  const entry = () => ({ name: new TextEncoder().encode(name), kind: EntryKind.FILE });
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      router.service(BlitService, {
        getInfo: () => create(GetInfoResponseSchema, { protocolNumber: PROTOCOL_NUMBER }),
        async *list() {
          yield await Promise.resolve(create(ListResponseSchema, { entries: [entry()] }));
        },
        stat: () => create(StatResponseSchema, name === "" ? {} : { entry: entry() }),
      }),
  });
  const client = await connect(server.port);
  const place = { module: undefined, path: [] };
  for (name of ["..", "../x", "/etc/passwd", "a\0b"]) {
    const message = `Cannot trust "127.0.0.1:${server.port}": it lists an impossible name`;
    await assertFails(Array.fromAsync(client.list(place)), "protocol", message);
    await assertFails(client.stat(place), "protocol", message);
  }
  name = "";
  await assertRejects(() => client.stat(place), BlitError, "it answers with nothing");
  client.close();
  await server.close(0);
});
