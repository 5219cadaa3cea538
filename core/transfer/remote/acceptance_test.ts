import { assert, assertEquals, assertRejects } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { BlitService, GetInfoResponseSchema, Role } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import { openControl } from "../../wire/control/client.ts";
import { PROTOCOL_NUMBER } from "../../wire/control/protocol.ts";
import { serveControl } from "../../wire/control/server.ts";
import { Conversation } from "./conversation.ts";
import { delegate } from "./delegate.ts";
import { openMessage } from "./open_message.ts";

const ACCEPT_MS = 300;

/** A daemon that shakes hands and whose sessions never begin. Returns when whoever has asked has left. */
async function withSilent(test: (endpoint: RemoteEndpoint) => Promise<unknown>): Promise<void> {
  const left = Promise.withResolvers<void>();
  // deno-lint-ignore require-yield -- it never answers
  async function* silent(_: unknown, { signal }: { signal: AbortSignal }): AsyncGenerator<never> {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    left.resolve();
  }
  const server = await serveControl({
    hostname: "127.0.0.1",
    port: 0,
    routes: (router) =>
      router.service(BlitService, {
        getInfo: () => create(GetInfoResponseSchema, { protocolNumber: PROTOCOL_NUMBER }),
        transfer: silent,
        delegate: silent,
      }),
  });
  const { port } = server;
  const start = performance.now();
  const error = await assertRejects(
    () => test({ kind: "remote", host: "127.0.0.1", port, module: "m", path: "", trailingSlash: true }),
    BlitError,
  );
  assert(performance.now() - start >= ACCEPT_MS, "it did not wait");
  assertEquals(
    [error.code, error.message],
    ["unreachable", `Cannot begin at "127.0.0.1:${port}": it has not accepted within 0.3 s`],
  );
  await left.promise;
  await server.close(0);
}

Deno.test("a transfer is given up that a daemon does not accept", async () => {
  await withSilent(async (endpoint) => {
    using control = await openControl({ host: endpoint.host, port: endpoint.port });
    const open = openMessage(endpoint, { verb: "copy", role: Role.PULL, options: {} });
    await Conversation.open(control, open, { signal: undefined, onEvent: () => {}, acceptMs: ACCEPT_MS });
  });
});

Deno.test("a transfer from server to server is given up that the destination does not accept", async () => {
  await withSilent(async (destination) => {
    const source: RemoteEndpoint = { ...destination, host: "127.0.0.2" };
    const request = { verb: "copy", source: "a", destination: "b", options: {} } as const;
    await delegate(request, { source, destination }, () => {}, { acceptMs: ACCEPT_MS });
  });
});
