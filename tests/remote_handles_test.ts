/**
 * However many directories wait for answers, few of them are open.
 *
 * @module
 */

import { copy } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { openBelow } from "./helpers/usage.ts";

const DIRECTORIES = 500;
/** Those that are kept for contents, and those that are being listed or finished. */
const MOST_OPEN = 64 + 16;

testWhere(
  ["linux", "native"],
  "a pull that compares a file in each of many directories has few of them open",
  async () => {
    using scratch = new Scratch();
    const module = scratch.directory("module");
    const script = `for d in $(seq ${DIRECTORIES}); do mkdir $d; echo same > $d/f; done`;
    requireTool("bash", ["-c", script], scratch.directory("module", "tree"));
    requireTool("cp", ["-r", `${module}/tree`, scratch.join("back")]); // each with a time of its own
    await using server = await startServer(scratch, { m: { path: module } });
    await using relay = new Relay(server.daemon.port, { bytesPerSecond: 200_000 });
    let most = 0;
    const watching = setInterval(() => most = Math.max(most, openBelow(Deno.pid, scratch.join("back")).length), 5);
    try {
      const from = `${RELAY_ADDRESS}:${relay.port}:/m/tree/`;
      const { repaired, failed } = await copy(from, scratch.join("back"), { forceGrpc: true });
      assertEquals([repaired >= DIRECTORIES, failed], [true, 0]);
    } finally {
      clearInterval(watching);
    }
    assert(most <= MOST_OPEN, `${most} directories were open at once`);
    assertEquals(openBelow(Deno.pid, scratch.join("back")), []);
  },
);
