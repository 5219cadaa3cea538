/**
 * Finding daemons in the local network, by multicast DNS and DNS-based service discovery (RFC 6762, RFC 6763).
 *
 * A daemon says that it is there, `advertise.ts`; whoever looks for daemons asks, `browse.ts`:
 *
 * ```text
 * interfaces -> links -> responder: probe, announce, answer, rename, goodbye
 *                     -> collector: records -> daemons
 * ```
 *
 * A link is one interface (`link.ts`); whatever comes in on it passes a guard before anything else looks at it. What to answer
 * and what is a conflict are pure functions of packets and records.
 *
 * This module is light. What it needs is loaded by the first call of {@linkcode discover}.
 *
 * @module
 */

import { DEFAULT_PORT } from "../endpoint.ts";
import { loadLater } from "../load_later.ts";

/** A daemon that was found. Everything in it came from the network; it is bounded and holds no control characters. */
export interface FoundDaemon {
  /** What it calls itself, unique in its network: at most 63 bytes. Control characters are escaped as in `\x1b`. */
  name: string;
  /** Its host name, such as `nas-blit.local`, which resolves wherever multicast DNS does. */
  host: string;
  /** The port on which it answers. */
  port: number;
  /** Where it can be reached, IPv4 first, link-local addresses with their zone; at most 16. */
  addresses: string[];
  /** The version of its program, where it says so. */
  version?: string;
  /** Its protocol number, where it says so. */
  protocol?: number;
  /** What it exports, as far as it fits into an announcement; the empty name is the default root. */
  modules: string[];
  /** How many modules more it has. */
  moreModules: number;
}

/** Options of {@linkcode discover}. */
export interface DiscoverOptions {
  /**
   * How long to wait for answers, in milliseconds.
   * @default 2000
   */
  waitMs?: number;
  /** Ends the waiting; what was found until then is the result. */
  signal?: AbortSignal;
  /** Called once for each daemon as soon as its port and an address are known; more addresses may follow in the result. */
  onFound?: (daemon: FoundDaemon) => void;
}

/** For how long answers are waited for by default. Two questions and an answer to the second fit in. */
export const DEFAULT_WAIT_MS = 2000;
/** The most daemons that are found; whatever else answers is left out. */
export const MAX_FOUND = 256;

/**
 * Asks on every interface which daemons there are, and resolves after `waitMs` with those that answered, sorted by name.
 *
 * @throws {BlitError} "permission-denied" where Deno does not allow it, "unreachable" where no interface could be asked on
 */
export async function discover(options: DiscoverOptions = {}): Promise<FoundDaemon[]> {
  const { browse } = await loadLater<typeof import("./browse.ts")>(new URL("./browse.ts", import.meta.url));
  return await browse(options);
}

/** How a found daemon is written on a command line: its first address, and the port where it is not the usual one. */
export function serverText({ addresses: [address], host, port }: FoundDaemon): string {
  const name = address === undefined ? host : address.includes(":") ? `[${address}]` : address;
  return port === DEFAULT_PORT ? name : `${name}:${port}`;
}
