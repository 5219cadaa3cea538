import assert from "node:assert/strict";
import {
  isWorking,
  listProcessTree,
  MemoryWatch,
  parsePeakBytes,
  parseProcessCpuMs,
  readProcessCpuMs,
} from "./processes.ts";

const LINUX = Deno.build.os === "linux";

Deno.test("parsePeakBytes() reads the high-water mark", () => {
  assert.equal(
    parsePeakBytes("Name:\tcp\nVmPeak:\t    9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"),
    2 * 1024 * 1024,
  );
});

Deno.test("parseProcessCpuMs() adds user and system time, with the children's, behind any name", () => {
  const stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 327 571 0 0 5 6 70 800 20 0 1 0 2527800 9605120 1099";
  assert.equal(parseProcessCpuMs(stat), 8810);
});

Deno.test({
  name: "readProcessCpuMs() reads this process, and nothing of one that has ended",
  ignore: !LINUX,
  async fn() {
    assert.ok(readProcessCpuMs(Deno.pid) > 0);
    const child = new Deno.Command("true").spawn();
    await child.status;
    assert.equal(readProcessCpuMs(child.pid), 0);
  },
});

Deno.test({
  name: "isWorking() tells a process that computes from one that sleeps",
  ignore: !LINUX,
  async fn() {
    const sleeping = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const computing = new Deno.Command("sh", { args: ["-c", "while :; do :; done"] }).spawn();
    try {
      // Right after the start, both have something to do.
      for (let tries = 0; tries < 1000 && isWorking(sleeping.pid); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual([isWorking(sleeping.pid), isWorking(computing.pid)], [false, true]);
    } finally {
      for (const child of [sleeping, computing]) child.kill();
      await Promise.all([sleeping.status, computing.status]);
    }
    assert.equal(isWorking(computing.pid), false);
  },
});

Deno.test("parsePeakBytes() knows nothing about a zombie", () => {
  assert.equal(parsePeakBytes("Name:\tcp\nState:\tZ (zombie)\n"), undefined);
});

Deno.test({
  name: "listProcessTree() finds children of children",
  ignore: !LINUX,
  async fn() {
    const child = new Deno.Command("sh", { args: ["-c", "sh -c 'read x; :' ; :"], stdin: "piped" }).spawn();
    let tree = listProcessTree(child.pid);
    for (let tries = 0; tree.length < 2 && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      tree = listProcessTree(child.pid);
    }
    await child.stdin.close();
    await child.status;
    assert.equal(tree[0], child.pid);
    assert.equal(tree.length, 2);
  },
});

Deno.test({
  name: "MemoryWatch sees this process",
  ignore: !LINUX,
  fn() {
    const watch = new MemoryWatch(Deno.pid);
    watch.stop();
    assert.ok(watch.largestBytes > 10 * 1024 * 1024);
    assert.ok(watch.sumBytes >= watch.largestBytes);
  },
});
