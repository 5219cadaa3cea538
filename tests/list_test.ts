/**
 * `blit list` and `blit jobs`.
 *
 * @module
 */

import { mirror, serve } from "../mod.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { buildTree, dir, symlink } from "./helpers/tree.ts";

const TREE = { "b": "12345", "a": dir({ "x": "1" }), "link": symlink("../somewhere") };

Deno.test("blit list shows the modules of a server", async () => {
  using scratch = new Scratch();
  await using daemon = await serve({
    modules: { "": scratch.path, media: { path: scratch.path, comment: "films\x1b[31m", readOnly: true } },
    port: 0,
  });
  for (const spelling of ["", ":", ":/"]) {
    const { code, stdout, stderr } = await blit(["list", `127.0.0.1:${daemon.port}${spelling}`]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^\/\/\n\/media +\(read-only\) films\S*\n$/);
  }
  const { stdout } = await blit(["list", "--json", `127.0.0.1:${daemon.port}`]);
  assertEquals(parseEvents(stdout).map(({ type, name, readOnly }) => [type, name, readOnly]), [
    ["module", "", false],
    ["module", "media", true],
  ]);
});

testWhere(["unix"], "blit list shows a directory on a server as it shows one here", async () => {
  using scratch = new Scratch();
  const tree = buildTree(scratch.join("tree"), TREE);
  Deno.chmodSync(`${tree}/b`, 0o4751);
  await using daemon = await serve({ modules: { "": scratch.path, m: scratch.path }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  const here = await blit(["list", tree]);
  assertEquals([here.code, here.stderr], [0, ""]);
  const lines = here.stdout.trimEnd().split("\n");
  assertMatch(lines[0], /^d[rwx-]{9} {15,}\d{4}-\d\d-\d\d \d\d:\d\d {2}a\/$/);
  assertMatch(lines[1], /^-rwsr-x--x {13}5 {2}.* {2}b$/);
  assertMatch(lines[2], /^l.* {2}link -> \.\.\/somewhere$/);
  for (const there of [`${server}:/m/tree`, `${server}:/m/tree/`, `${server}://tree`]) {
    assertEquals((await blit(["list", there])).stdout, here.stdout, there);
  }
  const json = async (target: string) => parseEvents((await blit(["list", "--json", target])).stdout);
  assertEquals(await json(`${server}:/m/tree`), await json(`${tree}/`));
  assertEquals((await json(`${server}:/m/tree/b`)).map(({ name, sizeBytes }) => [name, sizeBytes]), [["b", 5]]);
  assertEquals(await json(`${tree}/link`), await json(`${server}:/m/tree/link`));
});

Deno.test("blit list says what it cannot list, and takes no local name for a server", async () => {
  using scratch = new Scratch();
  scratch.directory("photos");
  const cases: [string, number, RegExp][] = [
    ["photos", 2, /Cannot list "photos": it could be a server or a local name/],
    ["./nothing", 2, /no such file or directory/],
    ["127.0.0.1:1", 4, /Cannot reach "127\.0\.0\.1:1": connection refused/],
    ["a b:/m", 2, /neither a local path nor a server/],
  ];
  for (const [target, expected, message] of cases) {
    const { code, stderr, stdout } = await blit(["list", target], { cwd: scratch.path });
    assertEquals([code, stdout], [expected, ""], stderr);
    assertMatch(stderr, message);
  }
  assertEquals((await blit(["list", "./photos"], { cwd: scratch.path })).code, 0);
});

testWhere(["unix"], "Ctrl-C ends the watching of a job without a word, and not the job", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "123" });
  buildTree(scratch.join("module"), { "old": "1" });
  await using daemon = await serve({ modules: { m: scratch.join("module") }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const running = mirror(`${source}/`, `${server}:/m/`, {
    confirmDeletions: () => {
      asked.resolve();
      return answer.promise;
    },
  });
  const ended = Promise.resolve(running);
  ended.catch(() => {}); // waited for below, if all goes well
  await asked.promise;
  const [{ id }] = parseEvents((await blit(["jobs", "list", server])).stdout);
  for (const flag of ["--verbose", "--json"]) {
    // As long as it takes until it watches: then it has told what.
    let isWatching = false;
    for (let waitMs = 1500; !isWatching && waitMs < 25_000; waitMs *= 2) {
      const watching = startBlit(["jobs", "watch", server, id, flag]);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      watching.kill("SIGINT");
      const { code, stdout, stderr } = await watching.result;
      isWatching = stdout.includes('"route"') || stderr.includes("route: remote");
      if (!isWatching) continue;
      assertEquals(code, 130);
      assertEquals(/interrupted|error/i.test(stdout + stderr), false, stdout + stderr);
    }
    assertEquals(isWatching, true);
  }
  answer.resolve(true);
  assertEquals((await ended).deleted, 1);
});

Deno.test("blit jobs lists, watches and cancels the transfers of a server", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "123" });
  buildTree(scratch.join("module"), { "old": "1" });
  await using daemon = await serve({ modules: { m: scratch.join("module") }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  assertEquals((await blit(["jobs", "list", server])).stdout, "");
  assertStringIncludes((await blit(["jobs", "watch", server])).stderr, "Nothing goes on");

  const asked = Promise.withResolvers<void>();
  const running = Promise.resolve(mirror(`${source}/`, `${server}:/m/`, {
    confirmDeletions: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  }));
  const ended = running.catch((error) => error.code);
  await asked.promise;
  const [job] = parseEvents((await blit(["jobs", "list", "--json", server])).stdout);
  assertEquals([job.type, job.status, job.verb, job.role, job.place], ["job", "active", "mirror", "push", "/m/"]);
  const watching = startBlit(["jobs", "watch", server, job.id]);
  // The watcher has to have found the job before it ends, or there is nothing that goes on.
  await watching.began;
  const cancelled = await blit(["jobs", "cancel", server, job.id]);
  assertEquals([cancelled.code, cancelled.stdout], [0, `Job ${job.id} was asked to stop\n`]);
  assertEquals(await ended, "interrupted");
  const watched = await watching.result;
  assertEquals(watched.code, 130, watched.stderr);
  const last = parseEvents(watched.stdout).at(-1);
  assertEquals([last.type, last.summary.status, last.summary.filesCopied], ["finished", "interrupted", 1]);

  const again = await blit(["jobs", "watch", server, job.id]);
  assertEquals(again.code, 130);
  assertEquals(parseEvents(again.stdout).at(-1).summary.status, "interrupted");
  assertEquals(
    (await blit(["jobs", "cancel", server, job.id])).stdout,
    `Job ${job.id} had ended before: interrupted\n`,
  );
  const unknown = await blit(["jobs", "cancel", server, "nothing"]);
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.stderr, 'Cannot find job "nothing"');
  assertEquals((await blit(["jobs", "watch", server, "nothing"])).code, 2);
  assertEquals((await blit(["jobs", "cancel", server])).code, 2);
});
