/**
 * A module is a wall, also while somebody swaps its directories for symbolic links: nothing outside is written, deleted or read.
 *
 * @module
 */

import { BlitError, copy, mirror, move } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer, type TestServer } from "./helpers/server.ts";
import { assertSameTree, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir, file, type Tree } from "./helpers/tree.ts";
import type { SwapOrder } from "./helpers/swap_worker.ts";

/** How long each kind of transfer is repeated, in milliseconds. */
const DURATION_MS = 4000;
/** A round that is given up must not wait for anything, in milliseconds. */
const LONGEST_ROUND_MS = 15_000;
/** Of one test, however few tries it has come to. */
const MOST_MS = 30_000;
const MTIME = "2020-01-01T00:00:00Z";
const NAMES = Array.from({ length: 12 }, (_, i) => `f${i}`);

function files(text: (name: string) => string, mtime = MTIME): Tree {
  return Object.fromEntries(NAMES.map((name) => [name, file(text(name), { mtime })]));
}

/** What a client sends. */
const CONTENT: Tree = { ...files((name) => `open ${name}`), "sub": dir(files((name) => `open ${name}`)) };
/**
 * What is outside, under the same names: half of it looks the same by size and time, so that a move would take it for moved;
 * the other half differs, so that a copy would replace it; and a mirror would delete the rest.
 */
const OUTSIDE: Tree = {
  ...outsideFiles(),
  "sub": dir({ ...outsideFiles(), "more": "SECRET" }),
  "more": "SECRET",
  "only here": dir({ "deep": "SECRET" }),
};

function outsideFiles(): Tree {
  return Object.fromEntries(NAMES.map((name, i) => {
    const text = i % 2 === 0 ? `SECR ${name}` : `SECRET, and longer: ${name}`;
    return [name, file(text, { mtime: MTIME })];
  }));
}

/** Swaps a directory of the module for a link to the outside until it is stopped. */
class Swapper implements AsyncDisposable {
  readonly #view = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker = new Worker(new URL("./helpers/swap_worker.ts", import.meta.url), { type: "module" });

  constructor(module: string, outside: string) {
    Deno.symlinkSync(outside, `${module}/.link`);
    const order: SwapOrder = {
      place: `${module}/d`,
      aside: `${module}/.aside`,
      link: `${module}/.link`,
      state: this.#view.buffer as SharedArrayBuffer,
    };
    this.#worker.postMessage(order);
  }

  get swaps(): number {
    return Atomics.load(this.#view, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const done = new Promise((resolve) => this.#worker.addEventListener("message", resolve, { once: true }));
    Atomics.store(this.#view, 0, 1);
    await done;
    this.#worker.terminate();
  }
}

interface Fixture {
  readonly server: TestServer;
  readonly scratch: Scratch;
  readonly first: string;
  readonly second: string;
}

/** Kinds of transfers, each a round that is repeated. */
const ROUNDS: Readonly<Record<string, (fixture: Fixture, round: number) => Promise<void>>> = {
  "pushes": async ({ server, first }) => {
    await copy(`${first}/`, server.at("m", "d"), { comparison: "ignore-times" });
  },
  "pushes from above": async ({ server, first }) => {
    await copy(`${first}/`, server.at("m", "d"), { comparison: "ignore-times", force: true });
    await copy(first, server.at("m", "d/sub/new"));
  },
  "mirrors": async ({ server, first, second }, round) => {
    await mirror(`${round % 2 === 0 ? first : second}/`, server.at("m", "d"));
  },
  "pulls": async ({ server, scratch }, round) => {
    const into = scratch.join(`into ${round % 2}`);
    await copy(server.at("m", "d/"), into, { comparison: "ignore-times" });
  },
  "moves out": async ({ server, scratch, first }, round) => {
    await copy(`${first}/`, server.at("m", "d"));
    await move(server.at("m", "d/"), scratch.join(`into ${round % 2}`));
  },
};

for (const [kind, permissions] of Object.entries({ native: ["-A"] })) {
  for (const [name, round] of Object.entries(ROUNDS)) {
    testWhere(
      ["native"],
      `${name} stay in a module whose directories are swapped for links, ${kind} daemon`,
      async () => {
        using scratch = new Scratch();
        const outside = buildTree(scratch.join("outside"), OUTSIDE, { mtime: MTIME });
        const before = snapshot(outside);
        const module = scratch.directory("module");
        buildTree(`${module}/d`, CONTENT);
        const first = buildTree(scratch.join("first"), CONTENT);
        const second = buildTree(scratch.join("second"), { "g": "other", "sub": dir({ "h": "other" }) });
        await using server = await startServer(scratch, { m: { path: module, trusted: true } }, { permissions });
        const results: Record<string, number> = {};
        let swaps = 0;
        {
          await using swapper = new Swapper(module, outside);
          const started = Date.now();
          let rounds = 0;
          // A machine that is busy gets more time for as many tries.
          const isEnough = (ms: number): boolean => ms > DURATION_MS && rounds > 10 && swapper.swaps > 500;
          while (!isEnough(Date.now() - started) && Date.now() - started < MOST_MS) {
            const roundStarted = Date.now();
            const result = await outcome(round({ server, scratch, first, second }, rounds++));
            results[result] = (results[result] ?? 0) + 1;
            // Nothing waits for a side that has given up.
            const took = Date.now() - roundStarted;
            assert(took < LONGEST_ROUND_MS, `a round takes ${took} ms`);
          }
          swaps = swapper.swaps;
        }
        assert(swaps > 100, `only ${swaps} swaps`);
        assert(Object.values(results).reduce((a, b) => a + b, 0) > 3, JSON.stringify(results));
        assertEquals("internal" in results, false, JSON.stringify(results));
        assertSameTree(outside, before);
        for (const into of ["into 0", "into 1"]) assertNoSecret(scratch.join(into));
        server.assertSound();
      },
    );
  }
}

/** A round may fail in many ways, but only in ways that have a name. */
async function outcome(run: Promise<void>): Promise<string> {
  try {
    await run;
    return "done";
  } catch (error) {
    if (error instanceof BlitError) return error.code;
    throw error;
  }
}

function assertNoSecret(root: string): void {
  const { stdout } = new Deno.Command("grep", { args: ["-rl", "SECR", root], stderr: "null" }).outputSync();
  assertEquals(new TextDecoder().decode(stdout), "");
}
