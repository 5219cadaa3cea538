/** The threads that walk through modules of a daemon: what a disk that does not answer costs, and when they end. */

import { assertRejects } from "@std/assert";
import { createModuleLock } from "../core/fs/contained/mod.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import type { DiskUsageOrder } from "../daemon/walks/orders.ts";
import { WalkPool } from "../daemon/walks/walk_pool.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { FuseMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { buildTree } from "./helpers/tree.ts";
import { until } from "./helpers/wait.ts";

/** A pool whose workers end soon, with what it says to its administrator. */
function createPool() {
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const access = { fileSystem: chooseFileSystem(), lock: createModuleLock(), longestWaitMs: 1000 };
  const pool = new WalkPool({ access, log: { info: say, warn: say, error: say }, idleMs: 100 });
  return { pool, said, [Symbol.asyncDispose]: () => pool.close() };
}

function orderFor(path: string): DiskUsageOrder {
  const module = { name: "m", path, comment: "", readOnly: false, trusted: false };
  return { kind: "disk-usage", place: { module, path: [], shown: "/m/" }, depth: 0 };
}

/** The files below a directory. */
async function countFiles(pool: WalkPool, path: string, signal = AbortSignal.timeout(20_000)): Promise<number> {
  let files = 0;
  for await (const { directories } of pool.run<"disk-usage">(orderFor(path), signal)) {
    for (const usage of directories) files = usage.files;
  }
  return files;
}

testWhere(
  ["folding"],
  "walks on a disk that does not answer leave others a thread, also when nobody waits",
  async () => {
    await using mount = new FuseMount(16);
    using scratch = new Scratch();
    const good = buildTree(scratch.join("good"), { "a": "1", "b": "2" });
    buildTree(`${mount.path}/there`, { "c": "3" });
    await using opened = createPool();
    const { pool, said } = opened;
    assertEquals(await countFiles(pool, mount.path), 1);
    const left = new AbortController();
    mount.freeze();
    try {
      // More than there are workers.
      const walks = Array.from({ length: 6 }, () => countFiles(pool, mount.path, left.signal));
      walks.push(...Array.from({ length: 6 }, () => countFiles(pool, mount.path, AbortSignal.timeout(500))));
      const ends = Promise.allSettled(walks);
      await until(() => pool.isHeldUp(orderFor(mount.path).place.module), "a thread that is known to wait");
      left.abort();
      await ends;
      let files: number | undefined;
      // A thread that began a moment later is known a moment later.
      for (let tries = 0; tries < 15 && files === undefined; tries++) {
        files = await countFiles(pool, good, AbortSignal.timeout(1000)).catch(() => undefined);
      }
      assertEquals(files, 2);
      const before = pool.size;
      for (let tries = 0; tries < 5; tries++) {
        await assertRejects(() => countFiles(pool, mount.path, AbortSignal.timeout(50)));
      }
      assert(pool.size <= before, `${pool.size} threads, ${before} before`); // they wait where others wait
      assertEquals(await countFiles(pool, good), 2);
      assertEquals(
        new Set(said),
        new Set(["A thread waits for the disk of a module, and another one takes its place"]),
      );
    } finally {
      mount.thaw();
    }
    assertEquals(await countFiles(pool, mount.path), 1);
    await until(() => pool.size === 0, "no thread");
  },
);

Deno.test("a walk that nobody wants any more does not keep its thread", async () => {
  using scratch = new Scratch();
  const good = buildTree(scratch.join("good"), { "a": "1" });
  await using opened = createPool();
  const { pool } = opened;
  assertEquals(await countFiles(pool, good), 1);
  await assertRejects(() => countFiles(pool, good, AbortSignal.abort(new Error("gone"))), Error, "gone");
  await until(() => pool.size === 0, "no thread");
});
