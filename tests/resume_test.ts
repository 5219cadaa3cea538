/**
 * `--resume`: of files that are there in part or in an older version only what differs travels, and the result is right whatever
 * was there.
 *
 * @module
 */

import { encodeText } from "../core/paths/bytes.ts";
import { keptName } from "../core/transfer/files/kept_file.ts";
import { copy, mirror } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { has, testWhere } from "./helpers/needs.ts";
import { blit, startBlit } from "./helpers/program.ts";
import { Relay, RELAY_ADDRESS } from "./helpers/relay.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";

const MiB = 1024 * 1024;
const OLD_TIME = new Date("2020-01-01T00:00:00Z");

/** Bytes that look random and are the same in every run. */
const NOISE = noise(8 * MiB);

function noise(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(length / 4);
  let state = 1;
  for (let i = 0; i < words.length; i++) words[i] = state = Math.imul(state, 1664525) + 1013904223;
  return new Uint8Array(words.buffer);
}

/** The same with another byte at these places. */
function changed(bytes: Uint8Array<ArrayBuffer>, ...places: number[]): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  for (const place of places) copy[place] ^= 0xff;
  return copy;
}

/** What the source has, what the destination has, and how many bytes may travel. */
interface Case {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly mostBytes: number;
}

const BLOCK = 16 * 1024;
const EDITED = changed(NOISE, 0, 3 * MiB + 5, 8 * MiB - 1);
const CASES: Readonly<Record<string, Case>> = {
  "three places": { source: EDITED, destination: NOISE, mostBytes: 3 * BLOCK },
  "grown": { source: NOISE, destination: NOISE.subarray(0, 5 * MiB + 77), mostBytes: 3 * MiB + BLOCK },
  "shrunk": { source: EDITED.subarray(0, 5 * MiB + 77), destination: NOISE, mostBytes: 3 * BLOCK },
  "touched": { source: NOISE, destination: NOISE, mostBytes: 0 },
  "small, touched": { source: NOISE.subarray(0, MiB), destination: NOISE.subarray(0, MiB), mostBytes: 0 },
  "small": { source: EDITED.subarray(0, MiB), destination: NOISE.subarray(0, MiB), mostBytes: BLOCK },
  "another one": { source: NOISE.subarray(0, 5 * MiB), destination: NOISE.subarray(MiB, 6 * MiB), mostBytes: 5 * MiB },
  "emptied": { source: new Uint8Array(), destination: NOISE, mostBytes: 0 },
};

function build(source: string, destination: string): void {
  for (const root of [source, destination]) Deno.mkdirSync(root, { recursive: true });
  for (const [name, { source: content, destination: before }] of Object.entries(CASES)) {
    Deno.writeFileSync(`${source}/${name}`, content);
    Deno.writeFileSync(`${destination}/${name}`, before);
    Deno.utimeSync(`${destination}/${name}`, OLD_TIME, OLD_TIME);
  }
}

for (const route of ["push", "pull"] as const) {
  for (const options of [{}, { forceGrpc: true }, { comparison: "checksum" }] as const) {
    Deno.test(`a ${route} with resume ${JSON.stringify(options)} sends only what differs`, async () => {
      using scratch = new Scratch();
      const module = scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: module, trusted: true } });
      const near = scratch.join("near");
      const [source, destination] = route === "push" ? [near, `${module}/far`] : [`${module}/far`, near];
      build(source, destination);
      const [from, to] = route === "push" ? [`${near}/`, server.at("m", "far")] : [server.at("m", "far/"), near];
      const bytes = new Map<string, number>();
      const summary = await copy(from, to, {
        ...options,
        resume: true,
        entryEvents: true,
        onEvent: (event) => event.type === "entry" && bytes.set(event.path, event.bytes),
      });
      assertComplete(summary);
      assertSameTree(destination, source, { basic: true });
      for (const [name, { mostBytes }] of Object.entries(CASES)) {
        assert((bytes.get(name) ?? 0) <= mostBytes, `${bytes.get(name)} bytes of "${name}" travel`);
      }
      assertEquals(summary.bytesCopied, [...bytes.values()].reduce((sum, count) => sum + count, 0));
      assertEquals(findTemporaries(destination), []);
      assertNothingDone(await copy(from, to, { ...options, resume: true }));
      server.assertSound();
    });
  }
}

Deno.test("a transfer from server to server is resumed as well", async () => {
  using scratch = new Scratch();
  const [source, destination] = [scratch.join("a", "tree"), scratch.join("b", "tree")];
  build(source, destination);
  await using from = await startServer(scratch, { m: { path: scratch.join("a"), trusted: true } });
  const delegation = [`127.0.0.1:${from.daemon.port}`];
  await using to = await startServer(scratch, { m: { path: scratch.join("b"), trusted: true } }, { delegation });
  const summary = await copy(from.at("m", "tree/"), to.at("m", "tree"), { resume: true });
  assertComplete(summary);
  assertSameTree(destination, source, { basic: true });
  const most = Object.values(CASES).reduce((sum, { mostBytes }) => sum + mostBytes, 0);
  assert(summary.bytesCopied <= most, `${summary.bytesCopied} bytes travel`);
  assertEquals(findTemporaries(destination), []);
});

testWhere(["unix"], "holes stay holes, and what has become one is one", async () => {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module, trusted: true } });
  const [source, destination] = [scratch.join("image"), `${module}/image`];
  for (const [path, data] of [[source, 1], [destination, 2]] as const) {
    using file = Deno.openSync(path, { write: true, create: true });
    file.truncateSync(64 * MiB);
    for (const at of [0, 30 * MiB]) {
      file.seekSync(at, Deno.SeekMode.Start);
      file.writeSync(NOISE.subarray(0, MiB));
    }
    file.seekSync(20 * MiB, Deno.SeekMode.Start);
    if (data === 2) file.writeSync(NOISE.subarray(0, MiB));
  }
  Deno.utimeSync(destination, OLD_TIME, OLD_TIME);
  const summary = await copy(source, server.at("m", "image"), { resume: true });
  assertComplete(summary);
  assert(summary.bytesCopied <= MiB + BLOCK, `${summary.bytesCopied} bytes travel`);
  assertEquals(Deno.readFileSync(destination), Deno.readFileSync(source));
  if (has("linux")) {
    // The content was written as zeros, nothing else.
    assert(Deno.statSync(destination).blocks! * 512 <= 8 * MiB, `${Deno.statSync(destination).blocks} blocks`);
  }
});

/** Two files of which nothing is the same at the destination, and what is there of them. */
function buildLarge(source: string, destination: string, there: Readonly<Record<string, Uint8Array>>): void {
  for (const root of [source, destination]) Deno.mkdirSync(root, { recursive: true });
  for (const [i, name] of ["one", "two"].entries()) {
    Deno.writeFileSync(`${source}/${name}`, EDITED.toReversed().fill(i, 0, 5));
    if (!(name in there)) continue;
    Deno.writeFileSync(`${destination}/${name}`, there[name]);
    Deno.utimeSync(`${destination}/${name}`, OLD_TIME, OLD_TIME);
  }
}

interface Interruptible {
  readonly source: string;
  readonly destination: string;
  readonly from: string;
  readonly to: string;
}

/** The two ends of a route through a relay, which sees every byte. */
function endsThrough(relay: Relay, scratch: Scratch, route: "push" | "pull"): Interruptible {
  const [near, far] = [scratch.join("near"), scratch.join("module", "far")];
  const place = `${RELAY_ADDRESS}:${relay.port}:/m/far`;
  return route === "push"
    ? { source: near, destination: far, from: `${near}/`, to: place }
    : { source: far, destination: near, from: `${place}/`, to: near };
}

for (const route of ["push", "pull"] as const) {
  const hows = {
    push: ["the connection is cut", "the client is killed"],
    pull: ["Ctrl-C is pressed", "the client is killed"],
  } as const;
  for (const how of hows[route]) {
    testWhere(["linux"], `a ${route} goes on where it stopped when ${how}`, async () => {
      using scratch = new Scratch();
      scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
      await using relay = new Relay(server.daemon.port, { onlyCalls: true });
      const { source, destination, from, to } = endsThrough(relay, scratch, route);
      buildLarge(source, destination, { two: NOISE });
      const args = ["copy", "--resume", "--force-grpc", from, to];
      const client = startBlit(args);
      const stopped = Promise.withResolvers<void>();
      // In the middle of the second file.
      relay.watch(12 * MiB, () => {
        if (how === "the connection is cut") relay.cut();
        else client.kill(how === "the client is killed" ? "SIGKILL" : "SIGINT");
        stopped.resolve();
      });
      await stopped.promise;
      const { code, stderr } = await client.result;
      assertEquals(
        code,
        { "the connection is cut": 4, "the client is killed": 137, "Ctrl-C is pressed": 130 }[how],
        stderr,
      );
      await untilFree(destination);
      // What was there is either whole or replaced by the whole.
      const two = Deno.readFileSync(`${destination}/two`);
      assert(isEqual(two, NOISE) || isEqual(two, Deno.readFileSync(`${source}/two`)), "the old file is damaged");
      relay.watch(Infinity, () => {});
      const again = await blit(["copy", "--resume", "--force-grpc", "--json", from, to]);
      assertEquals(again.code, 0, again.stderr);
      assertSameTree(destination, source, { basic: true });
      assertEquals(findTemporaries(destination), []);
      // 4 MiB were missing, and what was on its way.
      assert(relay.bytes < 7.5 * MiB, `${relay.bytes} bytes travel again`);
    });
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

testWhere(["linux"], "what a run without --resume leaves behind when it is killed is gone on with", async () => {
  using scratch = new Scratch();
  scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
  await using relay = new Relay(server.daemon.port, { onlyCalls: true });
  const { source, destination, from, to } = endsThrough(relay, scratch, "pull");
  buildLarge(source, destination, { one: NOISE.subarray(0, 100), two: NOISE.subarray(0, 100) });
  const client = startBlit(["copy", "--force-grpc", from, to]);
  const killed = Promise.withResolvers<void>();
  relay.watch(12 * MiB, () => {
    client.kill("SIGKILL");
    killed.resolve();
  });
  await killed.promise;
  await client.result;
  assertEquals(findTemporaries(destination).length, 1);
  relay.watch(Infinity, () => {});
  assertComplete(await copy(from, to, { resume: true, forceGrpc: true }));
  assertSameTree(destination, source, { basic: true });
  assertEquals(findTemporaries(destination), []);
  assert(relay.bytes < 7.5 * MiB, `${relay.bytes} bytes travel again`);
});

testWhere(
  ["unix"],
  "without --resume what an interrupted run has kept is removed, also beside a single file",
  async () => {
    using scratch = new Scratch();
    scratch.directory("module");
    await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
    await using relay = new Relay(server.daemon.port, { onlyCalls: true });
    const { source, destination, from, to } = endsThrough(relay, scratch, "pull");
    for (const second of [() => mirror(from, to), () => copy(`${from}one`, `${to}/one`)]) {
      buildLarge(source, destination, { one: NOISE.subarray(0, 100), two: NOISE.subarray(0, 100) });
      relay.watch(12 * MiB, () => relay.cut());
      await copy(from, to, { resume: true, forceGrpc: true }).then(() => assert(false, "it is not cut"), () => {});
      assertEquals(findTemporaries(destination).length, 1);
      assertComplete(await second());
      assertEquals(findTemporaries(destination), []);
    }
  },
);

testWhere(["linux"], "a source that grows while it is resumed is taken as it is in the end", async () => {
  using scratch = new Scratch();
  scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
  await using relay = new Relay(server.daemon.port, { onlyCalls: true });
  const { source, destination, from, to } = endsThrough(relay, scratch, "push");
  for (const root of [source, destination]) Deno.mkdirSync(root, { recursive: true });
  Deno.writeFileSync(`${source}/log`, EDITED);
  Deno.writeFileSync(`${destination}/log`, NOISE.subarray(0, 4 * MiB));
  // While its second half travels.
  relay.watch(2 * MiB, () => Deno.writeFileSync(`${source}/log`, NOISE.subarray(0, MiB), { append: true }));
  const summary = await copy(from, to, { resume: true, forceGrpc: true });
  assertComplete(summary);
  assertSameTree(destination, source, { basic: true });
  assertEquals(findTemporaries(destination), []);
});

for (const resume of [false, true]) {
  for (const left of [undefined, "of another run"]) {
    const title = `a file${resume ? " that is resumed" : ""} is written once more when ` +
      (left === undefined ? "somebody removes it" : "another one takes its unfinished name");
    testWhere(["linux"], title, async () => {
      using scratch = new Scratch();
      scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
      await using relay = new Relay(server.daemon.port, { onlyCalls: true });
      const { source, destination, from, to } = endsThrough(relay, scratch, "push");
      for (const root of [source, destination]) Deno.mkdirSync(root, { recursive: true });
      Deno.writeFileSync(`${source}/one`, EDITED.toReversed());
      Deno.writeFileSync(`${destination}/one`, NOISE.subarray(0, 5 * MiB));
      const unfinished = `${destination}/${keptName(encodeText("one"))}`;
      relay.watch(4 * MiB, () => {
        removeOnceThere(unfinished);
        if (left !== undefined) Deno.writeTextFileSync(unfinished, left, { mode: 0o600 });
      });
      const summary = await copy(from, to, { resume, forceGrpc: true });
      assertComplete(summary);
      assertSameTree(destination, source, { basic: true });
      assertEquals(findTemporaries(destination), []);
    });
  }
}

/** Removes a file that another process is about to create. Nothing goes on in this process meanwhile. */
function removeOnceThere(path: string): void {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return Deno.removeSync(path);
    } catch (error) {
      if (performance.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

testWhere(["unix"], "what is left of a single file is gone on with, or removed where it is not needed", async () => {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: module, trusted: true } });
  const source = scratch.join("one");
  const left = `${module}/${keptName(encodeText("one"))}`;
  const leave = (content: Uint8Array): void => Deno.writeFileSync(left, content, { mode: 0o600 });
  const resume = () => copy(source, server.at("m", "one"), { resume: true });

  Deno.writeFileSync(source, NOISE);
  Deno.writeFileSync(`${module}/one`, NOISE.subarray(0, 100));
  leave(NOISE.subarray(0, 6 * MiB + 77));
  const first = await resume();
  assertComplete(first);
  assert(first.bytesCopied <= 2 * MiB, `${first.bytesCopied} bytes travel`);
  assertEquals(isEqual(Deno.readFileSync(`${module}/one`), NOISE), true);

  leave(NOISE.subarray(0, MiB));
  assertNothingDone(await resume());
  assertEquals(listPaths(module), ["one"]);

  // What is left goes on behind the last whole block, where the source has a hole.
  Deno.truncateSync(source, 0);
  Deno.writeFileSync(source, NOISE.subarray(0, MiB));
  Deno.truncateSync(source, 4 * MiB);
  Deno.writeFileSync(`${module}/one`, NOISE.subarray(0, 100));
  leave(NOISE.subarray(0, MiB + 77));
  assertComplete(await resume());
  assertEquals(isEqual(Deno.readFileSync(`${module}/one`), Deno.readFileSync(source)), true);
  assertEquals(listPaths(module), ["one"]);
});

testWhere(["linux"], "two runs that resume the same files at once do not disturb each other", async () => {
  using scratch = new Scratch();
  scratch.directory("module");
  await using server = await startServer(scratch, { m: { path: scratch.join("module"), trusted: true } });
  await using relay = new Relay(server.daemon.port, { onlyCalls: true });
  const { source, destination, from, to } = endsThrough(relay, scratch, "push");
  for (let round = 0; round < 3; round++) {
    buildLarge(source, destination, { one: NOISE, two: NOISE.subarray(0, 5 * MiB) });
    // One of them finds what an interrupted run has left, the other one that it is in use.
    relay.watch((2 + round) * MiB, () => relay.cut());
    await copy(from, to, { resume: true, forceGrpc: true }).then(() => assert(false, "it is not cut"), () => {});
    const runs = await Promise.all([1, 2].map(() => copy(`${source}/`, server.at("m", "far"), { resume: true })));
    for (const { failures } of runs) assertEquals(failures.filter(({ code }) => code !== "changed"), []);
    assertSameTree(destination, source, { basic: true });
    assertComplete(await copy(`${source}/`, server.at("m", "far"), { resume: true }));
    assertEquals(findTemporaries(destination), []);
  }
});

Deno.test("--resume is refused where no server takes part", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.join("a"), "1");
  const { code, stderr } = await blit(["copy", "--resume", scratch.join("a"), scratch.join("b")]);
  assertEquals(code, 2);
  assertMatch(stderr, /^blit: Cannot resume: .* are both on this machine/);
});

/** Waits until nobody writes below a directory any more. */
async function untilFree(root: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const busy = findTemporaries(root).some((path) => !isFree(path));
    if (!busy) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("Somebody keeps writing");
}

function isFree(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    return file.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
