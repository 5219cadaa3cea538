/**
 * Mirrors between machines of which one has the portable file system: what only the destination has goes, wherever the source is
 * and whatever it is called, unless the source could not be read.
 *
 * @module
 */

import { mirror, type MirrorOptions, type TransferSummary } from "../mod.ts";
import { Role } from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit } from "./helpers/program.ts";
import { RawTransfer, sendAll } from "./helpers/raw_transfer.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { injecting } from "./helpers/strace.ts";
import { buildTree, dir, type Tree } from "./helpers/tree.ts";

const PORTABLE = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--no-prompt"];

/** In a name that no path of a message could be taken for. */
const SOURCE: Tree = { "a\nb": dir({ "1": "1", "2": "2" }), "y": "3" };
const DESTINATION: Tree = { "a\nb": dir({ "1": "1", "2": "2", "3": "3" }), "z": dir({ "4": "4" }) };
const KEPT = listOf(SOURCE);
const ALL = [...listOf(DESTINATION), "y"].sort();

/** A mirror and its two ends. */
interface Ends {
  readonly server: TestServer;
  readonly source: string;
  readonly destination: string;
  readonly run: (options?: MirrorOptions) => PromiseLike<TransferSummary>;
}

/** Which end has the portable file system. */
const WAYS = {
  "push to a portable daemon": { isPush: true, daemon: PORTABLE, client: undefined },
  "push from a portable client": { isPush: true, daemon: ["-A"], client: "portable" },
  "pull from a portable daemon": { isPush: false, daemon: PORTABLE, client: undefined },
  "pull with a portable client": { isPush: false, daemon: ["-A"], client: "portable" },
} as const;

async function between(way: keyof typeof WAYS, test: (ends: Ends) => Promise<void>): Promise<void> {
  const { isPush, daemon: permissions, client: fileSystem } = WAYS[way];
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), SOURCE);
  const destination = buildTree(scratch.join("destination"), DESTINATION);
  await using server = await startServer(scratch, { m: { path: isPush ? destination : source } }, { permissions });
  const [from, to] = isPush ? [`${source}/`, server.at("m")] : [server.at("m"), destination];
  const chosen = fileSystem === undefined ? {} : { fileSystem };
  await test({ server, source, destination, run: (options) => mirror(from, to, { ...chosen, ...options }) });
  server.assertSound();
}

for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
  testWhere(["unix"], `mirror() deletes what only the destination has, in a ${way}`, async () => {
    await between(way, async ({ destination, run }) => {
      const plan = await run({ dryRun: true });
      assertComplete(plan);
      assertEquals([plan.deleted, listPaths(destination)], [3, listOf(DESTINATION)]);
      const summary = await run();
      assertComplete(summary);
      assertEquals([summary.deleted, listPaths(destination)], [3, KEPT]);
    });
  });
}

testWhere(["unix"], "what a client calls its source is no path that a portable daemon looks at", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "kept": "1" });
  const outside = buildTree(scratch.join("outside"), { "secret": "2" });
  const tree = { "kept": "1", "secret": "3" };
  const module = buildTree(scratch.join("module"), { "one": dir(tree), "two": dir(tree) });
  await using server = await startServer(scratch, { root: { path: module } }, { permissions: PORTABLE });
  const ends: string[] = [];
  for (const [path, label] of [["one", outside], ["two", scratch.join("nowhere")]]) {
    const { port } = server.daemon;
    using transfer = await RawTransfer.open({ port, role: Role.PUSH, path, verb: "mirror", label });
    await sendAll(await transfer.openLane(), source);
    assertEquals(await transfer.outcome(), undefined);
    assertEquals(listPaths(`${module}/${path}`), ["kept"]);
    const { deleted, failed } = transfer.end!.counters!;
    ends.push(`${deleted} deleted, ${failed} failed`);
  }
  assertEquals(ends[0], ends[1]);
  server.assertSound();
});

for (const fault of ["error=EIO", "error=ENODATA"]) {
  testWhere(
    ["linux", "strace"],
    `a portable client that could not list a directory deletes nothing, ${fault}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), SOURCE);
      const destination = buildTree(scratch.join("destination"), DESTINATION);
      await using server = await startServer(scratch, { m: { path: destination } });
      const under = injecting({ call: "getdents64", fault, path: Deno.realPathSync(`${source}/a\nb`) });
      const args = ["mirror", "--yes", `${source}/`, server.at("m")];
      const { code, stderr } = await blit(args, { under, permissions: PORTABLE });
      assertEquals(code, 1);
      assertMatch(stderr, /Cannot read directory/);
      assertEquals(listPaths(destination), ALL);
    },
  );
}

testWhere(["linux", "strace"], "a portable daemon that could not list a directory has nothing deleted", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), SOURCE);
  const destination = buildTree(scratch.join("destination"), DESTINATION);
  const path = Deno.realPathSync(`${source}/a\nb`);
  // The daemon is the child that is to be stopped, and strace a process beside it.
  const under = injecting({ call: "getdents64", fault: "error=EIO", path }).toSpliced(1, 0, "-D");
  const options = { under, permissions: PORTABLE };
  await using server = await startServer(scratch, { m: { path: source } }, options);
  const { status, failures } = await mirror(server.at("m"), destination);
  assertEquals([status, failures.map(({ path, code }) => [path, code])], ["partial", [["a\nb", "io"]]]);
  assert(!failures[0].message.includes(source), failures[0].message);
  assertEquals(listPaths(destination), ALL);
});

function listOf(tree: Tree): string[] {
  using scratch = new Scratch();
  return listPaths(buildTree(scratch.join("tree"), tree));
}
