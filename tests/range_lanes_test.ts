/**
 * Large files travel in ranges over several lanes.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BlitError, copy } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { assertComplete } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { connect, Machine } from "./helpers/network.ts";
import { type LaneSetting, overLane } from "./helpers/over_lane.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries } from "./helpers/snapshot.ts";
import { buildTree } from "./helpers/tree.ts";

const MIB = 1024 * 1024;
/** So many that a further lane is wished for. */
const LARGE = 160 * MIB;

/** Content in which every place is different, so that a range that lands elsewhere shows. */
function large(bytes: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return new Uint8Array(words.buffer);
}

function build(scratch: Scratch, bytes = LARGE): string {
  const source = buildTree(scratch.join("source"), { "small": "abc" });
  Deno.writeFileSync(`${source}/large`, large(bytes));
  return source;
}

async function send(scratch: Scratch, setting: LaneSetting) {
  const outcome = await overLane("copy", `${build(scratch)}/`, scratch.join("destination"), {}, setting);
  assertEquals(findTemporaries(scratch.join("destination")), []);
  return outcome;
}

testWhere(["native"], "a large file is divided among lanes, each byte sent once", async () => {
  using scratch = new Scratch();
  const { summary, sent, sentInRanges } = await send(scratch, { rangeLanes: 3 });
  assertComplete(summary);
  assertSameTree(scratch.join("destination"), scratch.join("source"));
  assertEquals([summary.filesCopied, summary.bytesCopied], [2, LARGE + 3]);
  // 160 MiB are worth one lane more.
  assertEquals(sentInRanges.length, 1);
  assertEquals(sentInRanges[0].contentBytes > 0, true);
  assertEquals(sent.contentBytes + sentInRanges[0].contentBytes, LARGE + 3);
});

testWhere(["native"], "ranges of a lane that is lost are sent by the others", async () => {
  using scratch = new Scratch();
  let orders = 0;
  const { summary } = await send(scratch, { rangeLanes: 1, onOrder: () => ++orders === 2 ? "lose" : undefined });
  assertEquals(orders >= 2, true);
  assertComplete(summary);
  assertSameTree(scratch.join("destination"), scratch.join("source"));
});

testWhere(["native"], "ranges of different versions of a file never make one", async () => {
  using scratch = new Scratch();
  let orders = 0;
  const onOrder = (): void => {
    if (++orders > 1) return;
    using source = Deno.openSync(scratch.join("source", "large"), { write: true });
    source.writeSync(new Uint8Array([1, 2, 3]));
  };
  const { summary } = await send(scratch, { rangeLanes: 1, onOrder });
  // It was fetched once more, as what it is now.
  assertComplete(summary);
  assertSameTree(scratch.join("destination"), scratch.join("source"));
});

testWhere(["native"], "a large file that changes all the time is reported, and leaves nothing", async () => {
  using scratch = new Scratch();
  const onOrder = (): void => Deno.writeTextFileSync(scratch.join("source", "large"), "more", { append: true });
  const { summary } = await send(scratch, { rangeLanes: 1, onOrder });
  assertEquals(summary.failures.map(({ path, code }) => [path, code]), [["large", "changed"]]);
  assertEquals([...Deno.readDirSync(scratch.join("destination"))].map(({ name }) => name), ["small"]);
});

for (const [what, size] of [["nothing", 0], ["something small", 1000]] as const) {
  testWhere(["native"], `a large file that shrinks to ${what} meanwhile is copied as what it is now`, async () => {
    using scratch = new Scratch();
    let orders = 0;
    const onOrder = (): void => {
      if (++orders === 1) Deno.truncateSync(scratch.join("source", "large"), size);
    };
    const { summary } = await send(scratch, { rangeLanes: 1, onOrder });
    assertComplete(summary);
    assertSameTree(scratch.join("destination"), scratch.join("source"));
  });
}

testWhere(["linux", "native"], "of many large files a few are under way at once", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  for (let i = 0; i < 7; i++) requireTool("fallocate", ["-l", `${64 * MIB}`, `${source}/${i}`]);
  let most = 0;
  const onOrder = (): void => {
    most = Math.max(most, findTemporaries(scratch.join("destination")).length);
  };
  const { summary } = await overLane("copy", `${source}/`, scratch.join("destination"), {}, { rangeLanes: 1, onOrder });
  assertComplete(summary);
  assertEquals([summary.filesCopied, most > 0 && most <= 4], [7, true], `${most} at once`);
  assertSameTree(scratch.join("destination"), source);
});

testWhere(["linux", "native"], "an interrupted large file is gone on with, ranges of helpers among them", async () => {
  using scratch = new Scratch();
  const source = build(scratch, 2 * LARGE);
  const destination = scratch.join("destination");
  const stop = new AbortController();
  let orders = 0;
  // Two ranges are given at once, so by the third one of them is done.
  const onOrder = (): void => {
    if (++orders === 3) stop.abort();
  };
  const run = overLane("copy", `${source}/`, destination, { resume: true, signal: stop.signal }, {
    rangeLanes: 1,
    onOrder,
  });
  assertEquals((await assertRejects(() => run, BlitError)).code, "interrupted");
  assertEquals(findTemporaries(destination).length, 1);
  const { summary, sent } = await overLane("copy", `${source}/`, destination, { resume: true });
  assertComplete(summary);
  assertEquals(sent.contentBytes < 2 * LARGE, true, `${sent.contentBytes} bytes sent`);
  assertSameTree(destination, source);
  assertEquals(findTemporaries(destination), []);
});

/** Remote ports of the established connections to these ports of a machine, by port. */
function connectionsTo(ports: readonly number[], machine: Machine): number[] {
  const lines = Deno.readTextFileSync(`/proc/${machine.pid}/net/tcp`).split("\n").slice(1);
  const remote = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === "01");
  return ports.filter((port) => remote.some(([, , address]) => parseInt(address?.split(":")[1] ?? "", 16) === port));
}

for (const direction of ["push", "pull"] as const) {
  testWhere(
    ["networks", "native", "processors"],
    `a ${direction} of a large file uses several threads of a daemon on another machine`,
    async () => {
      using scratch = new Scratch();
      const source = build(scratch);
      const ports = [9040, 9041];
      const config = `[daemon]\nroot = ${JSON.stringify(scratch.path)}\ndata_port = "9040-9041"\n`;
      Deno.writeTextFileSync(scratch.join("daemon.toml"), config);
      await using there = await Machine.create();
      await using here = await Machine.create();
      connect(there, here, 75);
      await using daemon = await there.daemon(["--config", scratch.join("daemon.toml"), "--no-mdns"]);
      const server = `10.75.0.1:${daemon.port}`;
      const seen = new Set<number>();
      const watch = setInterval(() => connectionsTo(ports, here).forEach((port) => seen.add(port)), 2);
      // On a busy machine the first transfer may be over before another thread has started; it stays for the next one.
      for (let i = 0; i < 8 && seen.size < 2; i++) {
        const places = direction === "push"
          ? [`${source}/`, `${server}://destination${i}`]
          : [`${server}://source/`, scratch.join(`destination${i}`)];
        const { code, stderr } = await here.blit(["copy", ...places]);
        assertEquals([code, stderr], [0, ""]);
        assertSameTree(scratch.join(`destination${i}`), source);
        assertEquals(findTemporaries(scratch.join(`destination${i}`)), []);
        Deno.removeSync(scratch.join(`destination${i}`), { recursive: true });
      }
      clearInterval(watch);
      assertEquals([...seen].sort(), ports);
      assertEquals(daemon.log.filter(({ level }) => level === "error"), []);
    },
  );
}

testWhere(["linux", "native"], "a large pull that is interrupted leaves no temporary file", async () => {
  using scratch = new Scratch();
  build(scratch);
  await using daemon = await startDaemon({ args: ["--root", scratch.path, "--bind", "127.0.0.1"] });
  const stop = new AbortController();
  const destination = scratch.join("destination");
  const run = copy(`127.0.0.1:${daemon.port}://source/`, destination, {
    signal: stop.signal,
    onEvent: ({ type }) => {
      if (type === "route") setTimeout(() => stop.abort(), 60);
    },
  });
  const error = await assertRejects(() => run, BlitError);
  assertEquals(error.code, "interrupted");
  assertEquals(findTemporaries(destination), []);
});
