/**
 * A relay for one port of the loopback: a client that comes through it finds the daemon at another address, where the test decides
 * what happens on the data port.
 *
 * @module
 */

/** Where clients of a {@linkcode Relay} believe the daemon to be. */
export const RELAY_ADDRESS = "127.0.0.2";

/** Options of {@linkcode Relay}. */
export interface RelayOptions {
  /** Its own port. @default any that is free */
  readonly port?: number;
  /** How fast each connection is in each direction. @default as fast as it can be */
  readonly bytesPerSecond?: number;
  /** What begins like a lane is cut off, as something that understands calls only would do. @default {false} */
  readonly onlyCalls?: boolean;
}

/** Hands connections on to `127.0.0.1`; what else is at its own address is up to the test. */
export class Relay implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #bytesPerSecond: number;
  readonly #onlyCalls: boolean;
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  /** Bytes that were handed on, in both directions. */
  bytes = 0;
  /** Connections that have come. */
  accepted = 0;
  /** Called once when so many bytes were handed on; nothing more is until it has returned. */
  #mark: { readonly bytes: number; readonly onReached: () => void } | undefined;

  /** Nothing is handed on before. */
  #open = Promise.resolve();

  constructor(readonly target: number, { port = 0, bytesPerSecond = Infinity, onlyCalls = false }: RelayOptions = {}) {
    this.#listener = Deno.listen({ hostname: RELAY_ADDRESS, port });
    this.#bytesPerSecond = bytesPerSecond;
    this.#onlyCalls = onlyCalls;
    this.#accepting = this.#accept();
  }

  /** Its own port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Counts from zero, and calls back once when so many bytes were handed on. */
  watch(bytes: number, onReached: () => void): void {
    this.bytes = 0;
    this.#mark = { bytes, onReached };
  }

  /** Hands nothing on any more; connections stay. */
  hold(): void {
    this.#open = new Promise(() => {});
  }

  /** Ends all connections; new ones are welcome. */
  cut(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepting;
  }

  #counter(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: async (chunk, controller) => {
        const ms = chunk.length / this.#bytesPerSecond * 1000;
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        await this.#open;
        this.bytes += chunk.length;
        const mark = this.#mark;
        if (mark !== undefined && this.bytes >= mark.bytes) {
          this.#mark = undefined;
          mark.onReached();
        }
        controller.enqueue(chunk);
      },
    });
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const daemon = await Deno.connect({ hostname: "127.0.0.1", port: this.target }).catch(() => undefined);
        if (daemon === undefined) { // it is being restarted
          close(client);
          continue;
        }
        this.#connections.add(client).add(daemon);
        this.accepted++;
        if (this.#onlyCalls) {
          const start = new Uint8Array(8);
          const count = await client.read(start).catch(() => null) ?? 0;
          if (new TextDecoder().decode(start) === "BLITDATA") {
            [client, daemon].forEach(close);
            continue;
          }
          await daemon.write(start.subarray(0, count));
        }
        for (const [from, to] of [[client, daemon], [daemon, client]]) {
          // Whoever ends first ends both.
          from.readable.pipeThrough(this.#counter()).pipeTo(to.writable).catch(() => {}).finally(() =>
            [client, daemon].forEach(close)
          );
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
