/**
 * A transfer from a module of a daemon to this machine: the daemon lists and sends, this side decides and writes.
 *
 * @module
 */

import { Role, type TransferEvent } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { displayName } from "../../paths/bytes.ts";
import { connectControl, type ControlClient } from "../../wire/control/client.ts";
import { Lane } from "../../wire/mod.ts";
import { Orchestrator, type RemoteOrigin, type TransferRequest } from "../run/orchestrator.ts";
import { Conversation } from "./conversation.ts";
import { fromWireCounters, fromWireEvent, toWireEnd, toWireEvent } from "./event_messages.ts";
import { openCarrier } from "./open_carrier.ts";
import { componentsOf, labelOf, openMessage } from "./open_message.ts";

/** How long the daemon's reason is waited for when a lane breaks, in milliseconds. */
const REASON_MS = 1000;

/** Options of {@linkcode pull}. */
export interface PullOptions {
  /** Where the server is, for whoever has resolved and checked that already; its name is for messages then. */
  readonly address?: string;
}

/** Carries a request out whose source is this endpoint. */
export async function pull(
  request: TransferRequest,
  endpoint: RemoteEndpoint,
  emit: (event: EventBody) => void,
  { address }: PullOptions = {},
): Promise<TransferSummary> {
  const { signal } = request.options;
  const { host, port } = endpoint;
  using control = await connectControl({
    host,
    port,
    ...(address && { address }),
    ...(signal === undefined ? {} : { signal }),
  });
  const session = new PullSession(control, endpoint, request, emit);
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

/** What is asked of the daemon while it sends. */
class PullSession {
  #conversation: Conversation | undefined;
  readonly #cancelled = new AbortController();
  /** Entries that the daemon has removed, in a move. */
  #removed = Promise.withResolvers<number>();

  constructor(
    readonly control: ControlClient,
    readonly endpoint: RemoteEndpoint,
    readonly request: TransferRequest,
    readonly emit: (event: EventBody) => void,
  ) {
    this.#removed.promise.catch(() => {}); // asked for by moves only
  }

  /** Raised when the daemon was told to stop this; a daemon that is lost stops nothing, what is missing will be missed. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Finds out what the source is. */
  async lookAtSource(): Promise<RemoteOrigin> {
    const { endpoint, control, request } = this;
    const { signal } = request.options;
    const place = { module: endpoint.module, path: componentsOf(endpoint) };
    const isRoot = place.path.length === 0;
    const kind = isRoot ? "directory" : (await control.stat(place, signal === undefined ? {} : { signal })).kind;
    const isDirectory = kind === "directory";
    const name = isRoot ? endpoint.module ?? "" : displayName(place.path.at(-1)!);
    return {
      // The default root has no name that a directory could be given.
      root: { label: labelOf(endpoint), name, isDirectory, contentsOnly: endpoint.trailingSlash || name === "" },
      isEmpty: request.verb === "mirror" && isDirectory && await this.#isEmpty(place),
      open: (_job, notice) => this.#open(notice),
      removed: () => this.#removed.promise,
    };
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
    if (this.#conversation?.failed.aborted) return this.#conversation.failed.reason;
    const isDoubtful = error instanceof BlitError && (error.code === "unreachable" || error.code === "protocol");
    const reason = isDoubtful ? await this.#conversation?.reason(REASON_MS) : undefined;
    return reason ?? error;
  }

  async #isEmpty(place: Parameters<ControlClient["list"]>[0]): Promise<boolean> {
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
    this.#conversation = await Conversation.open(control, open, { signal, onEvent: (event) => this.#hear(event) });
    this.#conversation.ended.catch((error) => {
      if (error.code === "interrupted") this.#cancelled.abort(error);
    });
    const { address } = control;
    const { failed } = this.#conversation;
    const either = signal === undefined ? failed : AbortSignal.any([signal, failed]);
    const carrier = await openCarrier(this.#conversation, { address, signal: either, onFallback: notice });
    return new Lane(carrier, { role: "sink", signal: either });
  }

  /** Of what the daemon does to its files only this is news: everything else happens here. */
  #hear(message: TransferEvent): void {
    const { event } = message;
    if (event.case === "progress") this.#removed.resolve(fromWireCounters(event.value.counters).removed);
    if (event.case === "entries") { for (const body of fromWireEvent(message)) this.emit(body); }
  }
}
