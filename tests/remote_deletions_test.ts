/**
 * A mirror that deletes at one end of a connection is stopped from the other one.
 *
 * @module
 */

import { mirror } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { codeOf } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";

const DIRECTORIES = 100;
const FILES = 120;

/** Twelve thousand entries that a mirror is to delete: all below one directory, which is one task. */
function buildDoomed(root: string): void {
  Deno.mkdirSync(`${root}/doomed`, { recursive: true });
  const script = `for d in $(seq ${DIRECTORIES}); do mkdir $d; (cd $d; seq ${FILES} | xargs touch); done`;
  requireTool("bash", ["-c", script], `${root}/doomed`);
}

function directoriesLeft(root: string): number {
  try {
    return [...Deno.readDirSync(`${root}/doomed`)].length;
  } catch {
    return 0;
  }
}

async function untilDeleting(root: string): Promise<void> {
  while (directoriesLeft(root) === DIRECTORIES) await new Promise((resolve) => setTimeout(resolve, 1));
}

interface Sides {
  readonly server: TestServer;
  readonly source: string;
  readonly root: string;
}

async function withDoomed(where: "server" | "here", run: (sides: Sides) => Promise<void>): Promise<void> {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  const root = where === "server" ? `${module}/to` : scratch.join("to");
  buildDoomed(root);
  const from = where === "server" ? scratch.directory("from") : `${module}/from`;
  Deno.mkdirSync(from, { recursive: true });
  Deno.writeTextFileSync(`${from}/kept`, "kept");
  await using server = await startServer(scratch, { m: { path: module } });
  await run({ server, source: where === "server" ? `${from}/` : server.at("m", "from/"), root });
  server.assertSound();
}

testWhere(["linux"], "Ctrl-C stops the deletions of a push, and what is not known is not claimed", async () => {
  await withDoomed("server", async ({ server, source, root }) => {
    const blit = startBlit(["mirror", "--yes", source, server.at("m", "to")]);
    await untilDeleting(root);
    blit.kill("SIGINT");
    const { code, stderr } = await blit.result;
    assertEquals(code, 130);
    assertMatch(stderr, /^blit: Interrupted after .*: no change is known of$/m);
    await untilStill(root);
    assert(directoriesLeft(root) > 0, "everything was deleted all the same");
  });
});

testWhere(["linux"], "a signal stops the deletions of a pull", async () => {
  await withDoomed("here", async ({ source, root }) => {
    const stop = new AbortController();
    const running = mirror(source, root, { signal: stop.signal });
    const ended = running.then(() => undefined, codeOf);
    await untilDeleting(root);
    stop.abort();
    assertEquals(await ended, "interrupted");
    assert(directoriesLeft(root) > 0, "everything was deleted all the same");
  });
});

/** A daemon notices within a moment that its client has gone. */
async function untilStill(root: string): Promise<void> {
  for (let before = -1; before !== directoriesLeft(root);) {
    before = directoriesLeft(root);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
