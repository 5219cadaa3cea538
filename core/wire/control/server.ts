/**
 * The control plane's server: requests of gRPC, gRPC-Web and Connect to the functions that answer them.
 *
 * @module
 */

import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type Interceptor,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { BlitError } from "../../errors.ts";
import type { Carrier } from "../carrier.ts";
import type { ControlConnection, Peer } from "./connection.ts";
import { toConnectError } from "./errors.ts";
import type { ControlLimits } from "./limits.ts";
import { type ControlListener, type HttpHandler, type HttpRequest, listenControl } from "./listen.ts";
import { MAX_MESSAGE_BYTES } from "./protocol.ts";
import { type Refusal, refuseWebPage } from "./web_page.ts";

/** Who asks, for the functions that answer: `context.values.get(PEER)`. */
export const PEER = createContextKey<Peer>({ address: "" }, { description: "who asks" });

/** Options of {@linkcode serveControl}. */
export interface ControlServerOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port; 0 takes a free one. */
  port: number;
  /** Registers the functions that answer. */
  routes: (router: ConnectRouter) => void;
  limits?: ControlLimits;
  /** Gets a connection that begins as a lane does, before its handshake, and owns it. @default {it is cut off} */
  onLane?: (carrier: Carrier) => void;
  /** Told for every connection that is cut off. */
  onCut?: (address: string, reason: string) => void;
  /** Told of what no call expected: a defect. The caller learns no more than that there is one. */
  onDefect?: (call: string, error: unknown) => void;
}

/**
 * Serves the control plane until {@linkcode ControlListener.close}.
 *
 * @throws {BlitError} where the address cannot be listened on.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlListener> {
  const stopping = new AbortController();
  const handler = createHandler(options, stopping.signal);
  const { hostname, port, limits, onLane, onCut } = options;
  const listener = await listenControl({
    hostname,
    port,
    handler,
    ...(limits && { limits }),
    ...(onLane && { onLane }),
    ...(onCut && { onCut }),
  });
  return {
    ...listener,
    get connections() {
      return listener.connections;
    },
    async close(graceMs) {
      const timer = setTimeout(() => stopping.abort(new ConnectError("the daemon stops", Code.Unavailable)), graceMs);
      await listener.close(graceMs + STOP_MS);
      clearTimeout(timer);
    },
  };
}

/** Time for calls to answer that the daemon stops. */
const STOP_MS = 500;

function createHandler(options: ControlServerOptions, shutdownSignal: AbortSignal): HttpHandler {
  const { routes, onDefect = () => {} } = options;
  const router = createConnectRouter({
    shutdownSignal,
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: MAX_MESSAGE_BYTES,
    // Compressed messages would be a way to make a daemon work for an attacker; what is large travels elsewhere.
    acceptCompression: [],
    interceptors: [typedErrors(onDefect)],
  });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response, connection) => {
    const endCall = connection.beginCall(performance.now());
    response.once("close", () => endCall(performance.now()));
    request.on("error", () => {}); // the call learns of it through its signal
    response.on("error", () => {});
    const handler = handlers.get(request.url?.split("?", 1)[0] ?? "");
    const refusal = handler && refuseWebPage(request);
    if (refusal) return refuse(response, refusal);
    const universal = handler && toUniversal(request, response, connection);
    if (!handler || !universal) {
      response.statusCode = handler ? 400 : 404;
      return void response.end();
    }
    if (handler.method.methodKind !== "bidi_streaming") {
      request.once("end", connection.awaitRequest(performance.now()));
    }
    answer(handler, universal, response, connection).catch((error) => {
      if (ConnectError.from(error).code !== Code.Aborted) connection.destroy(); // the answer cannot be sent
    });
  };
}

function refuse(response: Response, { status, headers, text }: Refusal): void {
  response.writeHead(status, { "content-type": "text/plain", ...headers });
  response.end(text);
}

type Universal = ReturnType<typeof universalRequestFromNodeRequest>;
type Response = Parameters<typeof universalResponseToNodeResponse>[1];

/** The request, or `undefined` where its headers make no sense. */
function toUniversal(request: HttpRequest, response: Response, connection: ControlConnection): Universal | undefined {
  const values = createContextValues().set(PEER, connection.peer);
  try {
    return universalRequestFromNodeRequest(request, response as never, undefined, values);
  } catch {
    return undefined; // no host, or one that is no host
  }
}

async function answer(
  handler: UniversalHandler,
  request: Universal,
  response: Response,
  connection: ControlConnection,
): Promise<void> {
  const { body, ...head } = await handler(request);
  await universalResponseToNodeResponse(body ? { ...head, body: watchDrain(body, connection) } : head, response);
}

/** Tells the connection while a part of the answer waits to be sent. */
async function* watchDrain(body: AsyncIterable<Uint8Array>, connection: ControlConnection): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    const done = connection.awaitDrain(performance.now());
    try {
      yield chunk;
    } finally {
      done();
    }
  }
}

/** Makes every error one that carries its code; what nobody expected is reported here and told as "internal". */
function typedErrors(onDefect: (call: string, error: unknown) => void): Interceptor {
  return (next) => async (request) => {
    const translate = (error: unknown): ConnectError => {
      if (error instanceof ConnectError) return error;
      if (request.signal.aborted || isConnectionError(error)) {
        return new ConnectError("the caller has gone", Code.Canceled);
      }
      if (error instanceof BlitError && error.code !== "internal") return toConnectError(error);
      onDefect(request.method.name, error);
      return toConnectError(new BlitError("internal", `Cannot answer ${request.method.name}: a defect of the daemon`));
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: withErrors(response.message, translate) };
    } catch (error) {
      throw translate(error);
    }
  };
}

async function* withErrors<T>(
  messages: AsyncIterable<T>,
  translate: (error: unknown) => ConnectError,
): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw translate(error);
  }
}

/** Reading a request ends with such an error when its connection does. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return /^(ECONNRESET|EPIPE|ERR_STREAM_.*|ERR_HTTP2_.*)$/.test(String(error.code));
}
