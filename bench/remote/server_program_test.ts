import assert from "node:assert/strict";
import { findFreePorts, SERVER_ADDRESS } from "./ports.ts";
import { ServerProgram } from "./server_program.ts";

const ignore = Deno.build.os !== "linux";

/** A server that works for a while on each connection. */
function busyServer(port: number): { program: string; args: string[] } {
  const script = `
    console.error("x".repeat(200_000)); // more than a pipe holds
    for await (const connection of Deno.listen({ hostname: "${SERVER_ADDRESS}", port: ${port} })) {
      for (let i = 0, sum = 0; i < 2e8; i++) sum += i % 7;
      connection.close();
    }`;
  return { program: Deno.execPath(), args: ["eval", script] };
}

Deno.test({
  name: "ServerProgram waits until it is reachable, counts work that goes on after the client, and ends",
  ignore,
  async fn() {
    const port = findFreePorts(1);
    const listens = [{ hostname: SERVER_ADDRESS, port }];
    {
      await using server = await ServerProgram.start(busyServer(port), { listens });
      const beforeMs = await server.readIdleCpuMs();
      (await Deno.connect(listens[0])).close();
      const usedMs = await server.readIdleCpuMs() - beforeMs;
      assert.ok(usedMs >= 30, `${usedMs} ms`);
    }
    await assert.rejects(Deno.connect(listens[0]), Deno.errors.ConnectionRefused);
  },
});

Deno.test({
  name: "ServerProgram.start() tells why a server cannot be started",
  ignore,
  async fn() {
    const listens = [{ hostname: SERVER_ADDRESS, port: findFreePorts(1) }];
    const failing = { program: "sh", args: ["-c", "echo no such module >&2; exit 3"] };
    await assert.rejects(ServerProgram.start(failing, { listens }), /no such module/);
    const missing = { program: "no-such-program", args: [] };
    await assert.rejects(ServerProgram.start(missing, { listens }), /Cannot run no-such-program: it is not installed/);
    const silent = { program: "sleep", args: ["60"] };
    const signal = AbortSignal.timeout(100);
    await assert.rejects(ServerProgram.start(silent, { listens, signal }), { name: "TimeoutError" });
  },
});
