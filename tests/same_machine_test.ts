/**
 * A daemon on the client's own machine: what it exports under one path is at another path here, and neither end may take itself for
 * something else.
 *
 * @module
 */

import { chooseFileSystem } from "../core/fs/mod.ts";
import { createIdentify } from "../core/transfer/run/identity.ts";
import { BlitError, copy, mirror, move, type TransferSummary, verify } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { bindMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { assertSameTree, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, rawName, symlink, type Tree } from "./helpers/tree.ts";

const TREE: Tree = {
  "a": "1",
  "sub": dir({ "b": "22", "deep": dir({ "c": "333" }) }),
  "link": symlink("a"),
  [rawName("dir-\xe9")]: dir({ "d": "4" }),
};

interface Machine extends AsyncDisposable {
  readonly server: TestServer;
  /** What the module is here. */
  readonly module: string;
  /** What is there when nothing was harmed. */
  assertWhole(): void;
}

async function startMachine(scratch: Scratch): Promise<Machine> {
  const module = buildTree(scratch.join("module"), { "t": dir(TREE) });
  const server = await startServer(scratch, { m: { path: module } });
  const before = snapshot(module, { withoutTimes: true });
  return {
    server,
    module,
    assertWhole: () => assertSameTree(module, before, { withoutTimes: true }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      server.assertSound();
    },
  };
}

async function reasonOf(run: PromiseLike<TransferSummary>): Promise<string> {
  try {
    return (await run).status;
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
    return `${error.code}: ${error.message.replace(/^.*": /, "")}`;
  }
}

const SAME = "refused: they are the same directory";
const INSIDE = "refused: the destination is inside the source";
const ABOVE = "refused: the source is inside the destination";

/** Source and destination below the module, and how it has to end. */
const OVERLAPS: readonly [verb: typeof copy, source: string, destination: string, reason: string][] = [
  [move, "t/", "t", SAME],
  [mirror, "t", "", SAME],
  [move, "t/sub/deep/", "t/sub/deep/", SAME],
  [copy, "t/", "t/sub/new/er", INSIDE],
  [move, "t", "t/sub", INSIDE],
  [mirror, "t/sub/", "t", ABOVE],
  [move, "t/sub/deep/", "t", ABOVE],
  [move, "t/a", "t", "refused: they are the same file"],
  [copy, "t/a", "t/a", "refused: they are the same file"],
];

testWhere(
  ["linux", "native"],
  "a transfer through a daemon never takes a tree for another one that it is",
  async () => {
    using scratch = new Scratch();
    await using machine = await startMachine(scratch);
    const { server, module } = machine;
    const here = (path: string): string => `${module}/${path}`;
    const there = (path: string): string => server.at("m", path);
    await Promise.all(OVERLAPS.map(async ([verb, source, destination, reason]) => {
      const what = `${verb.name} ${source} ${destination}`;
      assertEquals(await reasonOf(verb(here(source), there(destination))), reason, `push: ${what}`);
      assertEquals(await reasonOf(verb(there(source), here(destination))), reason, `pull: ${what}`);
    }));
    machine.assertWhole();
    // A link would be all that is left of the file that it leads to.
    const link = await reasonOf(move(`${module}/t/link`, server.at("m", "t/a")));
    assertEquals(link, "refused: the source leads to it, or is inside it");
    machine.assertWhole();
  },
);

testWhere(
  ["linux", "native"],
  "neighbours on one machine are no obstacle, and what is verified may overlap",
  async () => {
    using scratch = new Scratch();
    await using machine = await startMachine(scratch);
    const { server, module } = machine;
    assertComplete(await copy(`${module}/t/`, server.at("m", "pushed")));
    assertComplete(await copy(server.at("m", "t/"), `${module}/pulled`));
    assertComplete(await copy(`${module}/t/a`, server.at("m", "t/sub/")));
    assertComplete(await mirror(server.at("m", "t/sub/"), `${module}/pulled/sub`));
    assertComplete(await move(`${module}/pushed`, server.at("m", "t/sub/")));
    assertEquals(Deno.readTextFileSync(`${module}/t/sub/pushed/a`), "1");
    assertEquals((await verify(`${module}/t/sub/`, server.at("m", "t"))).status, "differences");
  },
);

testWhere(["mounts", "native"], "a mount, fewer permissions and a second daemon hide nothing", async () => {
  using scratch = new Scratch();
  await using machine = await startMachine(scratch);
  const { server, module } = machine;
  using _bind = bindMount(module, scratch.directory("elsewhere"));
  const elsewhere = scratch.join("elsewhere");
  assertEquals(await reasonOf(move(`${elsewhere}/t/`, server.at("m", "t"))), SAME);
  assertEquals(await reasonOf(move(server.at("m", "t/"), `${elsewhere}/t`)), SAME);
  const options = { fileSystem: "portable" } as const;
  assertEquals(await reasonOf(move(server.at("m", "t/"), `${elsewhere}/t`, options)), SAME);
  const rule = `127.0.0.1:${server.daemon.port}`;
  const permissions = ["--allow-read", "--allow-write", "--allow-net", "--allow-sys", "--allow-ffi"];
  await using other = await startServer(scratch, { n: { path: elsewhere } }, { delegation: [rule], permissions });
  assertEquals(await reasonOf(move(`${module}/t/`, other.at("n", "t"))), SAME);
  assertEquals(await reasonOf(move(other.at("n", "t/"), `${module}/t`)), SAME);
  for (const verb of [copy, mirror]) {
    assertEquals(await reasonOf(verb(server.at("m", "t/"), other.at("n", "t"))), SAME);
    assertEquals(await reasonOf(verb(server.at("m", "t/"), other.at("n", "t/sub/new"))), INSIDE);
    assertEquals(await reasonOf(verb(server.at("m", "t/sub/"), other.at("n", "t"))), ABOVE);
  }
  machine.assertWhole();
});

testWhere(["linux", "native"], "blit says that both ends are on one machine, and exits with 3", async () => {
  using scratch = new Scratch();
  await using machine = await startMachine(scratch);
  const pushed = await blit(["move", `${machine.module}/t/`, machine.server.at("m", "t")]);
  assertEquals([pushed.code, pushed.stdout], [3, ""]);
  assertMatch(pushed.stderr, /^blit: Cannot move ".*module\/t\/" to "\/m\/t": they are the same directory$/m);
  assertMatch(pushed.stderr, /one machine/);
  machine.assertWhole();
});

testWhere(["linux"], "identities tell entries apart, and say nothing about them", () => {
  const identify = createIdentify(chooseFileSystem())!;
  const first = identify({ dev: 1, inoHigh: 0, inoLow: 23 });
  assertMatch(first, /^[0-9a-f]{32}$/);
  assertEquals(createIdentify(chooseFileSystem())!({ dev: 1, inoHigh: 0, inoLow: 23 }), first);
  const others = [{ dev: 12, inoHigh: 0, inoLow: 3 }, { dev: 1, inoHigh: 23, inoLow: 0 }, {
    dev: 2,
    inoHigh: 0,
    inoLow: 23,
  }];
  assert(others.every((other) => identify(other) !== first));
});
