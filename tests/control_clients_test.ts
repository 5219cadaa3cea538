/** The daemon as clients see it that nobody of this project wrote: `@grpc/grpc-js`, `buf curl`, and plain HTTP. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { credentials, type GrpcObject, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { serveControl } from "../core/wire/control/server.ts";
import { BlitService, ErrorCode, ErrorDetailSchema, TransferResponseSchema } from "../proto/blit/v2/blit_pb.ts";
import { create, fromBinary } from "@bufbuild/protobuf";
import { startDaemon } from "./helpers/daemon.ts";
import { PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";

const { imports } = JSON.parse(Deno.readTextFileSync(`${PROJECT}/deno.json`));

// deno-lint-ignore no-explicit-any -- the types of this client are made at run time, from the definition
type Untyped = any;

/** A client whose messages are built from `blit.proto` itself, without our generated code. */
function createGrpcJsClient(port: number): Untyped {
  const definition = loadSync(`${PROJECT}/proto/blit/v2/blit.proto`, {
    includeDirs: [`${PROJECT}/proto`],
    longs: Number,
    enums: String,
  });
  const { blit } = loadPackageDefinition(definition) as GrpcObject as Untyped;
  return new blit.v2.BlitService(`127.0.0.1:${port}`, credentials.createInsecure());
}

function callUnary(client: Untyped, method: string, request: unknown): Promise<Untyped> {
  return new Promise((resolve, reject) =>
    client[method](request, (error: ServiceError | null, answer: unknown) => error ? reject(error) : resolve(answer))
  );
}

async function curl(protocol: string, port: number, method: string, request: unknown, http2 = true): Promise<Untyped> {
  const args = ["run", "--quiet", "-A", imports["@bufbuild/buf"], "curl", "--schema", "proto", "--protocol", protocol];
  const url = `http://127.0.0.1:${port}/blit.v2.BlitService/${method}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, ...(http2 ? ["--http2-prior-knowledge"] : []), "-d", JSON.stringify(request), url],
    cwd: PROJECT,
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout.length > 0 ? stdout : stderr));
}

function createFiles(scratch: Scratch, count: number): void {
  for (let i = 0; i < count; i++) Deno.writeTextFileSync(scratch.join(`file-${i}`), "x".repeat(i));
}

Deno.test("grpc-js asks a daemon: unary calls, a stream of many messages, typed errors", async () => {
  using scratch = new Scratch();
  createFiles(scratch, 1500);
  await using daemon = await startDaemon({ args: ["--root", scratch.path] });
  const client = createGrpcJsClient(daemon.port);
  try {
    assertEquals((await callUnary(client, "GetInfo", {})).protocolNumber, 1);
    assertEquals((await callUnary(client, "ListModules", {})).modules.length, 1);
    const { entry } = await callUnary(client, "Stat", { location: { path: [new TextEncoder().encode("file-7")] } });
    assertEquals([entry.kind, entry.sizeBytes, entry.name.toString()], ["ENTRY_KIND_FILE", 7, "file-7"]);

    const sizes = new Map<string, number>();
    let messages = 0;
    for await (const { entries } of client.List({ location: {} })) {
      messages++;
      for (const { name, sizeBytes } of entries) sizes.set(name.toString(), sizeBytes);
    }
    assertEquals([sizes.size, sizes.get("file-1499")], [1500, 1499]);
    assertEquals(messages > 5, true, "one message for everything is no stream");

    const error = await callUnary(client, "Stat", { location: { module: "nope" } }).catch((error) => error);
    // The server escapes more than grpc-js unescapes; the status details below have the plain sentence.
    assertEquals([error.code, decodeURIComponent(error.details)], [5, 'Cannot open module "nope": no such module']);
    const [status] = error.metadata.get("grpc-status-details-bin");
    assertStringIncludes(new TextDecoder().decode(status), "type.googleapis.com/blit.v2.ErrorDetail");
  } finally {
    client.close();
  }
});

Deno.test("grpc-js and the server exchange messages in both directions at once", async () => {
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      router.service(BlitService, {
        async *transfer(requests) {
          for await (const { message } of requests) {
            if (message.case === "frame") yield create(TransferResponseSchema, { message });
          }
        },
      }),
  });
  const client = createGrpcJsClient(server.port);
  try {
    const call = client.Transfer();
    const answers = call[Symbol.asyncIterator]();
    for (let i = 1; i <= 20; i++) {
      // Each is answered before the next is sent: neither direction waits for the other to end.
      call.write({ frame: { lane: i, data: new Uint8Array(1 << 20).fill(i) } });
      const { value: { frame } } = await answers.next();
      assertEquals([frame.lane, frame.data.length, frame.data[0], frame.data.at(-1)], [i, 1 << 20, i, i]);
    }
    call.end();
    assertEquals((await answers.next()).done, true);
  } finally {
    client.close();
    await server.close(0);
  }
});

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  Deno.test(`buf curl asks a daemon with ${protocol}`, async () => {
    using scratch = new Scratch();
    createFiles(scratch, 3);
    await using daemon = await startDaemon({ args: ["--root", scratch.path] });
    const versions = protocol === "grpc" ? [true] : [true, false];
    for (const http2 of versions) {
      const ask = (method: string, request: unknown) => curl(protocol, daemon.port, method, request, http2);
      assertEquals((await ask("GetInfo", {})).os, Deno.build.os);
      const { entries } = await ask("List", {});
      assertEquals(entries.map(({ name }: Untyped) => atob(name)).sort(), ["file-0", "file-1", "file-2"]);
      const error = await ask("Stat", { location: { path: [btoa("../etc")] } });
      assertEquals(error.code, "invalid_argument");
      const bytes = Uint8Array.from(atob(error.details[0].value), (character) => character.charCodeAt(0));
      assertEquals(fromBinary(ErrorDetailSchema, bytes).code, ErrorCode.INVALID_NAME);
    }
  });
}

Deno.test("a daemon answers a plain HTTP/1.1 request with JSON, and one for anything else with 404", async () => {
  using scratch = new Scratch();
  await using daemon = await startDaemon({ args: ["--root", scratch.path] });
  const url = `http://127.0.0.1:${daemon.port}`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/blit.v2.BlitService/ListModules`, { method: "POST", headers, body: "{}" });
  assertEquals([answer.status, await answer.json()], [200, { modules: [{}] }]);
  const other = await fetch(`${url}/etc/passwd`);
  assertEquals([other.status, await other.text()], [404, ""]);
});

Deno.test("a daemon answers calls it does not have with a status, not with silence", async () => {
  using scratch = new Scratch();
  await using daemon = await startDaemon({ args: ["--root", scratch.path] });
  const client = createGrpcJsClient(daemon.port);
  try {
    const { promise, resolve } = Promise.withResolvers<{ code: number }>();
    const nothing = () => Buffer.alloc(0);
    client.makeUnaryRequest("/blit.v2.BlitService/Prune", nothing, nothing, {}, resolve);
    assertEquals((await promise).code, 12);
  } finally {
    client.close();
  }
});
