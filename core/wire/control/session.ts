/**
 * One HTTP/2 connection of a client, over a socket that was dialled before.
 *
 * `connect-node` brings a manager that reconnects by itself. Here a connection that is lost stays lost: what was going on is
 * over, and whoever retries says so and dials again.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import type { createGrpcTransport } from "@connectrpc/connect-node";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { Duplex } from "node:stream";
import { HTTP2_FRAME_BYTES, WINDOW_BYTES } from "./protocol.ts";
import { readToTheEnd } from "./read_stream.ts";
import { makeDestroySafe } from "./safe_destroy.ts";

/** How often a peer that has nothing to say is asked whether it is there, and how long it may take to answer. */
const PING_MS = 15_000;

/** What the transport asks of a connection; the type has no name of its own to import. */
type SessionManager = NonNullable<Parameters<typeof createGrpcTransport>[0]["sessionManager"]>;

/** Why a connection is over. */
export type Loss =
  | "closed" // by us, by the peer, or by the network
  | "protocol"; // what came is not HTTP/2

/** A connection; it is lost once and for all. */
export class ClientSession implements SessionManager {
  readonly authority: string;
  readonly #session: ClientHttp2Session;
  readonly #ready: Promise<void>;
  readonly #pings: ReturnType<typeof setInterval>;
  #pingSentAt: number | undefined;
  #streams = 0;
  #loss: Loss | undefined;

  /** Takes over a connected socket. */
  constructor(socket: Duplex, authority: string) {
    this.authority = authority;
    this.#session = connect(authority, {
      createConnection: () => socket,
      settings: { initialWindowSize: WINDOW_BYTES, maxFrameSize: HTTP2_FRAME_BYTES },
    });
    makeDestroySafe(this.#session, (error) => this.#noteLoss(error));
    this.#ready = new Promise((resolve, reject) => {
      this.#session.once("connect", () => {
        this.#session.setLocalWindowSize(WINDOW_BYTES);
        resolve();
      });
      this.#session.once("close", () => reject(lost()));
    });
    this.#ready.catch(() => {}); // told to whoever asks for something
    this.#session.on("error", (error) => this.#noteLoss(error));
    this.#session.once("close", () => this.#end());
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    Deno.unrefTimer(Number(this.#pings));
  }

  /** Why the connection is over, `undefined` while it is not. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** Opens a stream for one call. */
  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    await this.#ready;
    if (this.#loss !== undefined || this.#session.closed || this.#session.destroyed) throw lost();
    // Left to itself, Deno writes an address of IPv6 without its brackets.
    const authority = new URL(this.authority).host;
    const stream = this.#session.request({ ...headers, ":method": method, ":path": path, ":authority": authority });
    readToTheEnd(stream);
    this.#streams++;
    stream.once("close", () => this.#streams--);
    return stream;
  }

  /** Something has come: the peer is there. */
  notifyResponseByteRead(): void {
    this.#pingSentAt = undefined;
  }

  /** Ends every call and the connection. */
  close(): void {
    this.#loss ??= "closed";
    this.#session.destroy();
    this.#end();
  }

  #ping(): void {
    if (this.#streams === 0 || this.#session.destroyed) return;
    if (this.#pingSentAt !== undefined) return this.close();
    this.#pingSentAt = performance.now();
    this.#session.ping((error) => {
      if (error === null) this.#pingSentAt = undefined;
    });
  }

  #noteLoss(error: Error): void {
    this.#loss ??= /protocol error/i.test(error.message) ? "protocol" : "closed";
  }

  #end(): void {
    this.#loss ??= "closed";
    clearInterval(this.#pings);
  }
}

function lost(): ConnectError {
  return new ConnectError("the connection was lost", Code.Unavailable);
}
