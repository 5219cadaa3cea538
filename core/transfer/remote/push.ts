/**
 * A transfer from this machine into a module of a daemon: this side lists and sends, the daemon decides and writes.
 *
 * @module
 */

import { Role, type Summary, type TransferEvent } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError, toBlitError } from "../../errors.ts";
import {
  type Counters,
  EVENT_SCHEMA_VERSION,
  type EventBody,
  type Failure,
  type RunStatus,
  type TransferSummary,
  zeroCounters,
} from "../../events.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import type { EntryKind } from "../../fs/types.ts";
import { type ByteString, encodeText } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import { connectControl, type ControlClient } from "../../wire/control/client.ts";
import { Lane } from "../../wire/mod.ts";
import { checkOptions } from "../options.ts";
import { eventPath } from "../run/collector.ts";
import { createRules } from "../run/create_job.ts";
import { interrupted } from "../run/interrupted.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import { type LocalSource, lookAtLocalSource } from "../run/resolve.ts";
import { removeEmptySource } from "../run/roots.ts";
import { type SendTotals, sendTree } from "../sending/mod.ts";
import { Conversation } from "./conversation.ts";
import { errorOfEnd, fromWireCounters, fromWireEvent, statusOfEnd } from "./event_messages.ts";
import { openCarrier } from "./open_carrier.ts";
import { labelOf, openMessage } from "./open_message.ts";

/** How long the daemon may take for its end after the last record, in milliseconds: it may have to flush a disk. */
const END_MS = 600_000;
/** How long its reason is waited for when the lane breaks, in milliseconds. */
const REASON_MS = 2000;

/** Carries a request out whose destination is this endpoint. */
export async function push(
  request: TransferRequest,
  endpoint: RemoteEndpoint,
  emit: (event: EventBody) => void,
): Promise<TransferSummary> {
  const { signal } = request.options;
  checkOptions(request.options);
  const source = lookAtLocalSource(request.verb, request.source);
  const { host, port } = endpoint;
  using control = await connectControl({ host, port, ...(signal === undefined ? {} : { signal }) });
  return await new PushSession(request, endpoint, control, emit).run(source);
}

class PushSession {
  readonly #started = performance.now();
  readonly #failures: Failure[] = [];
  readonly #notices: string[] = [];
  /** What the daemon has told last. */
  #counters: Counters = zeroCounters();
  #isFinished = false;
  readonly #end = Promise.withResolvers<Summary>();
  #conversation: Conversation | undefined;

  constructor(
    readonly request: TransferRequest,
    readonly endpoint: RemoteEndpoint,
    readonly control: ControlClient,
    readonly emit: (event: EventBody) => void,
  ) {
    this.#end.promise.catch(() => {}); // it is waited for below
  }

  /** Throws whatever ends the run early, after the `finished` event. */
  async run(source: LocalSource): Promise<TransferSummary> {
    this.#begin();
    try {
      return await this.#transfer(source);
    } catch (error) {
      const isInterrupted = this.request.options.signal?.aborted ?? false;
      if (!this.#isFinished) this.#finish(isInterrupted ? "interrupted" : "failed", this.#counters);
      throw error;
    }
  }

  async #transfer(source: LocalSource): Promise<TransferSummary> {
    const { verb, options } = this.request;
    const { signal } = options;
    const { name, isDirectory, contentsOnly, isEmpty } = source;
    const open = openMessage(this.endpoint, {
      verb,
      role: Role.PUSH,
      options,
      source: { name: encodeText(name), isDirectory, contentsOnly },
    });
    open.sourceIsEmpty = isEmpty;
    this.#conversation = await Conversation.open(this.control, open, { signal, onEvent: (event) => this.#hear(event) });
    this.#conversation.reason(END_MS).then((reason) => this.#end.reject(reason ?? this.#lost()));
    // The daemon's reason wins over the connection that broke because of it.
    const totals = await this.#send(source).catch(async (error) => {
      throw await this.#explain(error);
    });
    const end = await this.#end.promise;
    this.#conversation.finish().catch(() => {}); // it has said all that counts
    return this.#conclude(end, totals, source);
  }

  #begin(): void {
    const { verb, source, options } = this.request;
    const destination = labelOf(this.endpoint);
    const fileSystem = chooseFileSystem(options.fileSystem).name;
    const dryRun = options.dryRun ?? false;
    this.emit({ type: "started", schema: EVENT_SCHEMA_VERSION, verb, source, destination, dryRun, fileSystem });
    this.emit({ type: "route", route: "remote", workers: 0, reason: "the destination is on another machine" });
  }

  async #send({ root, single }: LocalSource): Promise<SendTotals> {
    const { verb, options, source } = this.request;
    const signal = this.#untilOver();
    const { address } = this.control;
    const onFallback = (message: string): void => this.#notice(message);
    const carrier = await openCarrier(this.#conversation!, { address, signal, onFallback });
    using lane = new Lane(carrier, { role: "source", signal });
    const startedSeconds = Date.now() / 1000;
    const onRemoved = (path: ByteString, kind: EntryKind): void => {
      if (options.entryEvents) this.emit({ type: "entry", action: "remove", kind, ...eventPath(path), bytes: 0 });
    };
    return await sendTree(lane, {
      fileSystem: chooseFileSystem(options.fileSystem),
      root,
      filter: await loadFilter(createRules(options)),
      shownRoot: single === undefined ? source : root,
      ...(single === undefined ? {} : { single }),
      ...(verb === "move" && !options.dryRun ? { move: { startedSeconds, onRemoved } } : {}),
      signal,
    });
  }

  /** A signal for everything that sends: raised by the caller's, and when the daemon has ended with an error. */
  #untilOver(): AbortSignal {
    const over = new AbortController();
    this.#end.promise.then((end) => errorOfEnd(end) && over.abort(), () => over.abort());
    const { signal } = this.request.options;
    return signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  }

  #hear(message: TransferEvent): void {
    const { event } = message;
    if (event.case === "end") return this.#end.resolve(event.value);
    if (event.case === "deletionQuestion") return void this.#answer(Number(event.value.entries));
    for (const body of fromWireEvent(message)) {
      if (body.type === "failed") {
        const { type: _, ...failure } = body;
        this.#failures.push(failure);
      }
      if (body.type === "progress") this.#counters = body;
      if (body.type === "notice") this.#notice(body.message);
      else this.emit(body);
    }
  }

  #notice(message: string): void {
    this.#notices.push(message);
    this.emit({ type: "notice", message });
  }

  async #answer(entries: number): Promise<void> {
    const { confirmDeletions } = this.request.options;
    try {
      const allowed = await confirmDeletions?.({ entries, destination: labelOf(this.endpoint) }) ?? true;
      this.#conversation!.answerDeletion(allowed);
    } catch (error) {
      this.#conversation!.answerDeletion(false);
      this.#end.reject(error);
    }
  }

  async #explain(error: unknown): Promise<unknown> {
    const { signal } = this.request.options;
    if (signal?.aborted) return interrupted(signal);
    const ended = await Promise.race([
      this.#end.promise.then((end) => errorOfEnd(end), (reason) => toBlitError(reason)),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), REASON_MS)),
    ]);
    return ended ?? error;
  }

  #lost(): BlitError {
    return new BlitError("unreachable", `Lost "${this.control.server}": it has ended without a summary`);
  }

  /** The daemon has told its end. */
  #conclude(end: Summary, totals: SendTotals, { root, single, contentsOnly }: LocalSource): TransferSummary {
    const error = errorOfEnd(end);
    const counters = fromWireCounters(end.counters);
    const { verb, options } = this.request;
    if (verb === "move" && !options.dryRun) {
      counters.removed = totals.removed;
      const isWhole = error === undefined && counters.failed === 0 && single === undefined && !contentsOnly;
      if (isWhole && removeEmptySource(root) === undefined) counters.removed++;
    }
    const summary = this.#finish(statusOfEnd(end), counters);
    if (error !== undefined) throw error;
    return summary;
  }

  #finish(status: RunStatus, counters: Counters): TransferSummary {
    this.#isFinished = true;
    const { verb, source, options } = this.request;
    const unknown = { type: "unknown", device: "unknown" } as const;
    const names = Object.keys(zeroCounters()) as (keyof Counters)[];
    const summary: TransferSummary = {
      verb,
      status,
      source,
      destination: labelOf(this.endpoint),
      dryRun: options.dryRun ?? false,
      route: "remote",
      routeReason: "the destination is on another machine",
      workers: 0,
      fileSystem: chooseFileSystem(options.fileSystem).name,
      volumes: { source: unknown, destination: unknown, sameDevice: false },
      planningMs: 0,
      elapsedMs: performance.now() - this.#started,
      ...Object.fromEntries(names.map((name) => [name, counters[name]])) as unknown as Counters,
      failures: this.#failures,
      notices: this.#notices,
    };
    this.emit({ type: "finished", summary });
    return summary;
  }
}
