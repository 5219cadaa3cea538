/**
 * Names of hard-linked files that have to wait for the first one, in directories that the destination does not have.
 *
 * @module
 */

import { mirror, type MirrorOptions, type Verb } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { overLane } from "./helpers/over_lane.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, link } from "./helpers/tree.ts";

const NEW = { mtime: "2020-01-01T00:00:00Z" };

/** A file whose content has to be compared before anything can be linked to it, and another name of it in a new directory. */
function build(scratch: Scratch): { source: string; destination: string } {
  return {
    source: buildTree(scratch.join("source"), {
      "name": file("12345", NEW),
      "new": dir({ "inner": dir({ "name": link("name"), "other": "1" }) }),
    }),
    destination: buildTree(scratch.join("destination"), { "name": "54321" }),
  };
}

/** From the other end of a lane into a directory of this machine. */
async function receive(verb: Verb, source: string, destination: string, options: MirrorOptions = {}) {
  return (await overLane(verb, `${source}/`, destination, options)).summary;
}

testWhere(
  ["native"],
  "a remote verify and dry run look at names that wait in directories that are missing",
  async () => {
    using scratch = new Scratch();
    const { source, destination } = build(scratch);
    const verified = await receive("verify", source, destination);
    assertEquals([verified.status, verified.failed, verified.differences], ["differences", 0, 6]);
    const planned = await receive("copy", source, destination, { dryRun: true });
    assertComplete(planned);
    const done = await receive("copy", source, destination);
    assertComplete(done);
    assertEquals(
      [planned.filesCopied, planned.hardLinksCreated, planned.directoriesCreated],
      [done.filesCopied, done.hardLinksCreated, done.directoriesCreated],
    );
    assertNothingDone(await receive("copy", source, destination));
  },
);

testWhere(["native"], "a name that waits gets the directories that a filter has left to be made for it", async () => {
  const include = ["name"];
  for (const route of ["remote", "local"] as const) {
    using scratch = new Scratch();
    const { source, destination } = build(scratch);
    if (route === "local") {
      // What has to be deleted first makes the name wait here.
      Deno.removeSync(`${destination}/name`);
      Deno.mkdirSync(`${destination}/name`);
    }
    const run = (options: MirrorOptions = {}) =>
      route === "remote"
        ? receive("copy", source, destination, { include, ...options })
        : mirror(`${source}/`, destination, { include, ...options });
    const planned = await run({ dryRun: true });
    const done = await run();
    for (const summary of [planned, done]) {
      assertComplete(summary);
      assertEquals([summary.filesCopied, summary.hardLinksCreated, summary.directoriesCreated], [1, 1, 2], route);
    }
    assertEquals(listPaths(destination), ["name", "new/", "new/inner/", "new/inner/name"]);
    assertEquals(Deno.statSync(`${destination}/new/inner/name`).ino, Deno.statSync(`${destination}/name`).ino);
    assertNothingDone(await run());
  }
});
