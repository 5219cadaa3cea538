/**
 * A transfer from this machine into a module of a daemon: this side lists and sends, the daemon decides and writes.
 *
 * @module
 */

import { type LaneOffer, Role, type Summary } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import { BlitError, toBlitError } from "../../errors.ts";
import type { EventBody, TransferSummary } from "../../events.ts";
import { chooseFileSystem, type FileSystem } from "../../fs/mod.ts";
import type { EntryKind } from "../../fs/types.ts";
import { type ByteString, encodeText } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import { type ControlClient, openControl } from "../../wire/control/client.ts";
import { toWireIdentities } from "../../wire/control/identities.ts";
import { Lane } from "../../wire/mod.ts";
import { within } from "../../within.ts";
import { checkOptions } from "../options.ts";
import { eventPath } from "../run/collector.ts";
import { createRules } from "../run/create_job.ts";
import { createIdentify, identitiesOfEntry, identitiesUpwards } from "../run/identity.ts";
import { interrupted } from "../run/interrupted.ts";
import type { TransferRequest } from "../run/orchestrator.ts";
import { type LocalSource, lookAtLocalSource } from "../run/resolve.ts";
import { removeEmptySource } from "../run/roots.ts";
import { sendTree } from "../sending/mod.ts";
import { Conversation } from "./conversation.ts";
import { type Attempt, noteGone } from "./attempt.ts";
import { errorOfEnd, fromWireCounters } from "./event_messages.ts";
import { openCarrier } from "./open_carrier.ts";
import { labelOf, openMessage } from "./open_message.ts";
import { RangeWorkers } from "./range_workers.ts";
import { ReportedRun } from "./reported_run.ts";

/** How long the daemon may take for its end after the last record, in milliseconds: it may have to flush a disk. */
const END_MS = 600_000;
/**
 * How long its reason is waited for when the lane breaks, in milliseconds. One that lives tells it as soon as it has closed its
 * files, one that is lost is missed sooner.
 */
const REASON_MS = 10_000;

/** Options of {@linkcode push}. */
export interface PushOptions {
  /** Written to, and read by the next try. */
  readonly attempt?: Attempt;
  /** How long the daemon may take for its end after the last record, in milliseconds. @default {600000} */
  readonly endMs?: number;
}

/** Carries a request out whose destination is this endpoint. */
export async function push(
  request: TransferRequest,
  endpoint: RemoteEndpoint,
  emit: (event: EventBody) => void,
  { attempt = {}, endMs = END_MS }: PushOptions = {},
): Promise<TransferSummary> {
  const { signal } = request.options;
  checkOptions(request.options);
  const source = lookAtSource(request, attempt);
  const { host, port } = endpoint;
  using control = await openControl({ host, port, ...(signal === undefined ? {} : { signal }) });
  return await new PushSession({ request, endpoint, control, emit, attempt, endMs }).run(source);
}

function lookAtSource({ verb, source }: TransferRequest, attempt: Attempt): LocalSource {
  try {
    return lookAtLocalSource(verb, source);
  } catch (error) {
    noteGone(attempt, error);
    throw error;
  }
}

/** What the source is called on this machine, which may be the daemon's. */
function identitiesOf({ root, single, name }: LocalSource, fileSystem: FileSystem): string[] {
  const identify = createIdentify(fileSystem);
  if (identify === undefined) return [];
  return single === undefined
    ? identitiesUpwards(identify, root)
    : identitiesOfEntry(identify, root, `${root}/${name}`);
}

/** What {@linkcode PushSession} works with. */
interface PushSessionOptions {
  readonly request: TransferRequest;
  readonly endpoint: RemoteEndpoint;
  readonly control: ControlClient;
  readonly emit: (event: EventBody) => void;
  readonly attempt: Attempt;
  readonly endMs: number;
}

class PushSession {
  readonly #options: PushSessionOptions;
  readonly #run: ReportedRun;
  /** Entries that a move has removed here. */
  #removed = 0;
  #conversation: Conversation | undefined;
  #onLaneOffer: (offer: LaneOffer) => void = () => {};

  /** It begins now. */
  constructor(options: PushSessionOptions) {
    this.#options = options;
    const { request, endpoint, emit } = options;
    this.#run = new ReportedRun({
      request,
      source: request.source,
      destination: labelOf(endpoint),
      reason: "the destination is on another machine",
      emit,
      answer: (allowed) => this.#conversation!.answerDeletion(allowed),
      complete: (counters) => {
        if (this.#removes) counters.removed = this.#removed;
      },
    });
  }

  /** Throws whatever ends the run early, after the `finished` event. */
  async run(source: LocalSource): Promise<TransferSummary> {
    try {
      return await this.#transfer(source);
    } catch (error) {
      this.#run.breakOff(error);
      throw error;
    }
  }

  get #removes(): boolean {
    const { verb, options } = this.#options.request;
    return verb === "move" && !options.dryRun;
  }

  async #transfer(source: LocalSource): Promise<TransferSummary> {
    const { request: { verb, options }, endpoint, control } = this.#options;
    const { signal } = options;
    const { name, isDirectory, contentsOnly, isEmpty } = source;
    const open = openMessage(endpoint, {
      verb,
      role: Role.PUSH,
      options,
      source: { name: encodeText(name), label: this.#options.request.source, isDirectory, contentsOnly },
    });
    open.sourceIsEmpty = isEmpty;
    open.sourceIdentities = toWireIdentities(identitiesOf(source, chooseFileSystem(options.fileSystem)));
    this.#conversation = await Conversation.open(control, open, {
      signal,
      onEvent: (event) => this.#run.hear(event),
      onLaneOffer: (offer) => this.#onLaneOffer(offer),
    });
    this.#conversation.ended.then(() => this.#run.lose(this.#lost()), (error) => this.#run.lose(toBlitError(error)));
    // The daemon's reason wins over the connection that broke because of it.
    await this.#send(source).catch(async (error) => {
      throw await this.#explain(error);
    });
    const end = await this.#lastWord();
    this.#conversation.finish().catch(() => {}); // it has said all that counts
    this.#removeRoot(end, source);
    return await this.#run.finish();
  }

  /** Everything is sent, and may have to be flushed there. Nothing before that has a limit: a large tree takes its time. */
  async #lastWord(): Promise<Summary> {
    const timer = setTimeout(() => this.#run.lose(this.#lost()), this.#options.endMs);
    try {
      return await this.#run.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  async #send({ root, single }: LocalSource): Promise<void> {
    const { request: { verb, options, source }, endpoint, control: { address }, emit, attempt } = this.#options;
    const signal = this.#untilOver();
    const onFallback = (message: string): void => this.#run.notice(message);
    const carrier = await openCarrier(this.#conversation!, {
      address,
      controlPort: endpoint.port,
      onlyControlPort: options.forceGrpc ?? false,
      signal,
      onFallback,
    });
    using lane = new Lane(carrier, { role: "source", signal });
    const startedSeconds = Date.now() / 1000;
    const onRemoved = (path: ByteString, kind: EntryKind): void => {
      attempt.isRemoving = true;
      this.#removed++;
      if (options.entryEvents) emit({ type: "entry", action: "remove", kind, ...eventPath(path), bytes: 0 });
    };
    const filter = createRules(options);
    const fileSystem = chooseFileSystem(options.fileSystem);
    const shownRoot = single === undefined ? source : root;
    using workers = new RangeWorkers(address);
    this.#onLaneOffer = (offer) =>
      workers.startServer(offer, { fileSystem: fileSystem.name, root, shownRoot, single, filter });
    await sendTree(lane, {
      fileSystem,
      root,
      filter: await loadFilter(filter),
      shownRoot,
      isMirrored: verb === "mirror",
      ...(single === undefined ? {} : { single }),
      ...(this.#removes ? { move: { startedSeconds, onRemoved } } : {}),
      signal,
    });
  }

  /** A signal for everything that sends: raised by the caller's, and when the daemon has ended with an error. */
  #untilOver(): AbortSignal {
    const over = new AbortController();
    this.#run.ended.then((end) => errorOfEnd(end) && over.abort(), () => over.abort());
    const { signal } = this.#options.request.options;
    return signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  }

  async #explain(error: unknown): Promise<unknown> {
    const { signal } = this.#options.request.options;
    if (signal?.aborted) return interrupted(signal);
    const ended = this.#run.ended.then((end) => errorOfEnd(end), (reason) => toBlitError(reason));
    return await within(ended, REASON_MS) ?? error;
  }

  #lost(): BlitError {
    return new BlitError("unreachable", `Lost "${this.#options.control.server}": it has ended without a summary`);
  }

  /** The daemon has told its end: a directory that was moved itself goes when everything in it has gone. */
  #removeRoot(end: Summary, { root, single, contentsOnly }: LocalSource): void {
    const isWhole = errorOfEnd(end) === undefined && fromWireCounters(end.counters).failed === 0;
    if (!this.#removes || !isWhole || single !== undefined || contentsOnly) return;
    if (removeEmptySource(root) === undefined) this.#removed++;
  }
}
