/**
 * The whole of `/usr`, which takes minutes and gigabytes: `deno test -A tests/slow/usr.ts`.
 *
 * @module
 */

import { assertNothingDone, copyAll, mirrorAll } from "../helpers/engine.ts";
import { testWhere } from "../helpers/needs.ts";
import { assertFaithful } from "../helpers/rsync.ts";
import { Scratch } from "../helpers/scratch.ts";

testWhere(["root", "native", "rsync"], "copy() keeps /usr of this machine", async () => {
  using scratch = new Scratch();
  const destination = scratch.join("usr");
  // What is mounted below belongs to the machine's kernel and not to its file system.
  const exclude = ["/lib/modules"];
  await copyAll("/usr", destination, { exclude });
  assertFaithful("/usr", destination);
  assertNothingDone(await mirrorAll("/usr", destination, { exclude }));
});
