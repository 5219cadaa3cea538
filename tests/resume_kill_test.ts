/**
 * Either side is killed at any moment, again and again: whatever is left, `--resume` and `--retry` bring it to its end.
 *
 * @module
 */

import { copy } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { startBlit } from "./helpers/program.ts";
import { freePort } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";

const KILLS = Number(Deno.env.get("BLIT_KILLS") ?? 5);
const FILES = 40;
const MiB = 1024 * 1024;

/** Of 1 to 3 MiB; every second block is the same in each generation. */
function contentOf(file: number, generation: number): Uint8Array {
  const content = new Uint8Array(MiB + (file % 3) * MiB + file * 1000);
  const block = 16 * 1024;
  for (let at = 0; at < content.length; at += block) {
    content.fill(at / block % 2 === 0 ? generation : file, at, at + block);
  }
  return content;
}

function build(root: string, generation: number, isThere: (file: number) => boolean): void {
  for (let file = 0; file < FILES; file++) {
    const directory = `${root}/d${file % 4}`;
    Deno.mkdirSync(directory, { recursive: true });
    if (isThere(file)) Deno.writeFileSync(`${directory}/f${file}`, contentOf(file, generation));
  }
}

/** Files that were there before are either the old or the new ones. */
function assertUndamaged(root: string): void {
  for (const path of listPaths(root)) {
    const file = Number(/f(\d+)$/.exec(path)?.[1] ?? 1);
    if (file % 2 === 1) continue;
    const content = Deno.readFileSync(`${root}/${path}`);
    assert([1, 2].some((generation) => isEqual(content, contentOf(file, generation))), `"${path}" is damaged`);
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

for (const route of ["push", "pull"] as const) {
  testWhere(["unix"], `a ${route} survives ${KILLS} kills of either side`, async () => {
    using scratch = new Scratch();
    const modules = { m: { path: scratch.directory("module"), trusted: true } };
    const [near, far] = [scratch.join("near"), scratch.join("module", "far")];
    const [source, destination] = route === "push" ? [near, far] : [far, near];
    build(source, 2, () => true);
    build(destination, 1, (file) => file % 2 === 0);
    const port = freePort();
    let server: TestServer = await startServer(scratch, modules, { port });
    try {
      const place = server.at("m", "far");
      const [from, to] = route === "push" ? [`${near}/`, place] : [`${place}/`, near];
      const args = ["copy", "--resume", "--retry", "50", "--wait", "0.1", from, to];
      let client = startBlit(args);
      for (let kill = 0; kill < KILLS; kill++) {
        // From its start to its end, as far as that can be told.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 800));
        const isDaemon = kill % 2 === 0;
        if (isDaemon) {
          await server.daemon.stop("SIGKILL");
          server = await startServer(scratch, modules, { port });
        }
        const { code, stderr } = await endOf(client, isDaemon);
        assert(code === 0 || (!isDaemon && code === 137), `${code}: ${stderr}`);
        assertUndamaged(destination);
        if (code === 0) build(destination, 1, (file) => file % 2 === 0);
        client = startBlit(args);
      }
      const { code, stderr } = await client.result;
      assertEquals(code, 0, stderr);
      assertComplete(await copy(from, to, { resume: true }));
      assertSameTree(destination, source, { basic: true });
      assertEquals(findTemporaries(destination), []);
      server.assertSound();
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
}

/** Lets a client that was spared come to its end by itself. */
function endOf(client: ReturnType<typeof startBlit>, isSpared: boolean): typeof client.result {
  if (isSpared) return client.result;
  try {
    client.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
  return client.result;
}
