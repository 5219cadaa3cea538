/**
 * The control plane's client: one connection to a daemon, and typed questions.
 *
 * Loading this module loads the gRPC stack (65 ms); what works on local files never does.
 *
 * @module
 */

import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BlitService, Capability } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, type ErrorCode } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { withoutZone } from "../addresses.ts";
import { dial, DIAL_LIMITS, type Dialled, type DialLimits, resolveHost, showServer } from "./dial.ts";
import { fromWireCode } from "./error_codes.ts";
import { fromConnectError, hasReason, isCutOff } from "./errors.ts";
import { ClientSession } from "./session.ts";
import { MAX_MESSAGE_BYTES, PROTOCOL_NUMBER } from "./protocol.ts";
import { type RemotePlace, toLocation } from "./location.ts";
import { fromWireIdentities } from "./identities.ts";
import { type RemoteEntry, type RemoteModule, toRemoteEntry, toRemoteModule, toStatEntry } from "./remote_entry.ts";

export type { RemotePlace } from "./location.ts";
export type { RemoteEntry, RemoteModule } from "./remote_entry.ts";

/** Options of {@linkcode connectControl}. */
export interface ConnectOptions {
  /** A name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /** The address to dial, where the host has been resolved already. */
  address?: string;
  /** Gives up; later it ends every call of the client. */
  signal?: AbortSignal;
  /** @default {@linkcode DIAL_LIMITS} */
  limits?: DialLimits;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call; it rejects with "interrupted". */
  signal?: AbortSignal;
}

/** What a daemon says about itself. */
export interface DaemonInfo {
  readonly version: string;
  readonly protocolNumber: number;
  readonly os: string;
  readonly arch: string;
  /** For people, may be empty; to be cleaned before it is printed. */
  readonly motd: string;
  /** Names that are not UTF-8 can be created there. */
  readonly byteNames: boolean;
  /** The finest step of its times. */
  readonly timeStepNanoseconds: number;
}

/** Entries of a directory, and entries that could not be looked at. */
export interface RemoteBatch {
  readonly entries: readonly RemoteEntry[];
  readonly failures: readonly { readonly code: ErrorCode; readonly message: string }[];
}

/** A connection to a daemon whose protocol is ours. Every failed call rejects with a `BlitError`. */
export interface ControlClient extends Disposable {
  /** `host:port`, for messages. */
  readonly server: string;
  /** The address that the host was resolved to and that answers. */
  readonly address: string;
  /** What it said when the connection was made. */
  readonly info: DaemonInfo;
  /** The calls as they are generated, for what has no function of its own. */
  readonly service: Client<typeof BlitService>;
  getInfo(options?: CallOptions): Promise<DaemonInfo>;
  /**
   * What a call of {@linkcode ControlClient.service} answers, once it is known that both ends speak the same protocol. Where they
   * do not, that is the reason, whatever became of the call.
   */
  afterHandshake<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T>;
  listModules(options?: CallOptions): Promise<RemoteModule[]>;
  /** The entries of a directory in the server's order, batch by batch. */
  list(place: RemotePlace, options?: CallOptions): AsyncIterable<RemoteBatch>;
  stat(place: RemotePlace, options?: CallOptions & { withIdentities?: boolean }): Promise<RemoteEntry>;
  /**
   * What a call of {@linkcode ControlClient.service} answers message by message, each of which has to come in time. While the
   * caller works on one nobody waits.
   */
  stream<T>(call: (options: { signal: AbortSignal }) => AsyncIterable<T>, options?: CallOptions): AsyncGenerator<T>;

  /**
   * What a failed call of {@linkcode ControlClient.service} means. The server's own reason wins; without one, a connection that is
   * gone explains whatever the transport made of it.
   *
   * @param signal what the call was given: when it is aborted there is nothing to explain
   */
  explain(thrown: unknown, signal?: AbortSignal): Promise<BlitError>;
  /** Ends every call and the connection. */
  close(): void;
}

/**
 * Connects to a daemon and makes sure that both ends speak the same protocol.
 *
 * @throws {BlitError} "unreachable", "protocol" where something else answers or speaks another version, "interrupted".
 */
export async function connectControl(options: ConnectOptions): Promise<ControlClient> {
  const client = await openControl(options);
  try {
    await client.afterHandshake(Promise.resolve());
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * Connects to a daemon. Calls can be made while it is still being asked which protocol it speaks, which saves a round trip: each
 * rejects with "protocol" where something else answers or speaks another version. `info` is known after the first answer.
 *
 * @throws {BlitError} "unreachable", "interrupted".
 */
export async function openControl(options: ConnectOptions): Promise<ControlClient> {
  const { host, port, address, signal, limits = DIAL_LIMITS } = options;
  const server = showServer(host, port);
  const addresses = address === undefined ? await resolveHost(host, limits, signal) : [address];
  const dialled = await dial(addresses, port, { limits, server, signal });
  return new GrpcControlClient(dialled, port, { server, limits, ...(signal && { signal }) });
}

/** Within this time of a failed call its connection is known to be gone, if it is. */
const LOSS_MS = 20;

/** What a lost connection may look like to a call. */
const DOUBTFUL: readonly ErrorCode[] = ["protocol", "internal", "interrupted"];

type Call<T> = (options: { signal: AbortSignal; timeoutMs: number }) => Promise<T>;

class GrpcControlClient implements ControlClient {
  readonly server: string;
  readonly address: string;
  readonly service: Client<typeof BlitService>;
  readonly #limits: DialLimits;
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #session: ClientSession;
  readonly #handshake: Promise<void>;
  #info: DaemonInfo | undefined;

  /** It shakes hands at once. */
  constructor(
    { socket, address }: Dialled,
    port: number,
    options: { server: string; limits: DialLimits; signal?: AbortSignal },
  ) {
    this.address = address;
    this.server = options.server;
    this.#limits = options.limits;
    this.#signal = options.signal ? AbortSignal.any([this.#closed.signal, options.signal]) : this.#closed.signal;
    const baseUrl = `http://${showServer(withoutZone(address), port)}`; // an address in a URL has none
    this.#session = new ClientSession(socket, baseUrl);
    const limitBytes = { readMaxBytes: MAX_MESSAGE_BYTES, writeMaxBytes: MAX_MESSAGE_BYTES, acceptCompression: [] };
    const transport = createGrpcTransport({ baseUrl, sessionManager: this.#session, ...limitBytes });
    this.service = createClient(BlitService, transport);
    this.#handshake = this.#shakeHands();
    this.#handshake.catch(() => {}); // every call tells it
  }

  get info(): DaemonInfo {
    if (this.#info === undefined) throw new BlitError("internal", "Cannot tell about a daemon before it has answered");
    return this.#info;
  }

  async #shakeHands(): Promise<void> {
    this.#info = await this.#askInfo({}).catch((error) => {
      const other: readonly ErrorCode[] = ["protocol", "not-found", "unsupported"];
      if (other.includes(error.code)) throw notADaemon(this.server, error);
      // What understands nothing of this often hangs up without a word.
      const isCutOff = error.code === "unreachable" && this.#session.loss !== undefined;
      throw isCutOff ? new BlitError(error.code, error.message, { hint: PORT_HINT, cause: error }) : error;
    });
    const { protocolNumber, version } = this.#info;
    if (protocolNumber === PROTOCOL_NUMBER) return;
    const numbers = `it speaks protocol ${protocolNumber}, this program speaks ${PROTOCOL_NUMBER}`;
    throw new BlitError("protocol", `Cannot use "${this.server}": ${numbers}`, {
      hint: `Update the older of the two: Blit ${version} is there, ${VERSION} is here`,
    });
  }

  getInfo(options: CallOptions = {}): Promise<DaemonInfo> {
    return this.afterHandshake(this.#askInfo(options), options.signal);
  }

  async #askInfo(options: CallOptions): Promise<DaemonInfo> {
    const answer = await this.#ask(options, (call) => this.service.getInfo({ protocolNumber: PROTOCOL_NUMBER }, call));
    const { programVersion: version, protocolNumber, os, arch, motd, timeStepNanoseconds, capabilities } = answer;
    const byteNames = capabilities.includes(Capability.BYTE_NAMES);
    return { version, protocolNumber, os, arch, motd, timeStepNanoseconds, byteNames };
  }

  async listModules(options: CallOptions = {}): Promise<RemoteModule[]> {
    const { modules } = await this.#call(options, (call) => this.service.listModules({}, call));
    return modules.map(toRemoteModule);
  }

  async stat(
    place: RemotePlace,
    { withIdentities = false, ...options }: CallOptions & { withIdentities?: boolean } = {},
  ): Promise<RemoteEntry> {
    const request = { location: toLocation(place), withIdentities };
    const { entry, identities } = await this.#call(options, (call) => this.service.stat(request, call));
    const found = toStatEntry(entry, this.server);
    return withIdentities ? { ...found, identities: fromWireIdentities(identities) } : found;
  }

  async *list(place: RemotePlace, options: CallOptions = {}): AsyncGenerator<RemoteBatch> {
    const location = toLocation(place);
    for await (const batch of this.stream((call) => this.service.list({ location }, call), options)) {
      const { entries, failures } = batch;
      yield {
        entries: entries.map((entry) => toRemoteEntry(entry, this.server)),
        failures: failures.map(({ code, message }) => ({ code: fromWireCode(code), message })),
      };
    }
  }

  async *stream<T>(
    call: (options: { signal: AbortSignal }) => AsyncIterable<T>,
    options: CallOptions = {},
  ): AsyncGenerator<T> {
    using patience = new Patience(this.#limits.answerMs);
    // Whoever stops reading ends the call as well.
    const left = new AbortController();
    const signal = AbortSignal.any([this.#signalOf(options), patience.signal, left.signal]);
    try {
      for await (const message of call({ signal })) {
        patience.pause();
        await this.#handshake;
        yield message;
        patience.resume();
      }
    } catch (error) {
      if (!signal.aborted) await this.#handshake;
      throw patience.signal.aborted ? this.#noAnswer(error) : await this.explain(error, signal);
    } finally {
      left.abort();
    }
  }

  close(): void {
    this.#closed.abort();
    this.#session.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async afterHandshake<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const [result] = await Promise.all([answer, this.#handshake]);
      return result;
    } catch (error) {
      if (!signal?.aborted) await this.#handshake;
      throw error;
    }
  }

  #call<T>(options: CallOptions, call: Call<T>): Promise<T> {
    return this.afterHandshake(this.#ask(options, call), options.signal);
  }

  /** A call with one answer, which has to come in time. */
  async #ask<T>(options: CallOptions, call: Call<T>): Promise<T> {
    const signal = this.#signalOf(options);
    try {
      return await call({ signal, timeoutMs: this.#limits.answerMs });
    } catch (error) {
      throw await this.explain(error, signal);
    }
  }

  #signalOf({ signal }: CallOptions): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#signal]) : this.#signal;
  }

  async explain(thrown: unknown, signal?: AbortSignal): Promise<BlitError> {
    const error = fromConnectError(thrown, this.server);
    if (hasReason(thrown) || !DOUBTFUL.includes(error.code) || signal?.aborted) return error;
    await new Promise((resolve) => setTimeout(resolve, LOSS_MS)); // the loss is told after what it causes
    if (this.#session.loss === "protocol") {
      return new BlitError("protocol", `Cannot ask "${this.server}": it breaks the protocol`, { cause: thrown });
    }
    // A call that is cancelled by the other side, without a reason, is one that it gave up.
    const isLost = this.#session.loss !== undefined || isCutOff(thrown);
    if (!isLost && error.code !== "interrupted") return error;
    return fromConnectError(new ConnectError("", Code.Unavailable, undefined, [], thrown), this.server);
  }

  #noAnswer(cause: unknown): BlitError {
    return fromConnectError(
      new ConnectError("no answer in time", Code.DeadlineExceeded, undefined, [], cause),
      this.server,
    );
  }
}

/** Aborts when the next message does not come in time; while the caller works on one, nobody waits. */
class Patience implements Disposable {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.resume();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  resume(): void {
    this.#timer = setTimeout(() => this.#controller.abort(), this.#ms);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.pause();
  }
}

const PORT_HINT = "Is the port right? Daemons listen on 9031 unless they are told otherwise";

function notADaemon(server: string, cause: unknown): BlitError {
  return new BlitError("protocol", `Cannot use "${server}": what answers there is not a Blit daemon`, {
    hint: PORT_HINT,
    cause,
  });
}
