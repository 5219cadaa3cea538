/**
 * A session worker as the main thread sees it.
 *
 * @module
 */

import { fromBinary } from "@bufbuild/protobuf";
import { BlitError } from "../../core/errors.ts";
import { SocketCarrier } from "../../core/wire/control/socket_carrier.ts";
import { bridge, type Carrier, SharedPipe } from "../../core/wire/mod.ts";
import { within } from "../../core/within.ts";
import { TransferEventSchema } from "../../proto/blit/v2/blit_pb.ts";
import { FrameGate } from "./frame_gate.ts";
import type { WorkerCommand, WorkerReport, WorkerSetup } from "./messages.ts";
import { fromPlainError } from "./plain_error.ts";
import { toPlainOrder } from "./plain_order.ts";
import type { LaneOffer, Session, SessionEvents, SessionOrder, Sessions } from "./session.ts";
import { Thread } from "./thread.ts";

/** How long a worker may take to close, in milliseconds; afterwards it is ended. */
const CLOSE_MS = 5000;

/** What a {@linkcode SessionWorker} is created with. */
export interface SessionWorkerOptions {
  /** Its module. */
  readonly url: URL;
  readonly setup: WorkerSetup;
  /** Something its administrator should know. */
  readonly onWarning: (message: string) => void;
  /** It takes no sessions any more: its sessions have failed. Called once, not after `close`. */
  readonly onLost: (reason: string) => void;
  /** It has fewer sessions than before. */
  readonly onSessionEnd: () => void;
}

/** One worker. Its sessions fail with "internal" when it crashes. */
export class SessionWorker implements Sessions {
  readonly #options: SessionWorkerOptions;
  readonly #thread: Thread<WorkerCommand, WorkerReport>;
  readonly #sessions = new Map<number, RemoteSession>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #lastId = 0;
  #isOver = false;

  constructor(options: SessionWorkerOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {}); // whoever starts a session is told
    this.#thread = new Thread({
      url: options.url,
      onReport: (report) => this.#hear(report),
      onError: (message) => {
        this.#lose(message);
        this.#closed.resolve();
      },
    });
    this.#post({ type: "set-up", setup: options.setup });
  }

  readonly threads = 1;

  /** Sessions under way, those that are about to begin among them. */
  get load(): number {
    return this.#sessions.size;
  }

  /** Resolves when it is there; rejects when it cannot be started. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async start(order: SessionOrder, events: SessionEvents): Promise<Session> {
    const id = ++this.#lastId;
    const session = new RemoteSession(id, events, (command, transfer) => this.#post(command, transfer));
    this.#sessions.set(id, session);
    const port = order.role === "pull" ? undefined : order.port;
    this.#post({ type: "start", id, order: toPlainOrder(order) }, port === undefined ? [] : [port]);
    await session.started;
    return session;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#post({ type: "close" });
    await this.#end();
  }

  #hear(report: WorkerReport): void {
    switch (report.type) {
      case "ready":
        if (report.warning !== undefined) this.#options.onWarning(report.warning);
        return this.#ready.resolve();
      case "crashed":
        return this.#lose(report.reason);
      case "closed":
        return this.#closed.resolve();
      default:
        this.#sessions.get(report.id)?.hear(report);
        if (report.type === "ended") this.#forget(report.id);
    }
  }

  #forget(id: number): void {
    if (this.#sessions.delete(id)) this.#options.onSessionEnd();
  }

  /** Nothing of it can be relied on any more. */
  #lose(reason: string): void {
    const error = new BlitError("internal", "Cannot go on: the thread of this session has failed");
    for (const session of this.#sessions.values()) session.fail(error);
    this.#sessions.clear();
    this.#ready.reject(error);
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onLost(reason);
    this.#end();
  }

  async #end(): Promise<void> {
    await within(this.#closed.promise, CLOSE_MS);
    this.#thread.terminate();
    const error = new BlitError("interrupted", "Cannot go on: the daemon stops");
    for (const session of this.#sessions.values()) session.fail(error);
    this.#sessions.clear();
    this.#ready.reject(error);
  }

  #post(command: WorkerCommand, transfer: Transferable[] = []): void {
    this.#thread.post(command, transfer);
  }
}

/** A session in another thread. */
class RemoteSession implements Session {
  readonly #id: number;
  readonly #events: SessionEvents;
  readonly #post: (command: WorkerCommand, transfer?: Transferable[]) => void;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #gate: FrameGate;
  /** Those of a lane that has come to the control port. */
  #pipes: readonly SharedPipe[] = [];
  #isOver = false;
  offer: LaneOffer | undefined;

  constructor(id: number, events: SessionEvents, post: (command: WorkerCommand, transfer?: Transferable[]) => void) {
    this.#id = id;
    this.#events = events;
    this.#post = post;
    this.#gate = new FrameGate((data, last) => post({ type: "frame", id, data, last }, [data.buffer]));
    this.#ended.promise.catch(() => {}); // whoever waits for the end is told
  }

  /** Resolves when the worker has taken it. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  answer(allowed: boolean): void {
    this.#post({ type: "answer", id: this.#id, allowed });
  }

  addHelper(port: MessagePort): void {
    this.#post({ type: "helper", id: this.#id, port }, [port]);
  }

  takeLane(carrier: Carrier): void {
    if (this.#isOver) return carrier.close();
    const [inbound, outbound] = this.#pipes = [new SharedPipe(), new SharedPipe()];
    const { peer } = carrier;
    this.#post({ type: "take-lane", id: this.#id, peer, inbound: inbound.memory, outbound: outbound.memory });
    bridge(carrier, inbound, outbound);
  }

  takeConnection(carrier: Carrier): boolean {
    if (this.#isOver || !(carrier instanceof SocketCarrier)) return false;
    const descriptor = carrier.detach();
    if (descriptor === undefined) return false;
    this.#post({ type: "take-connection", id: this.#id, peer: carrier.peer, descriptor });
    return true;
  }

  receiveFrame(data: Uint8Array, last: boolean): Promise<void> {
    // What comes from a stream is a part of a larger buffer, which cannot be handed over.
    return this.#gate.send(data.slice() as Uint8Array<ArrayBuffer>, last);
  }

  endInput(): void {
    this.#post({ type: "end-input", id: this.#id });
  }

  cancel(): void {
    this.#post({ type: "cancel", id: this.#id });
  }

  /** What the worker says of it. */
  hear(report: Exclude<WorkerReport, { type: "ready" | "crashed" | "closed" }>): void {
    switch (report.type) {
      case "started":
        this.offer = report.offer;
        return this.#started.resolve();
      case "event":
        return this.#events.tell(fromBinary(TransferEventSchema, report.event));
      case "lane":
        return this.#events.openLane(report.carrier);
      case "frame":
        this.#events.sendFrame(report.data, report.last).then(() => this.#post({ type: "taken", id: this.#id }));
        return;
      case "taken":
        return this.#gate.taken();
      case "wish-lane":
        return this.#events.wishLane();
      case "ended":
        if (report.error !== undefined) return this.fail(fromPlainError(report.error));
        this.#release();
        this.#ended.resolve();
    }
  }

  /** It is over. */
  fail(error: BlitError): void {
    this.#release();
    this.#started.reject(error);
    this.#ended.reject(error);
  }

  #release(): void {
    this.#isOver = true;
    for (const pipe of this.#pipes) pipe.close();
    this.#gate.end();
  }
}
