/**
 * The port on which metrics are served.
 *
 * Whoever reaches it is a stranger, so everything is bounded: connections, the size of a request, and the time from accepting a
 * connection to its end, which a peer can neither stretch byte by byte nor by not reading.
 *
 * @module
 */

import type { ListenAddress } from "../../core/config/listen_address.ts";
import { BlitError, toBlitError } from "../../core/errors.ts";
import { listen, type Listener } from "../../core/wire/connect.ts";
import type { Connection } from "../../core/wire/tcp_carrier.ts";
import { within } from "../../core/within.ts";
import { isOperator } from "../jobs/may_cancel.ts";
import { fail, formatAnswer, isHeadRequest, judgeRequest } from "./http.ts";
import type { Metrics } from "./registry.ts";

/** Connections at once; a scraper needs one. */
const MOST_CONNECTIONS = 16;
/** Bytes of a request. A scraper sends a few hundred. */
const MOST_REQUEST_BYTES = 8192;
/** The life of a connection, in milliseconds. */
const CONNECTION_MS = 5000;

/** Bounds of a {@linkcode MetricsServer}. */
export interface MetricsServerOptions {
  /** @default {5000} */
  readonly connectionMs?: number;
}

/** Answers `GET /metrics` until it is closed. */
export class MetricsServer {
  readonly #metrics: Metrics;
  readonly #listener: Listener;
  readonly #open = new Set<Connection>();
  readonly #connectionMs: number;

  /**
   * Listens.
   *
   * @throws {BlitError} "usage" for an address that is not ours, "refused" for one that is taken, "permission-denied"
   */
  constructor(address: ListenAddress, metrics: Metrics, { connectionMs = CONNECTION_MS }: MetricsServerOptions = {}) {
    this.#metrics = metrics;
    this.#connectionMs = connectionMs;
    this.#listener = listenAt(address);
    this.#accept();
  }

  /** The address listened on, with the port that was found. */
  get address(): ListenAddress {
    return this.#listener.address;
  }

  /** Accepts no more, and ends what is open. */
  close(): void {
    this.#listener.close();
    for (const connection of this.#open) this.#end(connection);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener.connections()) {
      if (this.#open.size >= MOST_CONNECTIONS) {
        connection.close();
        continue;
      }
      this.#open.add(connection);
      // What goes wrong on a connection is its peer's affair.
      within(this.#answer(connection).catch(() => {}), this.#connectionMs).then(() => this.#end(connection));
    }
  }

  async #answer(connection: Connection): Promise<void> {
    const head = await readHead(connection);
    const answer = head === undefined ? fail(431) : judgeRequest(head, isOperator(this.address.hostname));
    const withBody = head === undefined || !isHeadRequest(head);
    if (answer.status !== 200) await writeAll(connection, formatAnswer(answer, { withBody }));
    else {
      const text = await this.#metrics.render();
      const { contentType } = this.#metrics;
      await writeAll(connection, formatAnswer({ status: 200, text }, { contentType, withBody }));
    }
    await connection.closeWrite();
    // Closing over bytes that were never read would take the answer away from a peer that has not read it yet.
    const rest = new Uint8Array(4096);
    while (await connection.read(rest) !== null);
  }

  #end(connection: Connection): void {
    if (this.#open.delete(connection)) connection.close();
  }
}

function listenAt({ hostname, port }: ListenAddress): Listener {
  try {
    return listen({ hostname, port });
  } catch (thrown) {
    const { code, message } = toBlitError(thrown);
    throw new BlitError(code, `Cannot serve metrics: ${message}`, {
      hint: 'It is the key "metrics" of [daemon] in the configuration',
      cause: thrown,
    });
  }
}

/** The head of a request as text, a character a byte; `undefined` where it is too long. */
async function readHead(connection: Connection): Promise<string | undefined> {
  const piece = new Uint8Array(MOST_REQUEST_BYTES);
  let head = "";
  while (head.length < MOST_REQUEST_BYTES) {
    const length = await connection.read(piece);
    if (length === null) return head;
    head += String.fromCharCode(...piece.subarray(0, length));
    const end = head.indexOf("\r\n\r\n");
    if (end !== -1) return head.slice(0, end);
  }
  return undefined;
}

async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}
