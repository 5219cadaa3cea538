/**
 * A session that swaps a directory of a module for a link to the outside and back, through the module, until it is told to
 * stop. Runs in a worker.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { encodeText } from "../../../paths/bytes.ts";
import { openContained } from "../mod.ts";

/** What the worker is told. */
export interface SwapOrder {
  readonly module: string;
  readonly outside: string;
  readonly lock: SharedArrayBuffer;
  /** Two numbers: 1 in the first one ends it, the second one counts swaps. */
  readonly state: SharedArrayBuffer;
}

const DIRECTORY = encodeText("d");
const ASIDE = encodeText("aside");

self.addEventListener("message", ({ data }: MessageEvent<SwapOrder>) => {
  const view = new Int32Array(data.state);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const root = openContained(data.module, { shown: "/m", lock: data.lock, longestWaitMs: 1000 });
  while (Atomics.load(view, 0) === 0) {
    root.rename(DIRECTORY, ASIDE);
    root.createSymlink(DIRECTORY, encodeText(data.outside));
    root.removeFile(DIRECTORY);
    root.rename(ASIDE, DIRECTORY);
    // The directory is there for a moment, or nobody would get anything done.
    if (Atomics.add(view, 1, 1) % 4 === 0) Atomics.wait(sleeper, 0, 0, 1);
  }
  self.postMessage("done");
});
