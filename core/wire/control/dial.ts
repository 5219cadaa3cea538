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
import { BlitError } from "../../errors.ts";
import { Deadline, unlessAborted } from "../../within.ts";

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
  if (isIP(host.replace(/%.*$/, "")) !== 0) return [host];
  try {
    const found = await inTime(lookup(host, { all: true }), limits.lookupMs, signal);
    return found.map(({ address }) => address);
  } catch (error) {
    if (signal?.aborted) throw interrupted(host);
    const reason = error === TIMED_OUT ? "looking up its address takes too long" : "its name has no address";
    throw new BlitError("unreachable", `Cannot reach "${host}": ${reason}`, { cause: error });
  }
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
): Promise<Socket> {
  const { limits, server, signal } = options;
  let last: unknown;
  for (const address of addresses) {
    if (signal?.aborted) throw interrupted(server);
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true });
    try {
      await inTime(connected(socket), limits.connectMs, signal);
      return socket;
    } catch (error) {
      socket.on("error", () => {}); // whatever else becomes of it
      socket.destroy();
      if (signal?.aborted) throw interrupted(server);
      last = error;
    }
  }
  const hint = "Is blit-daemon running there, and does a firewall let the port through?";
  throw new BlitError("unreachable", `Cannot reach "${server}": ${reasonOf(last)}`, { hint, cause: last });
}

const TIMED_OUT = new Error("timed out");

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

function reasonOf(error: unknown): string {
  if (error === TIMED_OUT) return "no connection in time";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to it",
    ENETUNREACH: "no network to it",
    ETIMEDOUT: "no connection in time",
    ECONNRESET: "the connection was reset",
  };
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

function interrupted(server: string): BlitError {
  return new BlitError("interrupted", `Cannot reach "${server}": interrupted`);
}
