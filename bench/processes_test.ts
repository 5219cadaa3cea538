import assert from "node:assert/strict";
import { listProcessTree, MemoryWatch, parsePeakBytes } from "./processes.ts";

const LINUX = Deno.build.os === "linux";

Deno.test("parsePeakBytes() reads the high-water mark", () => {
  assert.equal(
    parsePeakBytes("Name:\tcp\nVmPeak:\t    9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"),
    2 * 1024 * 1024,
  );
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
