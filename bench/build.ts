/**
 * Building source trees and telling whether a copy is complete.
 *
 * @module
 */

import type { BuildAnswer, BuildTask } from "./build_worker.ts";
import { capture } from "./commands.ts";
import type { DirectoryPlan, Edits, TreePlan } from "./trees.ts";

// Creating files is kernel work: more threads than this only wait for each other.
const MOST_WORKERS = 4;

/** Writes a tree with random content below `root`, which it creates. */
export async function buildTree(plan: TreePlan, root: string, signal?: AbortSignal): Promise<void> {
  await Deno.mkdir(root);
  const workers = Math.min(MOST_WORKERS, navigator.hardwareConcurrency, plan.length);
  const shares: DirectoryPlan[][] = Array.from({ length: workers }, () => []);
  plan.forEach((directory, index) => shares[index % workers].push(directory));
  const runs = await Promise.allSettled(shares.map((directories) => runWorker({ root, directories }, signal)));
  for (const run of runs) {
    if (run.status === "rejected") throw run.reason;
  }
}

/** Applies edits to a tree. Touched files keep their size and get other content and an mtime an hour ago. */
export function applyEdits(root: string, edits: Edits, fileBytes: number): void {
  const content = crypto.getRandomValues(new Uint8Array(fileBytes));
  // An hour, since rsync compares whole seconds.
  const time = new Date(Date.now() - 3_600_000);
  for (const path of edits.touched) {
    Deno.writeFileSync(`${root}/${path}`, content);
    Deno.utimeSync(`${root}/${path}`, time, time);
  }
  for (const path of edits.added) Deno.writeFileSync(`${root}/${path}`, content);
  for (const path of edits.removed) Deno.removeSync(`${root}/${path}`);
}

/** Reads a tree or file once, so that its content and inodes are cached. */
export async function readOnce(path: string, signal?: AbortSignal): Promise<void> {
  // tar sees a pipe: it would skip the content for /dev/null.
  await capture({ program: "sh", args: ["-c", 'tar -cf - "$1" 2>/dev/null | cat > /dev/null', "sh", path] }, signal);
}

/**
 * A digest of the names, sizes and times (in seconds, as tar keeps them) of all regular files below a directory; empty
 * when there is no such directory.
 */
export async function fingerprint(directory: string, signal?: AbortSignal): Promise<string> {
  const script = '[ -d "$1" ] || exit 0; cd "$1" && find . -type f -printf "%P\\t%s\\t%Ts\\n" | LC_ALL=C sort | cksum';
  return (await capture({ program: "sh", args: ["-c", script, "sh", directory] }, signal)).trim();
}

/** Runs a worker to its end. An abort makes it stop and is waited for, or it would go on writing into what is removed. */
async function runWorker(share: Omit<BuildTask, "stop">, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./build_worker.ts", import.meta.url), { type: "module" });
  const stop = new SharedArrayBuffer(1);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const requestStop = () => Atomics.store(new Uint8Array(stop), 0, 1);
  signal?.addEventListener("abort", requestStop, { once: true });
  worker.onmessage = ({ data }: MessageEvent<BuildAnswer>) => resolve(data.problem);
  worker.onerror = (event) => {
    event.preventDefault();
    resolve(event.message);
  };
  worker.postMessage({ ...share, stop } satisfies BuildTask);
  const problem = await promise;
  worker.terminate();
  signal?.removeEventListener("abort", requestStop);
  signal?.throwIfAborted();
  if (problem !== undefined) throw new Error(`Cannot build a source tree: ${problem}`);
}
