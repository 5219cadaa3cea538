/**
 * A transfer from a module of a daemon to this machine: the daemon lists and sends, this side decides and writes.
 *
 * @module
 */

import { type LaneOffer, Role, type TransferEvent } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { displayName } from "../../paths/bytes.ts";
import { type ControlClient, openControl, type RemotePlace } from "../../wire/control/client.ts";
import type { RemoteEntry } from "../../wire/control/remote_entry.ts";
import { Lane } from "../../wire/mod.ts";
import { mostRangeLanes } from "../receiving/range_lanes.ts";
import type { RangePort } from "../receiving/range_messages.ts";
import { Orchestrator, type RemoteOrigin, type TransferRequest } from "../run/orchestrator.ts";
import { type Attempt, noteGone } from "./attempt.ts";
import { Conversation } from "./conversation.ts";
import { fromWireCounters, fromWireEvent, toWireEnd, toWireEvent } from "./event_messages.ts";
import { openCarrier } from "./open_carrier.ts";
import { componentsOf, labelOf, openMessage } from "./open_message.ts";
import { RangeWorkers, rangeWorkersCanStart } from "./range_workers.ts";

/** How long the daemon's reason is waited for when a lane breaks, in milliseconds. */
const REASON_MS = 1000;

/** Options of {@linkcode pull}. */
export interface PullOptions {
  /** Where the server is, for whoever has resolved and checked that already; its name is for messages then. */
  readonly address?: string;
  /** What earlier tries have left to this one. */
  readonly attempt?: Attempt;
}

/** Carries a request out whose source is this endpoint. */
export async function pull(
  request: TransferRequest,
  endpoint: RemoteEndpoint,
  emit: (event: EventBody) => void,
  { address, attempt = {} }: PullOptions = {},
): Promise<TransferSummary> {
  const { signal } = request.options;
  const { host, port } = endpoint;
  using control = await openControl({
    host,
    port,
    ...(address && { address }),
    ...(signal === undefined ? {} : { signal }),
  });
  using session = new PullSession({ control, endpoint, request, emit, attempt });
  const stopping = signal === undefined ? session.cancelled : AbortSignal.any([signal, session.cancelled]);
  const run = new Orchestrator(
    {
      ...request,
      options: { ...request.options, signal: stopping },
      source: labelOf(endpoint),
      origin: await session.lookAtSource(),
    },
    (event) => {
      session.tell(event);
      emit(event);
    },
    () => true, // the daemon hears how it goes
  );
  try {
    const summary = await run.run();
    await session.finish(summary);
    return summary;
  } catch (error) {
    throw await session.explain(error);
  }
}

/** What {@linkcode PullSession} works with. */
interface PullSessionOptions {
  readonly control: ControlClient;
  readonly endpoint: RemoteEndpoint;
  readonly request: TransferRequest;
  readonly emit: (event: EventBody) => void;
  readonly attempt: Attempt;
}

/** What is asked of the daemon while it sends. */
class PullSession implements Disposable {
  #conversation: Conversation | undefined;
  readonly #workers: RangeWorkers;
  #isSourceHere = false;
  #onLane: (port: RangePort) => void = () => {};
  readonly #cancelled = new AbortController();
  /** Entries that the daemon has removed, in a move. */
  #removed = Promise.withResolvers<number>();

  readonly control: ControlClient;
  readonly endpoint: RemoteEndpoint;
  readonly request: TransferRequest;
  readonly emit: (event: EventBody) => void;
  readonly #attempt: Attempt;

  constructor({ control, endpoint, request, emit, attempt }: PullSessionOptions) {
    this.control = control;
    this.endpoint = endpoint;
    this.request = request;
    this.emit = emit;
    this.#attempt = attempt;
    this.#removed.promise.catch(() => {}); // asked for by moves only
    this.#workers = new RangeWorkers(control.address);
  }

  [Symbol.dispose](): void {
    this.#workers[Symbol.dispose]();
  }

  /** Raised when the daemon was told to stop this; a daemon that is lost stops nothing, what is missing will be missed. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Finds out what the source is. */
  async lookAtSource(): Promise<RemoteOrigin> {
    const { endpoint, request } = this;
    const place = { module: endpoint.module, path: componentsOf(endpoint) };
    const isRoot = place.path.length === 0;
    const { kind, identities = [] } = await this.#look(place);
    const isDirectory = kind === "directory";
    await this.#requireRemovable(endpoint);
    const name = isRoot ? endpoint.module ?? "" : displayName(place.path.at(-1)!);
    return {
      // The default root has no name that a directory could be given.
      root: { label: labelOf(endpoint), name, isDirectory, contentsOnly: endpoint.trailingSlash || name === "" },
      isEmpty: request.verb === "mirror" && isDirectory && await this.#isEmpty(place),
      identities,
      open: (_job, notice) => this.#open(notice),
      lanes: {
        most: () => this.#mostLanes(),
        wish: () => this.#conversation!.wishLane(),
        listen: (onPort) => this.#onLane = onPort,
      },
      confirming: () => void (this.#attempt.isRemoving = true),
      removed: () => this.#removed.promise,
    };
  }

  #mostLanes(): number {
    // A worker of its own has no way into the module of a daemon, and writes nowhere else.
    const isPossible = this.request.place === undefined && rangeWorkersCanStart();
    return isPossible && !this.#conversation!.usesControlPort ? mostRangeLanes(this.#isSourceHere) : 0;
  }

  async #look(place: RemotePlace): Promise<RemoteEntry> {
    const { signal } = this.request.options;
    const options = signal === undefined ? {} : { signal };
    try {
      return await this.control.stat(place, { ...options, withIdentities: true });
    } catch (error) {
      // It may be the module that is missing; only what is missing in it can have been moved.
      if (this.#attempt.isRemoving) await this.control.stat({ ...place, path: [] }, options);
      noteGone(this.#attempt, error);
      throw error;
    }
  }

  /** The daemon refuses a move from a module that is read-only too, but only when something has been created here. */
  async #requireRemovable({ module = "", path }: RemoteEndpoint): Promise<void> {
    const { verb, options: { dryRun, signal } } = this.request;
    if (verb !== "move" || dryRun) return;
    const modules = await this.control.listModules(signal === undefined ? {} : { signal });
    if (!modules.some(({ name, readOnly }) => name === module && readOnly)) return;
    throw new BlitError("read-only", `Cannot move from "/${module}/${path}": module "${module}" is read-only`);
  }

  /** Tells the daemon how it goes, for its jobs. */
  tell(event: EventBody): void {
    if (event.type !== "progress" && event.type !== "failed") return;
    this.#conversation?.tell(toWireEvent(event, 0, 0)!);
  }

  /** Tells the daemon how it went. */
  async finish(summary: TransferSummary): Promise<void> {
    this.#conversation?.tell(toWireEnd(summary, undefined, 1));
    await this.#conversation?.finish();
  }

  /** The server's reason wins over the connection that broke because of it. */
  async explain(error: unknown): Promise<unknown> {
    if (this.cancelled.aborted && !this.request.options.signal?.aborted) return this.cancelled.reason;
    if (this.request.options.signal?.aborted) return error;
    const doubtful: readonly unknown[] = ["unreachable", "protocol", "interrupted"];
    if (!(error instanceof BlitError) || !doubtful.includes(error.code)) return error; // it is what the daemon was told
    if (this.#conversation?.failed.aborted) return this.#conversation.failed.reason;
    return await this.#conversation?.reason(REASON_MS) ?? error;
  }

  async #isEmpty(place: RemotePlace): Promise<boolean> {
    for await (const { entries, failures } of this.control.list(place)) {
      if (entries.length + failures.length > 0) return false;
    }
    return true;
  }

  async #open(notice: (message: string) => void): Promise<Lane<"sink">> {
    const { control, endpoint, request } = this;
    const { verb, options } = request;
    const open = openMessage(endpoint, { verb, role: Role.PULL, options });
    const { signal } = options;
    this.#conversation = await Conversation.open(control, open, {
      signal,
      onEvent: (event) => this.#hear(event),
      onLaneOffer: (offer) => this.#addLane(offer),
    });
    this.#conversation.ended.catch((error) => {
      if (error.code === "interrupted") this.#cancelled.abort(error);
      this.#removed.reject(error);
    });
    const { address } = control;
    const where = { address, controlPort: endpoint.port, onlyControlPort: options.forceGrpc ?? false };
    const { failed } = this.#conversation;
    const either = signal === undefined ? failed : AbortSignal.any([signal, failed]);
    const carrier = await openCarrier(this.#conversation, { ...where, signal: either, onFallback: notice });
    this.#isSourceHere = carrier.isHere ?? false;
    return new Lane(carrier, { role: "sink", signal: either });
  }

  #addLane(offer: LaneOffer): void {
    const port = this.#workers.startWriter(offer);
    if (port !== undefined) this.#onLane(port);
  }

  /** Of what the daemon does to its files only this is news: everything else happens here. */
  #hear(message: TransferEvent): void {
    const { event } = message;
    if (event.case === "progress") this.#removed.resolve(fromWireCounters(event.value.counters).removed);
    if (event.case === "entries") { for (const body of fromWireEvent(message)) this.emit(body); }
  }
}
