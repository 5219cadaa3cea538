/**
 * A relay for one port of the loopback: a client that comes through it finds the daemon at another address, where the test decides
 * what happens on the data port.
 *
 * @module
 */

/** Where clients of a {@linkcode Relay} believe the daemon to be. */
export const RELAY_ADDRESS = "127.0.0.2";

/** Hands connections on to `127.0.0.1`; what else is at its own address is up to the test. */
export class Relay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: RELAY_ADDRESS, port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  constructor(readonly target: number) {
    this.#accepting = this.#accept();
  }

  /** Its own port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const daemon = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
        this.#connections.add(client).add(daemon);
        for (const [from, to] of [[client, daemon], [daemon, client]]) {
          // Whoever ends first ends both.
          from.readable.pipeTo(to.writable).catch(() => {}).finally(() => [client, daemon].forEach(close));
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed
    }
  }
}

/** A port that nobody uses at the moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed by the other direction.
  }
}
