/** Two sessions of one daemon must not lead each other out of a module, however they race. */

import { assert, assertEquals } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { encodeText } from "../../paths/bytes.ts";
import { get, isUnix, put } from "../_testing.ts";
import type { SwapOrder } from "./testdata/swap_worker.ts";
import { type ContainedDirectory, createModuleLock, openContained } from "./mod.ts";

const FILE = encodeText("f");
const NEW = encodeText("new");

/** What a session does in a directory; what fails because of the swaps is no matter. */
const ACTIONS: readonly ((directory: ContainedDirectory) => void)[] = [
  (directory) => put(directory, "new", "inside"),
  (directory) => directory.removeFile(NEW),
  (directory) => directory.removeFile(FILE),
  (directory) => put(directory, "f", "inside"),
  (directory) => directory.rename(FILE, encodeText("renamed")),
  (directory) => directory.rename(encodeText("renamed"), FILE),
  (directory) => directory.createDirectory(encodeText("sub"), 0o755),
  (directory) => directory.removeDirectory(encodeText("sub")),
  (directory) => directory.removeDirectory(encodeText("empty")),
  (directory) => directory.createSymlink(encodeText("link"), encodeText("x")),
  (directory) => directory.removeFile(encodeText("link")),
  (directory) => directory.setMode(FILE, 0o600),
  (directory) => directory.setMode(undefined, 0o750),
  (directory) => directory.setTimes(FILE, { mtimeSeconds: 1, mtimeNanoseconds: 0 }),
  (directory) => directory.setTimes(undefined, { mtimeSeconds: 1, mtimeNanoseconds: 0 }),
  (directory) => assertEquals(get(directory, FILE), "inside"),
  (directory) => assertEquals(JSON.stringify([...directory.list()]).includes("secret"), false),
  (directory) => assertEquals(directory.statEntry(encodeText("secret")), undefined),
];

Deno.test({
  name: "a session that swaps directories for links leads no other session out of the module",
  ignore: !isUnix,
  fn: async () => {
    const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blit-contained-" }));
    const outside = `${path}/outside`;
    for (const each of ["module", "module/d", "outside", "outside/empty"]) Deno.mkdirSync(`${path}/${each}`);
    for (const name of ["f", "secret", "renamed"]) Deno.writeTextFileSync(`${outside}/${name}`, "secret");
    const before = describe(outside);
    const state = new SharedArrayBuffer(8);
    const view = new Int32Array(state);
    const lock = createModuleLock();
    const worker = new Worker(new URL("./testdata/swap_worker.ts", import.meta.url), { type: "module" });
    let rounds = 0;
    const met = new Map<string, number>();
    try {
      const failed = new Promise<void>((_, reject) =>
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        }
      );
      const done = new Promise<void>((resolve) => worker.onmessage = () => resolve());
      const order: SwapOrder = { module: `${path}/module`, outside, lock, state };
      worker.postMessage(order);
      while (Atomics.load(view, 1) === 0) await Promise.race([failed, new Promise((go) => setTimeout(go, 5))]);
      const root = openContained(`${path}/module`, { shown: "/m", lock, longestWaitMs: 1000 });
      // A machine that is busy gets more time for as many tries.
      const [soonMs, lateMs] = [performance.now() + 2500, performance.now() + 20_000];
      const isEnough = (): boolean =>
        performance.now() > soonMs && rounds > 300 && Atomics.load(view, 1) > 1000 && (met.get("done") ?? 0) > 50;
      for (; !isEnough() && performance.now() < lateMs; rounds++) {
        for (const act of ACTIONS) {
          const code = outcome(() => act(root.openDirectory(encodeText("d"))));
          met.set(code, (met.get(code) ?? 0) + 1);
        }
      }
      Atomics.store(view, 0, 1);
      await Promise.race([done, failed]);
      assertEquals(describe(outside), before);
      assert(Atomics.load(view, 1) > 200, `only ${Atomics.load(view, 1)} swaps`);
      // Some got through, and some were in the way.
      assert((met.get("done") ?? 0) > 5 && (met.get("loop") ?? 0) > 5, JSON.stringify([...met]));
    } finally {
      worker.terminate();
      Deno.removeSync(path, { recursive: true });
    }
  },
});

function outcome(act: () => void): string {
  try {
    act();
    return "done";
  } catch (error) {
    if (error instanceof BlitError) return error.code;
    throw error;
  }
}

/** Everything that could be changed from outside. */
function describe(root: string): string[] {
  const names = ["", ...Deno.readDirSync(root).map(({ name }) => name)].sort();
  return names.map((name) => {
    const { mode, mtime, isFile } = Deno.lstatSync(`${root}/${name}`);
    return `${name} ${mode} ${mtime?.getTime()} ${isFile ? Deno.readTextFileSync(`${root}/${name}`) : ""}`;
  });
}
