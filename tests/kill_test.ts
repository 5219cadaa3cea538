/**
 * A program that is killed at any moment damages nothing, and the next run puts everything right.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { copy, mirror } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";

const KILLS = 50;
const SMALL_FILES = 400;
/** The shortest life of a run that is killed: about what Deno needs to start. */
const SHORTEST_MS = 30;

testWhere(
  ["unix"],
  `SIGKILL at ${KILLS} random moments never damages an old file, and the next run completes`,
  async () => {
    using scratch = Scratch.inMemory();
    const source = scratch.join("source");
    const destination = scratch.join("destination");
    writeGeneration(source, 0);
    const started = performance.now();
    assertEquals((await blit(["mirror", "--yes", `${source}/`, destination])).code, 0);
    // How long a run takes, as far as is known: a machine that is busy now may not be in a minute.
    let spanMs = performance.now() - started;
    let old = hashAll(source);
    let interrupted = 0;
    for (let generation = 1; generation <= KILLS; generation++) {
      writeGeneration(source, generation);
      const current = hashAll(source);
      const wasKilled = await killAfter(SHORTEST_MS + Math.random() * spanMs, source, destination);
      const found = hashAll(destination, true);
      for (const [path, hash] of Object.entries(found)) {
        const allowed = path.startsWith("new ") ? [current[path]] : [old[path], current[path]];
        // What is new may be unfinished: it is not there under a time that makes it look finished.
        if (path.startsWith("new ") || allowed.includes(hash)) continue;
        throw new Error(`"${path}" is neither its old nor its new content after kill ${generation}`);
      }
      for (const path of Object.keys(old)) assert(path.startsWith("new ") || path in found, `"${path}" is gone`);
      if (!wasKilled) spanMs *= 0.8;
      else if (JSON.stringify(found) === JSON.stringify(old)) spanMs *= 1.2;
      else if (JSON.stringify(found) !== JSON.stringify(current)) interrupted++;
      assertComplete(await mirror(`${source}/`, destination));
      assertEquals(hashAll(destination), current);
      assertEquals(findTemporaries(destination), []);
      old = current;
    }
    assert(
      interrupted >= KILLS / 4,
      `only ${interrupted} of ${KILLS} runs were killed at work; the fixture is too small`,
    );
  },
);

testWhere(["unix"], "SIGKILL during a first copy leaves nothing that the next run takes for finished", async () => {
  using scratch = Scratch.inMemory();
  const source = scratch.join("source");
  writeGeneration(source, 0);
  const started = performance.now();
  await blit(["copy", `${source}/`, scratch.join("warm")]);
  const fullMs = performance.now() - started;
  for (let attempt = 0; attempt < 10; attempt++) {
    const destination = scratch.join(`destination ${attempt}`);
    const program = startBlit(["copy", `${source}/`, destination]);
    await new Promise((resolve) => setTimeout(resolve, SHORTEST_MS + Math.random() * fullMs));
    stop(() => program.kill("SIGKILL"));
    await program.result;
    assertComplete(await copy(`${source}/`, destination));
    assertSameTree(destination, source);
    assertEquals(findTemporaries(destination), []);
    assertNothingDone(await copy(`${source}/`, destination));
  }
});

testWhere(
  ["unix"],
  "a run removes temporary files that nobody holds, and nothing that only looks like one",
  async () => {
    using scratch = new Scratch();
    const source = scratch.join("source");
    writeGeneration(source, 0);
    const destination = scratch.join("destination");
    assertComplete(await copy(`${source}/`, destination));
    const abandoned = [`${destination}/.blit-0123456789abcdef.tmp`, `${destination}/sub/.blit-fedcba9876543210.tmp`];
    const others = [
      `${destination}/.blit-0123.tmp`,
      `${destination}/blit-0123456789abcdef.tmp`,
      `${destination}/.blit-X`,
    ];
    for (const path of [...abandoned, ...others]) Deno.writeTextFileSync(path, "left over");
    assertComplete(await copy(`${source}/`, destination));
    assertEquals(findTemporaries(destination), []);
    for (const path of others) assertEquals(Deno.readTextFileSync(path), "left over");
  },
);

testWhere(["native", "flock"], "a run keeps the temporary file of another run that is alive", async () => {
  using scratch = new Scratch();
  const source = scratch.join("source");
  writeGeneration(source, 0);
  const destination = scratch.directory("destination");
  const temporary = `${destination}/.blit-0123456789abcdef.tmp`;
  Deno.writeTextFileSync(temporary, "half of something");
  const holder = new Deno.Command("flock", {
    args: ["--shared", temporary, "sh", "-c", "echo held; exec sleep 30"],
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  assertComplete(await copy(`${source}/`, destination));
  assertEquals(findTemporaries(destination).length, 1);
  // `flock` waits for its command, which holds the lock as well: both have to go.
  requireTool("bash", ["-c", `kill $(ps -o pid= --ppid ${holder.pid}) ${holder.pid}`]);
  await holder.status;
  await reader.cancel();
  assertComplete(await copy(`${source}/`, destination));
  assertEquals(findTemporaries(destination), []);
});

/** Four hundred files of up to 64 KiB, two of 16 MiB, and one that is new in each generation. */
function writeGeneration(root: string, generation: number): void {
  Deno.mkdirSync(`${root}/sub/deeper`, { recursive: true });
  for (let i = 0; i < SMALL_FILES; i++) {
    const directory = ["", "sub/", "sub/deeper/"][i % 3];
    Deno.writeFileSync(`${root}/${directory}f${i}`, patterned(((i * 37) % 64) * 1024 + i, generation * 1000 + i));
  }
  Deno.writeFileSync(`${root}/large`, patterned(16 << 20, generation));
  Deno.writeFileSync(`${root}/sub/large too`, patterned(16 << 20, generation + 7));
  if (generation > 0) {
    Deno.writeFileSync(`${root}/new ${generation}`, patterned(1 << 20, generation));
    try {
      Deno.removeSync(`${root}/new ${generation - 1}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the first generation has none
    }
  }
}

function patterned(size: number, seed: number): Uint8Array {
  const content = new Uint8Array(size);
  const words = new Uint32Array(content.buffer, 0, size >> 2);
  let value = seed * 2654435761 + 1;
  for (let i = 0; i < words.length; i++) {
    value = Math.imul(value, 1664525) + 1013904223;
    words[i] = value;
  }
  return content;
}

function hashAll(root: string, withoutTemporaries = false): Record<string, string> {
  const result: Record<string, string> = {};
  for (const path of listPaths(root)) {
    if (path.endsWith("/") || (withoutTemporaries && /\.blit-[0-9a-f]{16}\.tmp$/.test(path))) continue;
    result[path] = createHash("sha1").update(Deno.readFileSync(`${root}/${path}`)).digest("hex");
  }
  return result;
}

async function killAfter(milliseconds: number, source: string, destination: string): Promise<boolean> {
  const program = startBlit(["mirror", "--yes", `${source}/`, destination]);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  stop(() => program.kill("SIGKILL"));
  return (await program.result).signal === "SIGKILL";
}

/** Sends a signal, unless the program has ended already. */
function stop(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
