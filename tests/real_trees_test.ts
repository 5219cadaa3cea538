/**
 * Trees that nobody made for a test.
 *
 * @module
 */

import { verify } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { assertNothingDone, copyAll, mirrorAll } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { denoDirectory } from "./helpers/program.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";

for (const source of ["/usr/share", "/etc", "/usr/bin"]) {
  testWhere(["root", "native", "rsync"], `copy() keeps ${source} of this machine`, async () => {
    // The largest goes to another file system than the others.
    using scratch = source === "/usr/share" ? Scratch.inMemory() : new Scratch();
    const destination = scratch.join("destination");
    await copyAll(source, destination);
    assertFaithful(source, destination);
    assertNothingDone(await mirrorAll(source, destination));
  });
}

testWhere(["native", "rsync"], "copy() keeps a cache of modules, and verify() agrees", async () => {
  using scratch = new Scratch();
  const source = `${denoDirectory()}/npm`;
  const destination = scratch.join("destination");
  await copyAll(source, destination);
  assertFaithful(source, destination);
  assertEquals((await verify(`${source}/`, destination)).differences, 0);
});
