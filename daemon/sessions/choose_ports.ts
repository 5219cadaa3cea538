/**
 * Which worker listens on which port.
 *
 * @module
 */

import type { PortRange } from "../../core/config/data_port.ts";
import { BlitError } from "../../core/errors.ts";
import { formatAddress, listen } from "../../core/wire/mod.ts";

/**
 * A port for each thread, looked at now so that a daemon with a wrong range does not start; 0 stands for any that is free. A
 * single port is for a single thread.
 *
 * @throws {BlitError} "refused" when too few of the range are free, and as `listen` does
 */
export function choosePorts(hostname: string, range: PortRange | undefined, threads: number): number[] {
  if (range === undefined) return Array<number>(threads).fill(0);
  const { first, last } = range;
  const wanted = first === last ? 1 : threads;
  const free: number[] = [];
  for (let port = first; port <= last && free.length < wanted; port++) if (isFree(hostname, port)) free.push(port);
  if (free.length === wanted) return free;
  const address = formatAddress({ hostname, port: first });
  const [what, why] = first === last
    ? [address, "the address is in use"]
    : [`${address} to ${last}`, `${free.length} of the ports are free, ${wanted} are needed`];
  throw new BlitError("refused", `Cannot listen for data on ${what}: ${why}`, {
    hint: "Another program uses them, perhaps another daemon; choose others with data_port",
  });
}

function isFree(hostname: string, port: number): boolean {
  try {
    listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof BlitError && error.code === "refused") return false;
    throw error;
  }
}
