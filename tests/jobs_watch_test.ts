/**
 * `blit jobs list` and `blit jobs watch`: rows for people, JSON for programs.
 *
 * @module
 */

import { copy, mirror, serve, type ServedDaemon } from "../mod.ts";
import { assert, assertEquals, assertMatch, assertNotMatch } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, commandLine, parseEvents, privateHome, writeCommand } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { buildTree } from "./helpers/tree.ts";
import { Terminal } from "./helpers/tty.ts";

interface WaitingJob {
  readonly id: string;
  /** Lets it come to its end. */
  end(): Promise<void>;
}

/** A mirror to a directory of the module `m`, which goes on for as long as its question is open. */
async function begin(scratch: Scratch, daemon: ServedDaemon, name: string): Promise<WaitingJob> {
  const source = buildTree(scratch.join(`source ${name}`), { "new": "123", "newer": "45" });
  buildTree(scratch.join("module", name), { "old": "1" });
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const running = mirror(`${source}/`, `127.0.0.1:${daemon.port}:/m/${name}`, {
    confirmDeletions: () => {
      asked.resolve();
      return answer.promise;
    },
  });
  const ended = Promise.resolve(running);
  ended.catch(() => {}); // told to whoever waits for the end
  await asked.promise;
  const { stdout } = await blit(["jobs", "list", `127.0.0.1:${daemon.port}`]);
  const { id } = parseEvents(stdout).find(({ place, status }) => status === "active" && place === `/m/${name}`);
  return {
    id,
    async end() {
      answer.resolve(true);
      await ended;
    },
  };
}

async function serveModule(scratch: Scratch): Promise<ServedDaemon> {
  return await serve({ modules: { m: scratch.directory("module") }, port: 0 });
}

testWhere(
  ["tmux"],
  "blit jobs watch has a row for each job on a terminal, and keeps a line of those that end",
  async () => {
    using scratch = new Scratch();
    writeCommand(scratch);
    await using daemon = await serveModule(scratch);
    const server = `127.0.0.1:${daemon.port}`;
    const first = await begin(scratch, daemon, "first");
    using terminal = new Terminal(scratch.path, privateHome());
    terminal.type(`clear; ./blit jobs watch ${server}; echo status=$?`);
    const one = await terminal.waitFor(/\/m\/first/);
    assertMatch(one, /^ID +VERB +ROLE +FILES +SIZE +FOUND +RATE +PEER +PLACE$/m);
    assertMatch(
      one,
      new RegExp(`^${first.id.slice(0, 8)} +mirror +push .* 127\\.0\\.0\\.1 +/m/first$`, "m"),
    );
    const second = await begin(scratch, daemon, "second");
    const two = await terminal.waitFor(/\/m\/second/);
    assertEquals(two.match(/^ID /gm)?.length, 1, two);
    assertEquals(two.match(/\/m\/first/g)?.length, 1, two);
    await first.end();
    const rest = await terminal.waitFor(/done: mirror/);
    assertMatch(
      rest,
      new RegExp(`^${first.id.slice(0, 8)} done: mirror push 127\\.0\\.0\\.1 /m/first: 2 files, 5 bytes$`, "m"),
    );
    assertEquals(rest.match(/\/m\/first/g)?.length, 1, rest);
    await second.end();
    const end = await terminal.waitFor(/status=\d/);
    assertMatch(end, /status=0/);
    assertMatch(end, new RegExp(`^${second.id.slice(0, 8)} done: `, "m"));
    assertNotMatch(end, /^ID /m);
  },
);

testWhere(["tmux"], "blit jobs watch keeps to a small terminal, and Ctrl-C ends the watching only", async () => {
  using scratch = new Scratch();
  writeCommand(scratch);
  await using daemon = await serveModule(scratch);
  const jobs: WaitingJob[] = [];
  for (const name of ["one", "two", "three"]) jobs.push(await begin(scratch, daemon, name));
  using terminal = new Terminal(scratch.path, privateHome());
  terminal.resize(50, 4);
  terminal.type(`clear; ./blit jobs watch 127.0.0.1:${daemon.port}; echo status=$?`);
  await terminal.waitFor(/and 2 others/);
  // Drawn again and again, nothing of it moves up and stays.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const screen = terminal.screen();
  assertEquals(screen.match(/^ID /gm)?.length, 1, screen);
  terminal.press("C-c");
  const end = await terminal.waitFor(/status=\d/);
  assertMatch(end, /status=130/);
  assertNotMatch(end, /^ID /m);
  terminal.resize(100, 30);
  await terminal.clear();
  terminal.type(`./blit jobs list 127.0.0.1:${daemon.port}; echo status=$?`);
  const listed = await terminal.waitFor(/status=\d/);
  assertEquals(listed.match(/^[0-9a-f]{8} +active +mirror/gm)?.length, 3, listed);
  for (const job of jobs) await job.end();
});

Deno.test("blit jobs watch and list print JSON where there is no terminal", async () => {
  using scratch = new Scratch();
  await using daemon = await serveModule(scratch);
  const server = `127.0.0.1:${daemon.port}`;
  assertEquals((await blit(["jobs", "list", server])).stdout, "");
  const before = await begin(scratch, daemon, "before");
  await before.end();
  const job = await begin(scratch, daemon, "job");
  const listed = parseEvents((await blit(["jobs", "list", server])).stdout);
  assertEquals(listed.map(({ type, id, status }) => [type, id, status]), [["job", job.id, "active"], [
    "job",
    before.id,
    "done",
  ]]);

  const [command, ...args] = commandLine(["jobs", "watch", server]);
  const child = new Deno.Command(command, { args, env: privateHome(), stdout: "piped", stderr: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let stdout = (await reader.read()).value ?? "";
  // It is watched by now. One that begins and ends between two looks is told, too.
  const short = buildTree(scratch.join("short"), { "a": "1" });
  await copy(`${short}/`, `${server}:/m/short`);
  await job.end();
  for (let next = await reader.read(); !next.done; next = await reader.read()) stdout += next.value;
  const stderr = (await new Response(child.stderr).text()).trim();
  assertEquals([(await child.status).code, stderr], [0, ""]);
  const events = parseEvents(stdout);
  assertEquals(events.every(({ type }) => type === "job"), true);
  assertEquals([events[0].id, events[0].status], [job.id, "active"]);
  assertEquals(events.findLast(({ id }) => id === job.id).counters.filesCopied, 2);
  const ended = events.filter(({ status }) => status !== "active").map(({ place, status }) => [place, status]);
  assertEquals(ended.sort(), [["/m/job", "done"], ["/m/short", "done"]]);

  const one = await blit(["jobs", "watch", server, job.id.slice(0, 6)]);
  assertEquals([one.code, parseEvents(one.stdout).at(-1).type], [0, "finished"]);
  for (const flag of ["--verbose", "--no-progress"]) {
    const refused = await blit(["jobs", "watch", flag, server]);
    assertEquals(refused.code, 2);
    assertMatch(refused.stderr, new RegExp(`Cannot use ${flag} without an id`));
  }
});

testWhere(
  ["unix"],
  "blit jobs watch ends quietly when nobody reads any more, and waits in silence with --quiet",
  async () => {
    using scratch = new Scratch();
    writeCommand(scratch);
    await using daemon = await serveModule(scratch);
    const server = `127.0.0.1:${daemon.port}`;
    const job = await begin(scratch, daemon, "job");
    const quiet = blit(["jobs", "watch", "--quiet", server]);
    for (const id of ["", job.id]) {
      // The second line is written to nobody.
      const script = `{ timeout 60 ./blit jobs watch ${server} ${id}; echo "status=$?" >&2; } | head -n 1`;
      const child = new Deno.Command("bash", {
        args: ["-c", script],
        cwd: scratch.path,
        env: privateHome(),
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let isOver = false;
      const output = child.output().finally(() => isOver = true);
      // Without an id something has to change before there is a second line.
      for (let i = 0; id === "" && !isOver; i++) {
        const other = await begin(scratch, daemon, `other ${i}`);
        await other.end();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      const { stdout, stderr } = await output;
      assertEquals(new TextDecoder().decode(stdout).split("\n").length, 2);
      assertMatch(new TextDecoder().decode(stderr), /^status=(0|141)\n$/);
    }
    await job.end();
    const { code, stdout, stderr } = await quiet;
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);

testWhere(["unix"], "blit jobs cancel takes the beginning of an id, if only one job has it", async () => {
  using scratch = new Scratch();
  await using daemon = await serveModule(scratch);
  const server = `127.0.0.1:${daemon.port}`;
  const first = await begin(scratch, daemon, "first");
  await first.end();
  const second = await begin(scratch, daemon, "second");
  const common = [...first.id].findIndex((character, i) => character !== second.id[i]);
  if (common > 0) {
    const doubtful = await blit(["jobs", "cancel", server, first.id.slice(0, common)]);
    assertEquals(doubtful.code, 2);
    assert(doubtful.stderr.includes("2 begin so"), doubtful.stderr);
  }
  const { code, stdout } = await blit(["jobs", "cancel", server, second.id.slice(0, common + 1)]);
  assertEquals([code, stdout], [0, `Job ${second.id} was asked to stop\n`]);
  await second.end().catch(() => {}); // it was cancelled
});
