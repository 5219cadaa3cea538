/**
 * Listing directories of a daemon: of any size, at any pace, on disks that do not answer.
 *
 * @module
 */

import { asByteString, type ByteString } from "../core/paths/bytes.ts";
import { connectControl, type ControlClient } from "../core/wire/control/client.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { FuseMount, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { commandLine, privateHome } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { buildTree, dir } from "./helpers/tree.ts";
import { openBelow } from "./helpers/usage.ts";
import { until } from "./helpers/wait.ts";

const ENTRIES = 200_000;
/** What a daemon may take more than before, in MiB. */
const MOST_GROWTH = 60;

function place(module: string, ...path: string[]): { module: string; path: ByteString[] } {
  return { module, path: path.map(asByteString) };
}

/** Memory of a process, in MiB: now, and at its peak. */
function memoryOf(pid: number): { now: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mebibytes = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: mebibytes("VmRSS"), peak: mebibytes("VmHWM") };
}

/** `blit ls`, whose output waits in its pipe until somebody reads. */
class RunningLs {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";
  hasEnded = false;

  constructor(args: readonly string[]) {
    const [command, ...rest] = commandLine(["ls", ...args]);
    const env = { NO_COLOR: "1", ...privateHome() };
    this.#child = new Deno.Command(command, { args: rest, env, stdin: "null", stdout: "piped" }).spawn();
    this.#child.status.then(() => this.hasEnded = true);
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Reads until there is a line, and tells how many bytes that took. */
  async readFirst(): Promise<number> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`It ends after ${this.#text.length} bytes`);
      this.#text += value;
    }
    return this.#text.length;
  }

  /** All of its lines; it has to end well. */
  async readAll(): Promise<string[]> {
    const pieces = [this.#text];
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      pieces.push(value);
    }
    assertEquals((await this.#child.status).code, 0);
    return pieces.join("").trimEnd().split("\n");
  }
}

testWhere(
  ["native", "mounts"],
  "ls prints 200,000 entries as they come, and the daemon keeps none of them",
  async () => {
    using scratch = new Scratch();
    using memory = mountTmpfs(16); // disks take up to a minute to create so many files
    const path = buildTree(`${memory.path}/m`, { "small": "1", "d": dir({}) });
    const names = Array.from({ length: ENTRIES }, (_, i) => `file-number-${i}`);
    requireTool("bash", ["-c", `printf 'file-number-%s\\n' {0..${ENTRIES - 1}} | xargs touch`], `${path}/d`);
    const nameIn = (line: string): string => line.startsWith("{") ? JSON.parse(line).name : line.split(" ").at(-1)!;
    await using server = await startServer(scratch, { m: { path } });
    const { pid, port } = server.daemon;
    {
      using client = await connectControl({ host: "127.0.0.1", port });
      await Array.fromAsync(client.list(place("m"))); // what everybody needs once
    }
    const before = memoryOf(pid).now;
    for (
      const args of [[server.at("m", "d")], ["--json", server.at("m", "d")], [`${path}/d`], ["--json", `${path}/d`]]
    ) {
      const ls = new RunningLs(args);
      const first = await ls.readFirst();
      // Until both the program and the daemon wait for their readers.
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert(!ls.hasEnded, args.join(" "));
      assertEquals(openBelow(args.at(-1) === `${path}/d` ? ls.pid : pid, path), [`${path}/d`], args.join(" "));
      const lines = await ls.readAll();
      assertEquals(lines.map(nameIn).sort(), names.toSorted(), args.join(" "));
      const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
      assert(first < bytes / 10, `${args.join(" ")}: ${first} of ${bytes} bytes came at once`);
    }
    const { peak } = memoryOf(pid);
    assert(
      peak - before < MOST_GROWTH,
      `The daemon took ${Math.round(before)} MiB, and then up to ${Math.round(peak)}`,
    );

    const leave: ((client: ControlClient) => Promise<void>)[] = [
      async (client) => {
        for await (const _ of client.list(place("m", "d"))) break;
      },
      async (client) => {
        for await (const _ of client.list(place("m", "d"))) return client.close();
      },
    ];
    for (const run of leave) {
      using client = await connectControl({ host: "127.0.0.1", port });
      await run(client);
      await until(() => openBelow(pid, path).length === 0, "nothing that the daemon keeps open");
    }
    server.assertSound();
  },
);

testWhere(["folding"], "List and Stat of a disk that does not answer hold up nobody", async () => {
  await using mount = new FuseMount(16);
  using scratch = new Scratch();
  const good = buildTree(scratch.join("good"), { "a": "1", "b": "2" });
  buildTree(mount.path, { "c": "3" });
  await using server = await startServer(scratch, { good: { path: good }, bad: { path: mount.path } });
  const limits = { lookupMs: 5000, connectMs: 5000, answerMs: 15_000 };
  using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port, limits });
  const namesIn = async (module: string, signal: AbortSignal): Promise<ByteString[]> => {
    const batches = await Array.fromAsync(client.list(place(module), { signal }));
    return batches.flatMap(({ entries }) => entries.map(({ name }) => name)).sort();
  };
  mount.freeze();
  const names = Array.from({ length: 2 }, () => namesIn("bad", AbortSignal.timeout(15_000)));
  const stats = Array.from({ length: 4 }, (_, i) => client.stat(place("bad", `no${i}`)).catch(({ code }) => code));
  const held = Promise.all<unknown>([...names, ...stats]);
  held.catch(() => {}); // waited for below
  try {
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      await client.getInfo();
      const elapsedMs = performance.now() - started;
      assert(elapsedMs < 1000, `An answer took ${elapsedMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Once it is known which threads wait. Until then anybody may be behind one that does.
    const signal = (): AbortSignal => AbortSignal.timeout(1000);
    await until(() => namesIn("good", signal()).catch(() => false), "a listing of another disk");
    assertEquals(await namesIn("good", signal()), ["a", "b"]);
    assertEquals((await client.stat(place("good", "a"), { signal: signal() })).size, 1);
    assertEquals(await Promise.race([held, Promise.resolve("still waiting")]), "still waiting");
  } finally {
    mount.thaw();
  }
  assertEquals(await held, [["c"], ["c"], ...Array(4).fill("not-found")]);
  server.assertSound();
});

testWhere(
  ["unix"],
  "a portable daemon waits for directories to stand still, and others do not wait with it",
  async () => {
    using scratch = new Scratch();
    const good = buildTree(scratch.join("good"), { "a": "1" });
    const restless = buildTree(scratch.join("restless"), { "sub": dir({ "b": "1" }) });
    const permissions = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--no-prompt"];
    const modules = { good: { path: good }, restless: { path: restless } };
    await using server = await startServer(scratch, modules, { permissions });
    using client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
    const look = async (module: string, ...path: string[]): Promise<string[]> => {
      const batches = await Array.fromAsync(client.list(place(module, ...path)));
      return batches.flatMap(({ entries }) => entries.map(({ name }) => name));
    };
    await look("good");
    const touch = (): void => Deno.utimeSync(restless, new Date(), new Date());
    touch();
    assertEquals(await look("restless", "sub"), ["b"]);
    touch();
    assertEquals((await client.stat(place("restless", "sub", "b"))).size, 1);

    const touching = new Deno.Command("sh", {
      // A busy machine must not make it look as if the directory stood still.
      args: ["-c", 'for i in $(seq 20000); do touch "$0"; done', restless],
    }).spawn();
    try {
      let isOver = false;
      const held = Promise.all([
        ...Array.from({ length: 3 }, () => look("restless", "sub").catch(({ code }) => code)),
        ...Array.from({ length: 3 }, () => client.stat(place("restless", "sub", "b")).catch(({ code }) => code)),
      ]).finally(() => isOver = true);
      for (let i = 0; i < 10; i++) assertEquals(await look("good"), ["a"]);
      assert(!isOver, "others were answered only when nobody waited any more");
      assertEquals(await held, Array(6).fill("changed"));
    } finally {
      touching.kill();
      await touching.status;
    }
    assertEquals(await look("restless", "sub"), ["b"]);
    server.assertSound();
  },
);
