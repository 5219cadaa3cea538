/**
 * What work leaves in the heap.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that are in use after some work and were not before it, garbage aside. The work is done once before, to warm up. */
export async function heapGrowth(work: () => Promise<void>): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await work();
  collect();
  const before = Deno.memoryUsage().heapUsed;
  await work();
  collect();
  return Deno.memoryUsage().heapUsed - before;
}
