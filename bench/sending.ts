/**
 * How fast one lane sends, to a sink in another thread that asks for everything and keeps nothing. Needs 2.5 GB of space.
 *
 * ```sh
 * deno run -A bench/sending.ts /dev/shm
 * ```
 *
 * @module
 */

import { chooseFileSystem } from "../core/fs/mod.ts";
import { sendTree } from "../core/transfer/sending/mod.ts";
import { Lane, listen, TcpCarrier } from "../core/wire/mod.ts";
import type { RequestMode } from "../core/wire/records.ts";
import type { SinkOrder } from "./sending_sink.ts";

const LARGE_BYTES = 2_000_000_000;
const SMALL_FILES = 100_000;
const SMALL_FILE_BYTES = 4096;
const FILES_PER_DIRECTORY = 500;
const RUNS = 3;

/** The fastest of some runs, in seconds. */
async function measure(root: string, mode?: RequestMode): Promise<number> {
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) best = Math.min(best, await sendOnce(root, mode));
  return best;
}

async function sendOnce(root: string, mode?: RequestMode): Promise<number> {
  using listener = listen();
  const worker = new Worker(new URL("./sending_sink.ts", import.meta.url), { type: "module" });
  try {
    worker.postMessage({ port: listener.address.port, mode } satisfies SinkOrder);
    const connection = (await listener.connections().next()).value!;
    using lane = new Lane(new TcpCarrier(connection), { role: "source" });
    const begin = performance.now();
    await sendTree(lane, { fileSystem: chooseFileSystem(), root });
    return (performance.now() - begin) / 1000;
  } finally {
    worker.terminate();
  }
}

function createTrees(root: string): void {
  const piece = crypto.getRandomValues(new Uint8Array(65_536));
  Deno.mkdirSync(`${root}/large`);
  using file = Deno.openSync(`${root}/large/file`, { write: true, createNew: true });
  for (let written = 0; written < LARGE_BYTES; written += piece.length) file.writeSync(piece);
  for (let i = 0; i < SMALL_FILES; i++) {
    const directory = `${root}/small/${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(directory, { recursive: true });
    Deno.writeFileSync(`${directory}/${i}`, piece.subarray(0, SMALL_FILE_BYTES));
  }
}

const root = Deno.makeTempDirSync({ dir: Deno.args[0] ?? ".", prefix: "blit-sending-" });
try {
  createTrees(root);
  const gigabytes = LARGE_BYTES / 1e9;
  const whole = await measure(`${root}/large`, { kind: "whole" });
  console.log(`one file of ${gigabytes} GB: ${(gigabytes / whole).toFixed(2)} GB/s`);
  const hashed = await measure(`${root}/large`, { kind: "compare-hash", hash: new Uint8Array(16) });
  console.log(`the same, hashed only: ${(gigabytes / hashed).toFixed(2)} GB/s`);
  const small = await measure(`${root}/small`, { kind: "whole" });
  console.log(`${SMALL_FILES} files of ${SMALL_FILE_BYTES} bytes: ${small.toFixed(2)} s`);
  const listed = await measure(`${root}/small`);
  console.log(`the same, listed only: ${listed.toFixed(2)} s`);
} finally {
  Deno.removeSync(root, { recursive: true });
}
