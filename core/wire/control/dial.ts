/**
 * Making connections for the control plane.
 *
 * A name is resolved once; what answers at that address is what later connections of the same client go to as well. Every
 * wait has a bound. TLS will be one more thing to do with the socket here.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { BlitError } from "../../errors.ts";
import { Deadline, unlessAborted } from "../../within.ts";
import { isLinkLocal, withoutZone, zoneOf } from "../addresses.ts";

/** Bounds of making a connection, in milliseconds. */
export interface DialLimits {
  /** For resolving the name. */
  readonly lookupMs: number;
  /** For connecting to one of its addresses. */
  readonly connectMs: number;
  /** From being connected to the first answer. */
  readonly answerMs: number;
}

/** A link by satellite answers within 2 s; what takes longer than these is broken. */
export const DIAL_LIMITS: DialLimits = { lookupMs: 5000, connectMs: 5000, answerMs: 10_000 };

/** How a server is written in messages. */
export function showServer(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Resolves a name to its addresses.
 *
 * @throws {BlitError} "unreachable", or "interrupted" when the signal aborts.
 */
export async function resolveHost(host: string, limits: DialLimits, signal?: AbortSignal): Promise<string[]> {
  if (isIP(withoutZone(host)) !== 0) return [host];
  try {
    const found = await inTime(lookup(host, { all: true }), limits.lookupMs, signal);
    return found.map(({ address }) => address);
  } catch (error) {
    if (signal?.aborted) throw interrupted(host);
    const reason = error === TIMED_OUT ? "looking up its address takes too long" : "its name has no address";
    throw new BlitError("unreachable", `Cannot reach "${host}": ${reason}`, { cause: error });
  }
}

/** A connection that has been made. */
export interface Dialled {
  readonly socket: Duplex;
  /** The address that answers, a link-local one with its zone. */
  readonly address: string;
}

/**
 * Connects to the first address that answers.
 *
 * @throws {BlitError} "unreachable" with the reason of the last address, or "interrupted".
 */
export async function dial(
  addresses: readonly string[],
  port: number,
  options: { limits: DialLimits; server: string; signal?: AbortSignal | undefined },
): Promise<Dialled> {
  const { limits: { connectMs }, server, signal } = options;
  let reason = "its name has no address";
  let cause: unknown;
  for (const address of addresses) {
    if (signal?.aborted) throw interrupted(server);
    using deadline = new Deadline(connectMs, signal);
    try {
      const isInZone = isLinkLocal(address) && zoneOf(address) !== undefined;
      return await (isInZone ? connectInZone : connectSocket)(address, port, deadline.signal);
    } catch (error) {
      if (signal?.aborted) throw interrupted(server);
      cause = deadline.isOver ? TIMED_OUT : error;
      reason = reasonOf(cause, address);
    }
  }
  const hint = "Is blit-daemon running there, and does a firewall let the port through?";
  throw new BlitError("unreachable", `Cannot reach "${server}": ${reason}`, { hint, cause });
}

const TIMED_OUT = new Error("timed out");

async function connectSocket(address: string, port: number, signal: AbortSignal): Promise<Dialled> {
  const socket = connect({ host: address, port, noDelay: true, keepAlive: true });
  try {
    await unlessAborted(connected(socket), signal, () => signal.reason);
    return { socket, address: socket.remoteAddress ?? address };
  } catch (error) {
    socket.on("error", () => {}); // whatever else becomes of it
    socket.destroy();
    throw error;
  }
}

/** `node:net` drops the zone of an address, and a link-local one leads nowhere without it. Deno does not. */
async function connectInZone(address: string, port: number, signal: AbortSignal): Promise<Dialled> {
  const connection = await Deno.connect({ hostname: address, port, signal });
  connection.setNoDelay(true);
  connection.setKeepAlive(true);
  const { readable, writable } = connection;
  const socket = Duplex.fromWeb({ readable, writable } as Parameters<typeof Duplex.fromWeb>[0]);
  socket.on("error", () => {}); // it closes as well, which is what counts
  return { socket, address };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** Settles as a promise does, unless time or the signal ends first. */
async function inTime<T>(promise: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  using deadline = new Deadline(ms, signal);
  return await unlessAborted(promise, deadline.signal, () => deadline.isOver ? TIMED_OUT : signal?.reason);
}

function reasonOf(error: unknown, address: string): string {
  if (error === TIMED_OUT) return "no connection in time";
  const zone = zoneOf(address);
  if (isLinkLocal(address) && zone === undefined) {
    return `a link-local address needs its interface behind it, as in "[${address}%eth0]"`;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to it",
    ENETUNREACH: "no network to it",
    ETIMEDOUT: "no connection in time",
    ECONNRESET: "the connection was reset",
  };
  // All that can be looked up in an address is its zone, and that is the one error without a code.
  if (zone !== undefined && code === "" && !(error instanceof Deno.errors.NotCapable)) {
    return `there is no interface "${zone}" here`;
  }
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

function interrupted(server: string): BlitError {
  return new BlitError("interrupted", `Cannot reach "${server}": interrupted`);
}
