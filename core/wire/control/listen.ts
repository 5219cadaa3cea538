/**
 * Accepting connections for the control plane: HTTP/2 and HTTP/1.1 on one port, and lanes of the data plane that cannot come to
 * their own.
 *
 * gRPC needs HTTP/2, which without TLS begins with a fixed preface; browsers and simple tools speak Connect and gRPC-Web
 * over HTTP/1.1; a lane begins with its own magic. The first bytes tell which server gets the connection. TLS will be one more way
 * to come by the socket.
 *
 * @module
 */

import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { BlitError } from "../../errors.ts";
import { ControlConnection } from "./connection.ts";
import { showServer } from "./dial.ts";
import { MAGIC } from "../handshake.ts";
import { makeDestroySafe } from "./safe_destroy.ts";
import { CONTROL_LIMITS, type ControlLimits } from "./limits.ts";
import { HTTP2_FRAME_BYTES, WINDOW_BYTES } from "./protocol.ts";
import { SocketCarrier } from "./socket_carrier.ts";

/** A request of either version of HTTP. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** The response to it. */
export type HttpResponse = ServerResponse | Http2ServerResponse;
/** Answers one request. */
export type HttpHandler = (request: HttpRequest, response: HttpResponse, connection: ControlConnection) => void;

/** Options of {@linkcode listenControl}. */
export interface ListenOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port; 0 takes a free one. */
  port: number;
  handler: HttpHandler;
  /** @default {@linkcode CONTROL_LIMITS} */
  limits?: ControlLimits;
  /** Gets a connection that begins as a lane does, before its handshake, and owns it. @default {it is cut off} */
  onLane?: (carrier: SocketCarrier) => void;
  /** Told once for every connection that is cut off, with the reason. */
  onCut?: (address: string, reason: string) => void;
}

/** A port that accepts connections. */
export interface ControlListener {
  readonly hostname: string;
  readonly port: number;
  /** Accepted connections that are open. */
  readonly connections: ReadonlySet<ControlConnection>;
  /** Accepts no more, waits up to `graceMs` for calls to end, and closes what is left. */
  close(graceMs: number): Promise<void>;
}

/** The first bytes of HTTP/2 that no request of HTTP/1 begins with. */
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** So many bytes of the preface, and of what a lane begins with, are in no request of HTTP/1; its methods begin otherwise. */
const TELLING_BYTES = 3;
/** Bytes of all headers of a request. */
const MAX_HEADER_BYTES = 16_384;
const SWEEPS_A_SECOND = 2;

/**
 * Listens for the control plane.
 *
 * @throws {BlitError} "refused" for an address that is taken, "permission-denied", or "usage" for one that is not ours.
 */
export async function listenControl(options: ListenOptions): Promise<ControlListener> {
  const arrivals = new Arrivals(options);
  // Half-open: a lane may go on in one direction.
  const server = createServer(
    { noDelay: true, keepAlive: true, allowHalfOpen: true },
    (socket) => arrivals.accept(socket),
  );
  const { address, port } = await listen(server, options);
  const sweep = setInterval(() => arrivals.cutOff(), 1000 / SWEEPS_A_SECOND);
  return {
    hostname: address,
    port,
    get connections() {
      return arrivals.connections;
    },
    async close(graceMs) {
      const closed = new Promise((resolve) => server.close(resolve));
      await arrivals.close(graceMs);
      clearInterval(sweep);
      await closed;
    },
  };
}

/** What has arrived at the port and is open. */
class Arrivals {
  readonly #options: ListenOptions;
  readonly #limits: ControlLimits;
  readonly #connections = new Map<string, ControlConnection>();
  /** They have bounds of their own from here on. */
  readonly #lanes = new Set<Socket>();
  readonly #offer: (socket: Socket) => void;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limits = options.limits ?? CONTROL_LIMITS;
    this.#offer = createAcceptors(this.#limits, {
      onRequest: (request, response) => this.#answer(request, response),
      onLane: (socket) => this.#handOver(socket),
    });
  }

  get connections(): ReadonlySet<ControlConnection> {
    return new Set(this.#connections.values());
  }

  accept(socket: Socket): void {
    const key = keyOf(socket);
    // Errors of a connection concern its peer only; "close" follows.
    socket.on("error", () => {});
    if (this.#connections.size + this.#lanes.size >= this.#limits.connections) {
      this.#options.onCut?.(socket.remoteAddress ?? "", "too many connections");
      return void socket.destroy();
    }
    const connection = new ControlConnection(socket, this.#limits, performance.now());
    this.#connections.set(key, connection);
    // A peer may come back with the same port before the end of its last connection is noticed.
    socket.once("close", () => this.#connections.get(key) === connection && this.#connections.delete(key));
    this.#offer(socket);
  }

  /** Cuts off those that have gone beyond a limit. */
  cutOff(): void {
    const now = performance.now();
    for (const connection of this.#connections.values()) {
      const reason = connection.whyCut(now);
      if (reason === undefined) continue;
      this.#options.onCut?.(connection.peer.address, reason);
      connection.destroy();
    }
  }

  /** Waits for calls to end, as long as it may, and closes everything. */
  async close(graceMs: number): Promise<void> {
    const deadline = performance.now() + graceMs;
    while ([...this.#connections.values()].some((connection) => connection.busy) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const connection of this.#connections.values()) connection.destroy();
    for (const socket of this.#lanes) socket.destroy();
  }

  #answer(request: HttpRequest, response: HttpResponse): void {
    const connection = this.#connections.get(keyOf(request.socket));
    if (connection === undefined) return void request.socket.destroy(); // it has been cut off meanwhile
    endWaitAtClose(response);
    this.#options.handler(request, response, connection);
  }

  #handOver(socket: Socket): void {
    const { onLane } = this.#options;
    if (onLane === undefined) return void socket.destroy();
    this.#connections.delete(keyOf(socket));
    this.#lanes.add(socket);
    socket.once("close", () => this.#lanes.delete(socket));
    onLane(new SocketCarrier(socket));
  }
}

interface Acceptors {
  onRequest(request: HttpRequest, response: HttpResponse): void;
  onLane(socket: Socket): void;
}

/** Two servers without a port of their own, and lanes; the result hands a socket to the one that understands it. */
function createAcceptors(limits: ControlLimits, { onRequest, onLane }: Acceptors): (socket: Socket) => void {
  const http1 = createHttp1Server({ maxHeaderSize: MAX_HEADER_BYTES }, onRequest);
  const settings = {
    maxConcurrentStreams: limits.calls,
    maxHeaderListSize: MAX_HEADER_BYTES,
    initialWindowSize: WINDOW_BYTES,
    maxFrameSize: HTTP2_FRAME_BYTES,
  };
  const http2 = createHttp2Server({ settings }, onRequest);
  http1.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  http2.on("sessionError", () => {}); // ends that session only
  http2.on("session", (session) => {
    makeDestroySafe(session);
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on("error", () => {});
  });
  return (socket) => {
    const endToo = (): void => void socket.end();
    socket.once("end", endToo);
    let head: Uint8Array = new Uint8Array(0);
    const look = () => {
      const chunk: Uint8Array | null = socket.read();
      if (chunk !== null) head = concat(head, chunk);
      const [isHttp2, isLane] = [PREFACE, MAGIC].map((start) => beginsLike(head, start));
      if ((isHttp2 || isLane) && head.length < TELLING_BYTES) return void socket.once("readable", look);
      socket.unshift(head);
      if (isLane) {
        socket.off("end", endToo);
        return onLane(socket);
      }
      (isHttp2 ? http2 : http1).emit("connection", socket);
    };
    socket.once("readable", look);
  };
}

/**
 * Whoever writes an answer may be waiting for room, and a connection that is cut off makes none: nothing tells the writer. Woken
 * up it fails at its next write, and what the answer is made from gives back what it holds.
 */
function endWaitAtClose(response: HttpResponse): void {
  response.once("close", () => response.emit("drain"));
}

/** As far as both go. */
function beginsLike(head: Uint8Array, start: Uint8Array): boolean {
  return head.subarray(0, start.length).every((byte, i) => byte === start[i]);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const result = new Uint8Array(first.length + second.length);
  result.set(first);
  result.set(second, first.length);
  return result;
}

async function listen(server: Server, { hostname, port }: ListenOptions): Promise<{ address: string; port: number }> {
  try {
    await listenOn(server, hostname, port);
  } catch (error) {
    // A machine without IPv6 has every address in "0.0.0.0".
    if (hostname !== "::" || !/^(EAFNOSUPPORT|EADDRNOTAVAIL)$/.test(codeOf(error))) {
      throw listenError(error, showServer(hostname, port));
    }
    await listenOn(server, "0.0.0.0", port).catch((error) => {
      throw listenError(error, showServer("0.0.0.0", port));
    });
  }
  return server.address() as { address: string; port: number };
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  if (!isPermitted(host, port)) throw new Deno.errors.NotCapable();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Asks for the permission, as listening would: that throws the lack of it where nobody can catch it. */
function isPermitted(hostname: string, port: number): boolean {
  try {
    return Deno.permissions.requestSync({ name: "net", host: showServer(hostname, port) }).state === "granted";
  } catch {
    return true; // it is no address at all, which listening says
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function listenError(error: unknown, address: string): BlitError {
  const code = codeOf(error);
  const what = `Cannot listen on ${address}`;
  if (code === "EADDRINUSE") {
    const hint = "Another program uses the port, perhaps another daemon; choose one with --port";
    return new BlitError("refused", `${what}: the address is in use`, { hint, cause: error });
  }
  if (error instanceof Deno.errors.NotCapable) {
    const hint = "Run with --allow-net";
    return new BlitError("permission-denied", `${what}: no permission to use the network`, { hint, cause: error });
  }
  if (code === "EACCES") return new BlitError("permission-denied", `${what}: permission denied`, { cause: error });
  const reason = /^(EADDRNOTAVAIL|EINVAL|ENOTFOUND|EAI_AGAIN)$/.test(code)
    ? "this machine has no such address"
    : error instanceof Error
    ? error.message
    : String(error);
  return new BlitError("usage", `${what}: ${reason}`, { cause: error });
}

/** The same for a socket and for every request that arrives through it. */
function keyOf(socket: { remoteAddress?: string; remotePort?: number }): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
