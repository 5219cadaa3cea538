/**
 * What people and programs see of a transfer with a daemon: the question before deleting, exit statuses, -v, --json, progress.
 *
 * @module
 */

import { copy, type TransferEvent } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, privateHome, writeCommand } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, type Tree } from "./helpers/tree.ts";
import { Terminal } from "./helpers/tty.ts";

const SOURCE: Tree = { "a": "1" };
const DESTINATION: Tree = { "extra": "2", "sub": dir({ "extra too": "3" }) };

for (const route of ["push", "pull"] as const) {
  testWhere(
    ["unix"],
    `blit mirror by ${route} deletes only what it may: no terminal, --max-delete, --dry-run, --yes`,
    async () => {
      using scratch = new Scratch();
      const module = scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: module } });
      const source = buildTree(`${route === "push" ? scratch.path : module}/source`, SOURCE);
      const destination = buildTree(`${route === "push" ? module : scratch.path}/destination`, DESTINATION);
      const from = route === "push" ? `${source}/` : server.at("m", "source/");
      const to = route === "push" ? server.at("m", "destination") : destination;
      const all = ["extra", "sub/", "sub/extra too"];
      const dry = await blit(["mirror", "-v", "--dry-run", from, to]);
      assertEquals([dry.code, listPaths(destination)], [0, all], dry.stderr);
      const asked = await blit(["mirror", from, to]);
      assertEquals([asked.code, listPaths(destination)], [3, ["a", ...all]], asked.stderr);
      assertMatch(asked.stderr, /^blit: Cannot delete 3 entries from ".*destination": there is no terminal to ask on/m);
      assertMatch(asked.stderr, /--yes/);
      const many = await blit(["mirror", "--yes", "--max-delete", "2", from, to]);
      assertEquals([many.code, listPaths(destination)], [3, ["a", ...all]], many.stderr);
      const done = await blit(["mirror", "--yes", "-v", from, to]);
      assertEquals([done.code, listPaths(destination)], [0, ["a"]], done.stderr);
      const deletions = (text: string) => text.split("\n").filter((line) => /extra|sub/.test(line)).sort();
      assertEquals(deletions(done.stdout).length, 3, done.stdout);
      assertEquals(deletions(done.stdout), deletions(dry.stdout));
      Deno.removeSync(`${source}/a`);
      const empty = await blit(["mirror", "--yes", from, to]);
      assertEquals([empty.code, listPaths(destination)], [3, ["a"]], empty.stderr);
      assertMatch(empty.stderr, /--allow-empty-source/);
      const allowed = await blit(["mirror", "--yes", "--allow-empty-source", from, to]);
      assertEquals([allowed.code, listPaths(destination)], [0, []], allowed.stderr);
      server.assertSound();
    },
  );

  for (const answer of ["y", "n"]) {
    testWhere(["tmux"], `blit mirror by ${route} asks on a terminal, and "${answer}" is an answer`, async () => {
      using scratch = new Scratch();
      writeCommand(scratch);
      const module = scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: module } });
      buildTree(`${route === "push" ? scratch.path : module}/source`, SOURCE);
      const destination = buildTree(`${route === "push" ? module : scratch.path}/destination`, DESTINATION);
      const from = route === "push" ? "source/" : server.at("m", "source/");
      const to = route === "push" ? server.at("m", "destination") : "destination";
      using terminal = new Terminal(scratch.path, privateHome());
      terminal.type(`clear; ./blit mirror ${from} ${to}; echo status=$?`);
      await terminal.waitFor(/elete 3 entries from "[^"]*destination"\? \[y\/N\]/);
      assertEquals(listPaths(destination), ["a", "extra", "sub/", "sub/extra too"]);
      terminal.type(answer);
      const end = await terminal.waitFor(/status=\d/);
      assertMatch(end, answer === "y" ? /status=0/ : /status=3/);
      assertEquals(listPaths(destination), answer === "y" ? ["a"] : ["a", "extra", "sub/", "sub/extra too"]);
    });
  }

  testWhere(
    ["unix"],
    `blit --json by ${route} prints the events of a local run, the last one the summary`,
    async () => {
      using scratch = new Scratch();
      const module = scratch.directory("module");
      await using server = await startServer(scratch, { m: { path: module } });
      const source = buildTree(`${route === "push" ? scratch.path : module}/source`, { ...SOURCE, ...DESTINATION });
      const from = route === "push" ? `${source}/` : server.at("m", "source/");
      const to = route === "push" ? server.at("m", "there") : scratch.join("there");
      const remote = parseEvents((await blit(["copy", "--json", "-v", from, to])).stdout);
      const local = parseEvents((await blit(["copy", "--json", "-v", `${source}/`, scratch.join("local")])).stdout);
      const shape = (events: { type: string; path?: string; action?: string }[]) =>
        events.filter(({ type }) => type !== "progress").map(({ type, path, action }) => `${type} ${action} ${path}`)
          .sort();
      assertEquals(shape(remote), shape(local));
      assertEquals(remote.map(({ sequence }) => sequence), remote.map((_, i) => i + 1));
      const { summary } = remote.at(-1);
      assertEquals([summary.route, summary.status, summary.filesCopied], ["remote", "done", 3]);
      assertEquals(Object.keys(summary).sort(), Object.keys(local.at(-1).summary).sort());
      const differing = await blit(["verify", from, to]);
      assertEquals(differing.code, 0, differing.stderr);
      Deno.writeTextFileSync(`${source}/a`, "changed");
      const found = await blit(["verify", from, to]);
      assertEquals(found.code, 1);
      assertMatch(found.stdout, /\ba\b/);
    },
  );

  testWhere(["unix"], `a ${route} that takes a while tells its progress, and bytes never shrink`, async () => {
    using scratch = new Scratch();
    const module = scratch.directory("module");
    await using server = await startServer(scratch, { m: { path: module } });
    const source = `${route === "push" ? scratch.path : module}/source`;
    for (let d = 0; d < 10; d++) {
      Deno.mkdirSync(`${source}/d${d}`, { recursive: true });
      for (let i = 0; i < 500; i++) Deno.writeTextFileSync(`${source}/d${d}/f${i}`, `${d} ${i}`);
    }
    const events: TransferEvent[] = [];
    const from = route === "push" ? `${source}/` : server.at("m", "source/");
    const to = route === "push" ? server.at("m", "there") : scratch.join("there");
    const summary = await copy(from, to, { onEvent: (event) => events.push(event) });
    const progress = events.filter((event) => event.type === "progress");
    // On a busy machine most of a few seconds is connecting; so long a transfer has several beats.
    if (summary.elapsedMs > 10_000) assert(progress.length > 0, "no progress is told");
    const bytes = progress.map(({ bytesCopied }) => bytesCopied);
    assertEquals(bytes, bytes.toSorted((a, b) => a - b));
    assertEquals(summary.filesCopied, 5000);
  });
}
