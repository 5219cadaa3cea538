/**
 * Attributes of files whose contents are compared on the way: what a daemon is asked takes a while, in which the rest of a large
 * directory is told.
 *
 * @module
 */

import { copy, move, verify } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";

const NEEDS = ["root", "native", "rsync", "attributes"] as const;
/** Two records of entries. */
const FILES = 600;
const OLD = "2001-02-03T04:05:06Z";
const NEW = "2011-12-13T14:15:16Z";

function build(root: string, mtime: string, { bare = false, content = "same" } = {}): string {
  const paths = Array.from({ length: FILES }, (_, i) => `${root}/f${i}`);
  Deno.mkdirSync(root, { recursive: true });
  for (const path of paths) Deno.writeTextFileSync(path, content);
  if (!bare) {
    requireTool("setfattr", ["-n", "user.k", "-v", "v", ...paths]);
    requireTool("setfacl", ["-m", "u:1000:r", ...paths.filter((_, i) => i % 10 === 0)]);
  }
  requireTool("touch", ["-d", mtime, ...paths, root]);
  return root;
}

/** A tree of attributes at the source, what is at the destination, and where both are for the daemon. */
interface Sides {
  readonly source: string;
  readonly destination: string;
  readonly from: string;
  readonly to: string;
}

/** Pushes, then pulls, beside a destination that was built as it is told. */
async function onBothRoutes(
  destination: (root: string) => string,
  run: (sides: Sides) => Promise<void>,
): Promise<void> {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module, trusted: true } });
  const pushed = { source: build(scratch.join("here"), NEW), destination: destination(`${module}/pushed`) };
  await run({ ...pushed, from: `${pushed.source}/`, to: server.at("m", "pushed") });
  const pulled = { source: build(`${module}/there`, NEW), destination: destination(scratch.join("pulled")) };
  await run({ ...pulled, from: server.at("m", "there/"), to: pulled.destination });
  server.assertSound();
}

testWhere(NEEDS, "what has another time gets the attributes of the source, and keeps those that it has", async () => {
  for (const bare of [true, false]) {
    await onBothRoutes((root) => build(root, OLD, { bare }), async ({ source, destination, from, to }) => {
      await copy(from, to);
      assertFaithful(source, destination);
      assertNothingDone(await copy(from, to));
    });
  }
});

testWhere(NEEDS, "--checksum leaves attributes as they are, and verify sees no difference", async () => {
  await onBothRoutes((root) => build(root, NEW), async ({ source, destination, from, to }) => {
    assertNothingDone(await copy(from, to, { comparison: "checksum" }));
    assertFaithful(source, destination);
    assertEquals((await verify(from, to)).differences, 0);
  });
});

testWhere(NEEDS, "verify sees every attribute that is missing", async () => {
  await onBothRoutes((root) => build(root, NEW, { bare: true }), async ({ from, to }) => {
    assertEquals((await verify(from, to)).differences, FILES);
  });
});

testWhere(NEEDS, "new contents of the same size come with their attributes, also where they are resumed", async () => {
  for (const resume of [false, true]) {
    await onBothRoutes((root) => build(root, OLD, { content: "diff" }), async ({ source, destination, from, to }) => {
      await copy(from, to, { resume });
      assertFaithful(source, destination);
    });
  }
});

testWhere(NEEDS, "a move takes the attributes along before it removes the source", async () => {
  await onBothRoutes((root) => build(root, OLD), async ({ source, destination, from, to }) => {
    const { removed } = await move(from, to);
    assertEquals(removed, FILES);
    assertEquals([...Deno.readDirSync(source)], []);
    using scratch = new Scratch();
    assertFaithful(build(scratch.join("again"), NEW), destination);
  });
});
