/**
 * What the tests of a module's wall share: a tree inside, one outside, somebody who swaps directories for links, and transfers.
 *
 * @module
 */

import { BlitError, copy, mirror, move } from "../../mod.ts";
import { assert, assertEquals } from "./assert.ts";
import type { Scratch } from "./scratch.ts";
import type { TestServer } from "./server.ts";
import { type Snapshot, snapshot } from "./snapshot.ts";
import type { SwapOrder } from "./swap_worker.ts";
import { buildTree, dir, file, type Tree } from "./tree.ts";

/** When everything was modified. */
export const MTIME = "2020-01-01T00:00:00Z";
const NAMES = Array.from({ length: 12 }, (_, i) => `f${i}`);

function files(text: (name: string) => string, mtime = MTIME): Tree {
  return Object.fromEntries(NAMES.map((name) => [name, file(text(name), { mtime })]));
}

/** What a client sends. */
export const CONTENT: Tree = { ...files((name) => `open ${name}`), "sub": dir(files((name) => `open ${name}`)) };
/**
 * What is outside, under the same names: half of it looks the same by size and time, so that a move would take it for moved;
 * the other half differs, so that a copy would replace it; and a mirror would delete the rest.
 */
export const OUTSIDE: Tree = {
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
export class Swapper implements AsyncDisposable {
  readonly #view = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker = new Worker(new URL("./swap_worker.ts", import.meta.url), { type: "module" });

  constructor(module: string, outside: string, burst?: number) {
    Deno.symlinkSync(outside, `${module}/.link`);
    const order: SwapOrder = {
      place: `${module}/d`,
      aside: `${module}/.aside`,
      link: `${module}/.link`,
      state: this.#view.buffer as SharedArrayBuffer,
      ...(burst === undefined ? {} : { burst }),
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

/** What a round works with. */
export interface Fixture {
  readonly server: TestServer;
  readonly scratch: Scratch;
  readonly first: string;
  readonly second: string;
}

/** Kinds of transfers, each a round that is repeated. */
export const ROUNDS: Readonly<Record<string, (fixture: Fixture, round: number) => Promise<void>>> = {
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

/**
 * What the portable file system promises when another process swaps between its look and its act: nothing outside has another
 * content, mode, owner or time, and nothing is gone. An empty entry, or a random name instead of the old one, may be left.
 */
export function assertNothingLost(outside: string, before: Snapshot): void {
  const after = snapshot(outside);
  const isFile = (line: string): boolean => !line.startsWith("d ");
  const found = Object.entries(after).map(([path, line]) => `${parentOf(path)}: ${line}`);
  for (const [path, line] of Object.entries(before)) {
    if (isFile(line)) {
      assert(found.includes(`${parentOf(path)}: ${line}`), `${path} was ${line}, and is ${after[path]}`);
    } else assertEquals(after[path]?.replace(/ mtime=\S+/, ""), line.replace(/ mtime=\S+/, ""));
  }
  for (const [path, line] of Object.entries(after)) {
    if (path in before || Object.values(before).includes(line)) continue;
    assert(!isFile(line) || line.includes(" size=0 "), `${path} is ${line}`);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** A round may fail in many ways, but only in ways that have a name. */
export async function outcome(run: PromiseLike<unknown>): Promise<string> {
  try {
    await run;
    return "done";
  } catch (error) {
    if (error instanceof BlitError) return error.code;
    throw error;
  }
}

/** Fails where a file below has content from outside. */
export function assertNoSecret(root: string): void {
  const { stdout } = new Deno.Command("grep", { args: ["-rl", "SECR", root], stderr: "null" }).outputSync();
  assertEquals(new TextDecoder().decode(stdout), "");
}

/** Trees for a round, and a module with `d` in it beside what is outside. */
export function createPlaces(scratch: Scratch): { outside: string; module: string; first: string; second: string } {
  const module = scratch.directory("module");
  buildTree(`${module}/d`, CONTENT);
  return {
    module,
    outside: buildTree(scratch.join("outside"), OUTSIDE, { mtime: MTIME }),
    first: buildTree(scratch.join("first"), CONTENT),
    second: buildTree(scratch.join("second"), { "g": "other", "sub": dir({ "h": "other" }) }),
  };
}
