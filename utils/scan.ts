/**
 * `scan`: which servers there are in the local network.
 *
 * @module
 */

import { DEFAULT_WAIT_MS, discover, type FoundDaemon, MAX_FOUND, serverText } from "../core/discovery/mod.ts";
import { BlitError } from "../core/errors.ts";

/** The longest time to wait for answers: nobody looks at a table that comes later. */
const MAX_WAIT_MS = 3_600_000;

/** A server that has answered. */
export interface FoundServer extends FoundDaemon {
  /** How it is written on a command line. */
  readonly server: string;
}

/** What was found. */
export interface Scan {
  /** Sorted by name. */
  readonly servers: readonly FoundServer[];
  /** There may be more, which are left out. */
  readonly isFull: boolean;
  /** For how long answers were waited for. */
  readonly waitMs: number;
}

/** Options of {@linkcode scan}. */
export interface ScanOptions {
  /** @default 2000 */
  waitMs?: number | undefined;
  /** Ends the waiting; what was found until then is the result. */
  signal?: AbortSignal;
}

/**
 * Looks for servers.
 *
 * @throws {BlitError} "usage" for a time that is too long, "permission-denied", "unreachable" where nobody can be asked
 */
export async function scan({ waitMs = DEFAULT_WAIT_MS, ...options }: ScanOptions): Promise<Scan> {
  if (waitMs > MAX_WAIT_MS) throw new BlitError("usage", "Cannot wait that long for servers: an hour is the most");
  const found = await discover({ waitMs, ...options });
  const servers = found.map((daemon) => ({ server: serverText(daemon), ...daemon }));
  return { servers, isFull: servers.length >= MAX_FOUND, waitMs };
}
