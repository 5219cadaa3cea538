/**
 * `blit ls|find|du|df|rm` and `blit-utils`: what they say and do, here and on servers.
 *
 * @module
 */

import { runMain } from "../cli/main.ts";
import { createTestIo } from "../cli/_testing.ts";
import { serve } from "../mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, privateHome, type ProgramResult, PROJECT } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, file, rawName, symlink, type Tree } from "./helpers/tree.ts";

const PORTABLE = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--no-prompt"];

const TREE: Tree = {
  "a.txt": file("one", { mtime: "2020-01-02T03:04:05.5Z" }),
  "sub": dir({ "b.jpg": "three", "deep": dir({ "c.jpg": file("12345678"), "empty": dir() }) }),
  "out": symlink("/etc"),
  "odd\n\x1b[31m": "",
};

/** Runs `blit-utils` with these arguments. */
async function utils(args: readonly string[]): Promise<Omit<ProgramResult, "signal">> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${PROJECT}/utils/main.ts`, ...args],
    env: { NO_COLOR: "1", ...privateHome() },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n").sort();
}

for (const kind of ["native", "portable"]) {
  testWhere(
    kind === "native" ? ["native"] : ["unix"],
    `find, du and ls say of a place on a ${kind} daemon what they say of it here`,
    async () => {
      using scratch = new Scratch();
      const tree = buildTree(scratch.join("m"), TREE);
      const permissions = kind === "native" ? ["-A"] : PORTABLE;
      await using server = await startServer(scratch, { m: { path: tree } }, { permissions });
      const there = server.at("m").slice(0, -1);
      const swap = (text: string): string => text.replaceAll(there, tree);
      for (
        const args of [["find"], ["find", "--json"], ["du", "--exact"], ["du", "--json"], ["ls"], ["ls", "--json"]]
      ) {
        // Without FFI times have milliseconds on both sides.
        const [here, remote] = await Promise.all([
          blit([...args, tree], { permissions }),
          blit([...args, `${there}/`], { permissions: ["-A"] }),
        ]);
        assertEquals([remote.code, remote.stderr, here.code, here.stderr], [0, "", 0, ""], args.join(" "));
        assertEquals(linesOf(swap(remote.stdout)), linesOf(here.stdout), args.join(" "));
      }
      server.assertSound();
    },
  );
}

testWhere(["unix"], "find and du say what the tools of the same names say", async () => {
  using scratch = new Scratch();
  const tree = buildTree(scratch.join("m"), { ...TREE, "odd\n\x1b[31m": dir({ "x": "1" }) });
  const found = (await blit(["find", `${tree}/`])).stdout;
  const tool = new TextDecoder().decode(requireTool("find", [tree, "-mindepth", "1", "-print0"]));
  assertEquals(
    linesOf(found),
    tool.split("\0").slice(0, -1).map((path) => path.replace("\n\x1b", "\\n\\x1b")).sort(),
  );
  const measured = parseEvents((await blit(["du", "--json", "--depth", "1", tree])).stdout);
  const du = new TextDecoder().decode(requireTool("du", ["-k", "-d", "1", `${tree}/sub`]));
  const wanted = Number(du.trimEnd().split("\n").at(-1)!.split("\t")[0]) * 1024;
  assertEquals(measured.find(({ path }) => path === `${tree}/sub`).allocatedBytes, wanted);
  assertEquals(measured.length, 3);
  assertEquals(measured.at(-1).path, tree);
});

testWhere(["native"], "find tells kinds, sizes, times and names exactly, and takes what fits only", async () => {
  using scratch = new Scratch();
  buildTree(scratch.join("m"), { ...TREE, [rawName("\xff")]: "" });
  await using daemon = await serve({ modules: { m: scratch.join("m"), "": scratch.path }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  const find = async (...args: string[]) => linesOf((await blit(["find", ...args])).stdout);
  const [text] = parseEvents((await blit(["find", "--json", `${server}:/m`, "a.txt"])).stdout);
  assertEquals(text, {
    type: "entry",
    path: `${server}:/m/a.txt`,
    kind: "file",
    sizeBytes: 3,
    modified: "2020-01-02T03:04:05.500000000Z",
  });
  const raw = parseEvents((await blit(["find", "--json", "--depth", "1", `${server}:/m`])).stdout)
    .find(({ pathBase64 }) => pathBase64 !== undefined);
  assertEquals(raw.path, `${server}:/m/\\xff`);
  assertEquals(Uint8Array.fromBase64(raw.pathBase64).at(-1), 0xff);
  assertEquals(await find(`${server}:/m`, "*.jpg"), [`${server}:/m/sub/b.jpg`, `${server}:/m/sub/deep/c.jpg`]);
  assertEquals(await find(`${server}:/m/sub/`, "deep/*", "--type", "file"), [`${server}:/m/sub/deep/c.jpg`]);
  for (const [letter, kind] of [["f", "file"], ["d", "directory"], ["l", "symlink"]]) {
    const found = await find(`${server}:/m`, "--type", letter);
    assertEquals([found, found.length > 0], [await find(`${server}:/m`, "--type", kind), true], letter);
  }
  assertEquals(await find(`${server}:/m`, "--min-size", "8"), [`${server}:/m/sub/deep/c.jpg`]);
  assertEquals(await find(`${server}:/m`, "--min-age", "52w"), [`${server}:/m/a.txt`]);
  assertEquals((await find(`${server}:/m`, "--limit", "2")).length, 2);
  // A server as a whole is its modules, the default root among them.
  const everywhere = [`${server}://m/sub/b.jpg`, `${server}:/m/sub/b.jpg`];
  assertEquals(await find(`${server}:`, "b.jpg"), everywhere);
  assertEquals((await find(`${server}:/`, "b.jpg", "--limit", "1")).length, 1);
});

Deno.test("df shows the file systems of all modules, of one, and of a path here", async () => {
  using scratch = new Scratch();
  await using daemon = await serve({ modules: { a: scratch.path, b: scratch.path }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  const all = parseEvents((await blit(["df", "--json", `${server}:`])).stdout);
  assertEquals(all.map(({ place }) => place), [`${server}:/a`, `${server}:/b`]);
  for (const { totalBytes, usedBytes, freeBytes } of all) {
    assert(totalBytes > 0 && usedBytes > 0 && usedBytes + freeBytes <= totalBytes);
  }
  const [one, more] = parseEvents((await blit(["df", "--json", `${server}:/b/`])).stdout);
  const [here] = parseEvents((await blit(["df", "--json", scratch.path])).stdout);
  assertEquals([more, one.totalBytes, one.fileSystem], [undefined, here.totalBytes, here.fileSystem]);
  const io = createTestIo({ terminal: true });
  assertEquals(await runMain(["df", `${server}:`], io), 0);
  const [title, ...rows] = linesOf(await io.out()).reverse();
  assertMatch(title, /^PLACE +TYPE +SIZE +USED +FREE +FULL/);
  assertEquals(rows.length, 2);
  for (const row of rows) assert(row.length <= 100, row);
  assertEquals((await blit(["df", `${server}:/nothing`])).code, 2);
});

testWhere(
  ["unix"],
  "every verb takes a server with its port in every spelling, unless something here has its name",
  async () => {
    using scratch = new Scratch();
    scratch.directory("m");
    await using daemon = await serve({ modules: { m: scratch.join("m") }, port: 0 });
    const server = `127.0.0.1:${daemon.port}`;
    const verbs = [["df"], ["du"], ["find"], ["ls"], ["list"], ["jobs", "list"]];
    for (const verb of verbs) {
      const answers = await Promise.all(["", ":"].map((end) => {
        const io = createTestIo();
        return runMain([...verb, `${server}${end}`], io).then(async (status) => [status, await io.err()]);
      }));
      assertEquals(answers, [[0, ""], [0, ""]], verb.join(" "));
    }
    const cwd = buildTree(scratch.join("cwd"), { [server]: "" });
    for (const verb of ["df", "list"]) {
      const { code, stderr } = await blit([verb, server], { cwd });
      assertEquals(code, 2);
      assertMatch(stderr, /it could be a server or a local name\n.*"\.\/name", a server "server:" or "server:9031:"/);
      assertEquals((await blit([verb, `${server}:`], { cwd })).code, 0);
    }
  },
);

testWhere(["unix"], "rm shows, asks, removes a tree and nothing else", async () => {
  using scratch = new Scratch();
  const tree = buildTree(scratch.join("m"), {
    "old": dir({ ...TREE, "out": symlink("../stays") }),
    "stays": dir({ "x": "1" }),
  });
  const before = listPaths(tree);
  await using daemon = await serve({ modules: { m: tree }, port: 0 });
  const place = `127.0.0.1:${daemon.port}:/m/old`;
  const planned = await blit(["rm", "--dry-run", place]);
  assertEquals([planned.code, planned.stderr], [0, "blit: 9 entries would be removed\n"]);
  assertEquals(linesOf(planned.stdout)[0], place);
  const refused = await blit(["rm", place]);
  assertEquals([refused.code, refused.stdout], [3, ""]);
  assertMatch(refused.stderr, /Cannot delete 9 entries from ".*\/m\/old": there is no terminal/);
  const no = createTestIo({ terminal: true, input: ["n\n"] });
  assertEquals(await runMain(["rm", place], no), 3);
  assertEquals(listPaths(tree), before);
  const yes = createTestIo({ terminal: true, input: ["y\n"] });
  assertEquals(await runMain(["rm", `${place}/out`], yes), 0);
  assertMatch(await yes.err(), /Delete 1 entry from .*\n?blit: 1 entry removed\n$/);
  const removed = await blit(["rm", "--yes", "--json", "--verbose", place]);
  const events = parseEvents(removed.stdout);
  assertEquals(events.at(-1), { type: "summary", status: "done", dryRun: false, removed: 8, failures: 0 });
  const paths = events.slice(0, -1).map(({ path }) => path);
  assertEquals(
    paths.sort(),
    planned.stdout.trimEnd().split("\n").filter((path) => path !== `${place}/out`).map((path) =>
      path.replace("\\n\\x1b", "\n\x1b")
    ).sort(),
  );
  assertEquals(listPaths(tree), ["stays/", "stays/x"]);
});

testWhere(
  ["mounts"],
  "rm names what it cannot remove, keeps what is above it, removes the rest, and exits with 1",
  async () => {
    using scratch = new Scratch();
    const tree = buildTree(scratch.join("m"), {
      "old": dir({ "a": "1", "z": dir({ "mount": dir(), "b": "2" }), "y": dir() }),
    });
    const mount = `${tree}/old/z/mount`;
    requireTool("mount", ["-t", "tmpfs", "-o", "size=1m", "blit-test", mount]);
    try {
      await using daemon = await serve({ modules: { m: tree }, port: 0 });
      const { code, stdout, stderr } = await blit(["rm", "--yes", `127.0.0.1:${daemon.port}:/m/old`]);
      assertEquals([code, stdout], [1, ""]);
      assertEquals(stderr, `blit: Cannot remove directory "/m/old/z/mount": it is in use\nblit: 3 entries removed\n`);
      assertEquals(listPaths(tree), ["old/", "old/z/", "old/z/mount/"]);
    } finally {
      requireTool("umount", [mount]);
    }
  },
);

Deno.test("blit-utils has the verbs of an administrator, under its own name", async () => {
  using scratch = new Scratch();
  buildTree(scratch.join("m"), { "a": "1" });
  const [help, found, other, failed, version] = await Promise.all([
    utils(["--help"]),
    utils(["find", scratch.join("m")]),
    utils(["copy", "a", "b"]),
    utils(["du", scratch.join("nothing")]),
    utils(["--version"]),
  ]);
  assertMatch(help.stdout, /^Looks at .*\n\nUsage: blit-utils VERB/s);
  for (const verb of ["list", "ls", "find", "du", "df", "rm", "profile"]) {
    assertMatch(help.stdout, new RegExp(`^  ${verb} `, "m"));
  }
  assert(!/^ {2}(copy|mirror|jobs list) /m.test(help.stdout));
  assertEquals([found.code, found.stdout], [0, `${scratch.join("m")}/a\n`]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.stderr, 'blit-utils: Unknown verb "copy"');
  assertEquals(failed.code, 2);
  assertMatch(failed.stderr, /^blit-utils: Cannot .*no such file or directory/);
  assertMatch(version.stdout, /^blit-utils \d/);
});

Deno.test("the permission set of blit-utils is enough to look here and on a server", async () => {
  using scratch = new Scratch();
  buildTree(scratch.join("m"), { "a": "1" });
  await using daemon = await serve({ modules: { m: scratch.join("m") }, port: 0 });
  const permissions = [`--config=${PROJECT}/deno.json`, "--permission-set=utils", "--no-prompt"];
  for (const target of [scratch.join("m"), `127.0.0.1:${daemon.port}:/m`]) {
    for (const verb of ["find", "df"]) {
      const { code, stderr } = await blit([verb, target], { permissions });
      assertEquals([code, stderr], [0, ""], `${verb} ${target}`);
    }
  }
});

testWhere(["unix"], "every verb ends quietly where nobody reads from the beginning", async () => {
  using scratch = new Scratch();
  const path = buildTree(scratch.join("m"), { a: "1", b: dir({ c: "2" }) });
  await using daemon = await serve({ modules: { m: path }, port: 0 });
  const host = `127.0.0.1:${daemon.port}`;
  const there = `${host}:/m`;
  const lines = [
    ...["find", "du", "ls", "df"].flatMap((verb) => [`${verb} ${there}`, `${verb} ${path}`, `${verb} --json ${there}`]),
    ...[`list ${there}`, `list ${host}`, `df ${host}`, `jobs list ${host}`],
  ];
  const results = await Promise.all(lines.map(async (line) => {
    const program = `${Deno.execPath()} run -A --quiet ${PROJECT}/mod.ts`;
    const script = `${program} ${line} | (exec <&-; sleep 3); echo "\${PIPESTATUS[0]}"`;
    const output = await new Deno.Command("bash", { args: ["-c", script], env: privateHome() }).output();
    return [line, new TextDecoder().decode(output.stdout), new TextDecoder().decode(output.stderr)];
  }));
  assertEquals(results, lines.map((line) => [line, "0\n", ""]));
});

testWhere(["unix"], "ls prints a directory of any size, and find ends when nobody reads any more", async () => {
  using scratch = new Scratch();
  scratch.directory("m");
  requireTool("bash", ["-c", "seq -f 'a-file-with-a-long-name-%g' 12000 | xargs touch"], scratch.join("m"));
  await using daemon = await serve({ modules: { m: scratch.join("m") }, port: 0 });
  const there = `127.0.0.1:${daemon.port}:/m`;
  for (const target of [there, scratch.join("m")]) {
    const { stdout } = await blit(["ls", target]);
    assertEquals(new Set(stdout.trimEnd().split("\n").map((line) => line.split(" ").at(-1))).size, 12_000);
    for (const verb of ["find", "ls", "find --json"]) {
      const program = `${Deno.execPath()} run -A --quiet ${PROJECT}/mod.ts`;
      const script = `${program} ${verb} ${target} | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
      const output = await new Deno.Command("bash", { args: ["-c", script], env: privateHome() }).output();
      assertEquals(
        [new TextDecoder().decode(output.stdout), new TextDecoder().decode(output.stderr)],
        ["0\n", ""],
        verb,
      );
    }
  }
});
