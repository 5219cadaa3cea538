/**
 * How long a push waits for the daemon's end: from when everything was sent, however long that took.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BlitError } from "../mod.ts";
import { push } from "../core/transfer/remote/push.ts";
import type { TransferRequest } from "../core/transfer/run/orchestrator.ts";
import { assert, assertEquals, assertStringIncludes } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { assertComplete } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { freePort, Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { buildTree, file } from "./helpers/tree.ts";

/** How long the daemon may take for its end here, in milliseconds; elsewhere ten minutes. */
const END_MS = 1500;

/** The module `m` of a server. */
function endpointAt(host: string, port: number) {
  return { kind: "remote", host, port, module: "m", path: "", trailingSlash: true } as const;
}

testWhere(["linux"], "a push may take longer than its daemon for the end, while it sends", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": file("0123456789".repeat(300_000)), "b": file("1") });
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module } });
  await using relay = new Relay(server.daemon.port, { bytesPerSecond: 1_000_000, onlyCalls: true });
  const options = { forceGrpc: true }; // all of it goes through the relay
  const request: TransferRequest = { verb: "copy", source: `${source}/`, destination: "m", options };
  const start = performance.now();
  const summary = await push(request, endpointAt(RELAY_ADDRESS, relay.port), () => {}, { endMs: END_MS });
  const took = performance.now() - start;
  assertComplete(summary);
  assertSameTree(module, source, { basic: true });
  assert(took > 2 * END_MS, `it took only ${took} ms`);
});

testWhere(["linux"], "a push does not wait for ever for the end, once everything is sent", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const root = scratch.directory("root");
  const dataPort = freePort();
  Deno.writeTextFileSync(scratch.join("daemon.toml"), `[daemon]\nroot = "root"\ndata_port = ${dataPort}\n`);
  await using daemon = await startDaemon({ args: ["--config", scratch.join("daemon.toml")] });
  await using control = new Relay(daemon.port);
  await using data = new Relay(dataPort, { port: dataPort });
  data.watch(1, () => control.hold()); // so the end will not be heard
  const endpoint = { ...endpointAt(RELAY_ADDRESS, control.port), module: undefined };
  const request: TransferRequest = { verb: "copy", source: `${source}/`, destination: "root", options: {} };
  const start = performance.now();
  const error = await assertRejects(() => push(request, endpoint, () => {}, { endMs: END_MS }), BlitError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "it has ended without a summary");
  assert(performance.now() - start >= END_MS, "it did not wait");
  assertSameTree(root, source, { basic: true });
});
