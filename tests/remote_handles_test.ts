/**
 * However many directories wait for answers, few of them are open.
 *
 * @module
 */

import { copy, mirror } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { codeOf } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { openBelow } from "./helpers/usage.ts";

const DIRECTORIES = 250;
/** Those that are kept for contents, and those that are being listed or finished. */
const MOST_OPEN = 64 + 16;

/** Runs `during` and returns how many directories below a path this process had open at most. */
async function mostOpenBelow(path: string, during: () => Promise<void>): Promise<number> {
  let most = 0;
  const watching = setInterval(() => most = Math.max(most, openBelow(Deno.pid, path).length), 5);
  try {
    await during();
  } finally {
    clearInterval(watching);
  }
  return most;
}

interface ManyDirectories {
  readonly scratch: Scratch;
  readonly relay: Relay;
  /** The directories at the daemon, and what they are for a client. */
  readonly tree: string;
  readonly from: string;
}

/** A module with a file in each of many directories, which come slowly, and a place for what is pulled. */
async function withManyDirectories(
  run: (places: ManyDirectories) => Promise<void>,
): Promise<void> {
  using scratch = new Scratch();
  const tree = scratch.directory("module", "tree");
  const script = `for d in $(seq ${DIRECTORIES}); do mkdir $d; echo same > $d/f; done`;
  requireTool("bash", ["-c", script], tree);
  await using server = await startServer(scratch, { m: { path: scratch.join("module") } });
  await using relay = new Relay(server.daemon.port, { bytesPerSecond: 200_000 });
  await run({ scratch, relay, tree, from: `${RELAY_ADDRESS}:${relay.port}:/m/tree/` });
}

testWhere(
  ["linux", "native"],
  "a pull that compares a file in each of many directories has few of them open",
  async () => {
    await withManyDirectories(async ({ scratch, tree, from }) => {
      const back = scratch.join("back");
      requireTool("cp", ["-r", tree, back]); // each with a time of its own
      const most = await mostOpenBelow(back, async () => {
        const { repaired, failed } = await copy(from, back, { forceGrpc: true });
        assertEquals([repaired >= DIRECTORIES, failed], [true, 0]);
      });
      assert(most <= MOST_OPEN, `${most} directories were open at once`);
      assertEquals(openBelow(Deno.pid, back), []);
    });
  },
);

testWhere(["linux", "native"], "a mirror that has to make room in many directories has few of them open", async () => {
  await withManyDirectories(async ({ scratch, from }) => {
    const back = scratch.join("back");
    requireTool("bash", ["-c", `for d in $(seq ${DIRECTORIES}); do mkdir -p $d/f; done`], scratch.directory("back"));
    const most = await mostOpenBelow(back, async () => {
      const { filesCopied, failed } = await mirror(from, back, { forceGrpc: true });
      assertEquals([filesCopied, failed], [DIRECTORIES, 0]);
    });
    assert(most <= MOST_OPEN, `${most} directories were open at once`);
    assertEquals(openBelow(Deno.pid, back), []);
  });
});

testWhere(["linux", "native"], "a mirror that is interrupted while it makes room leaves nothing open", async () => {
  await withManyDirectories(async ({ scratch, relay, from }) => {
    const back = scratch.join("back");
    requireTool("bash", ["-c", `for d in $(seq ${DIRECTORIES}); do mkdir -p $d/f; done`], scratch.directory("back"));
    const stop = new AbortController();
    const { signal } = stop;
    const running = mirror(from, back, { forceGrpc: true, signal }).then(() => "done", codeOf);
    // No content comes for what there is room for now.
    while (isDirectory(`${back}/1/f`)) await new Promise((resolve) => setTimeout(resolve, 1));
    relay.hold();
    while (openBelow(Deno.pid, back).length < 10) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    const code = await running;
    assertEquals([code, openBelow(Deno.pid, back)], ["interrupted", []]);
  });
});

function isDirectory(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}
