/**
 * Connections of the data plane are made and accepted here: what is to be said about addresses, deadlines and, one day, TLS is
 * said in one place.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { Deadline } from "../within.ts";
import { CONNECT_MS } from "./limits.ts";
import { type Connection, formatAddress, TcpCarrier } from "./tcp_carrier.ts";

/** Options of {@linkcode dial}. */
export interface DialOptions {
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  /** Milliseconds for the look-up and all attempts together. @default {10000} */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Options of {@linkcode listen}. */
export interface ListenOptions {
  /** The address to listen on. @default {"127.0.0.1"} */
  hostname?: string;
  /** The first port to try; 0 for any free one. @default {0} */
  port?: number;
  /** The last port to try. @default {port} */
  lastPort?: number;
}

/**
 * Connects to a host. All addresses of a name are tried, IPv6 and IPv4 by turns, a quarter of a second apart, so that one that
 * swallows packets does not use up the time of the others.
 *
 * @throws {BlitError} `unreachable`, or `interrupted` after the signal
 */
export async function dial({ host, port, timeoutMs = CONNECT_MS, signal }: DialOptions): Promise<Connection> {
  using deadline = new Deadline(timeoutMs, signal);
  try {
    deadline.signal.throwIfAborted();
    const connection = await beforeDeadline(Deno.connect({ hostname: host, port, signal: deadline.signal }), deadline);
    connection.setNoDelay(true); // frames are batched already; waiting for more would only delay the last
    return connection;
  } catch (error) {
    throw dialError({ hostname: host, port }, error, deadline);
  }
}

/** Accepts connections on one address. */
export class Listener {
  readonly #listener: Deno.TcpListener;

  /** @param listener an open listener, which it closes */
  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
  }

  /** The address listened on, with the port that was found. */
  get address(): { hostname: string; port: number } {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
  }

  /**
   * The connections that come in, until it is closed. An attempt that fails (too many open files, a peer that is gone again) does
   * not end it.
   */
  async *connections(): AsyncGenerator<Connection> {
    for (;;) {
      try {
        const connection = await this.#listener.accept();
        connection.setNoDelay(true);
        yield connection;
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
      }
    }
  }

  /** The same as carriers. */
  async *carriers(): AsyncGenerator<TcpCarrier> {
    for await (const connection of this.connections()) yield new TcpCarrier(connection);
  }

  /** Stops listening; connections that were accepted stay. Closing twice does nothing. */
  close(): void {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed already
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Pause after a failed accept, in milliseconds: without it, having no file left would be a busy loop. */
const ACCEPT_PAUSE_MS = 50;

/**
 * Listens on the first free port of a range.
 *
 * @throws {BlitError} `refused` when none is free, `permission-denied`, `usage` for an address that is not ours
 */
export function listen({ hostname = "127.0.0.1", port = 0, lastPort = port }: ListenOptions = {}): Listener {
  if (lastPort < port) throw new RangeError(`Cannot listen on ports ${port} to ${lastPort}: the range is empty`);
  for (let candidate = port;; candidate++) {
    try {
      return new Listener(Deno.listen({ hostname, port: candidate }));
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse && candidate < lastPort) continue;
      throw listenError({ hostname, port }, lastPort, error);
    }
  }
}

/** The deadline holds even where the system does not let go of a look-up. A connection that comes too late is closed. */
function beforeDeadline(connecting: Promise<Deno.TcpConn>, { signal }: Deadline): Promise<Deno.TcpConn> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    connecting.then((connection) => {
      if (signal.aborted) connection.close();
      else resolve(connection);
    }, reject);
  });
}

function dialError(address: { hostname: string; port: number }, error: unknown, deadline: Deadline): BlitError {
  const cannot = `Cannot reach "${formatAddress(address)}"`;
  if (deadline.isOver) return new BlitError("unreachable", `${cannot}: no answer in time`, { cause: error });
  if (deadline.signal.aborted) return new BlitError("interrupted", `${cannot}: interrupted`, { cause: error });
  if (error instanceof Deno.errors.NotCapable) {
    return new BlitError("permission-denied", `${cannot}: no permission to use the network`, {
      hint: "Run with --allow-net",
      cause: error,
    });
  }
  const why = error instanceof Deno.errors.ConnectionRefused ? "connection refused" : textOf(error);
  return new BlitError("unreachable", `${cannot}: ${why}`, { cause: error });
}

function listenError(address: { hostname: string; port: number }, lastPort: number, error: unknown): BlitError {
  const range = lastPort === address.port ? "" : ` to ${lastPort}`;
  const cannot = `Cannot listen on "${formatAddress(address)}"${range}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return new BlitError("refused", `${cannot}: ${range === "" ? "the port is in use" : "all ports are in use"}`, {
      cause: error,
    });
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return new BlitError("permission-denied", `${cannot}: permission denied`, { cause: error });
  }
  return new BlitError("usage", `${cannot}: ${textOf(error)}`, { cause: error });
}

/** The system's words without the number that follows them. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/ \(os error \d+\)$/, "") : String(error);
}
