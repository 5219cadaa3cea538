/**
 * The call `Transfer`: one conversation around one session.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { BlitError } from "../../core/errors.ts";
import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { PROTOCOL_NUMBER } from "../../core/wire/control/protocol.ts";
import { PEER } from "../../core/wire/control/server.ts";
import { within } from "../../core/within.ts";
import {
  FrameSchema,
  Role,
  type TransferAccepted,
  TransferAcceptedSchema,
  type TransferEvent,
  type TransferOpen,
  type TransferRequest,
  type TransferResponse,
  TransferResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import type { Exports } from "../exports.ts";
import { type Job, reasonOf } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { LaneDoor } from "../sessions/lane_door.ts";
import type { Session, Sessions, TransferOrder } from "../sessions/mod.ts";
import type { StreamCarrier } from "../jobs/totals.ts";
import { checkReceiving } from "../sessions/receive.ts";
import { checkSending } from "../sessions/send.ts";
import { EventBound } from "./event_bound.ts";
import { ControlLane } from "./control_lane.ts";
import { GivenLanes } from "./range_lanes.ts";

/** What the call works with. */
export interface TransferContext {
  readonly exports: Exports;
  readonly sessions: Sessions;
  readonly jobs: Jobs;
  /** Where lanes come in that cannot reach a data port. */
  readonly laneDoor: LaneDoor;
}

/** Frames that wait to be taken by the stream: one on its way, one behind it. */
const MOST_FRAMES = 2;

/** How long a client that pulls may take to say how it went, once it has everything: it may have to flush a disk. */
const LAST_WORD_MS = 60_000;
/** How long a client may take to stop sending once it has been told the end. */
const LEAVING_MS = 2000;

/** Answers `Transfer`. */
export async function* transfer(
  services: TransferContext,
  requests: AsyncIterable<TransferRequest>,
  context: HandlerContext,
): AsyncGenerator<TransferResponse> {
  const incoming = requests[Symbol.asyncIterator]();
  const open = await readOpen(incoming);
  const place = services.exports.locate(open.location);
  const isPush = open.role === Role.PUSH;
  if (isPush) checkReceiving({ open, place });
  else checkSending({ open, place });
  const peer = context.values.get(PEER).address;
  const call = new TransferCall(services, { role: isPush ? "receive" : "send", place, open, peer });
  yield* call.run(incoming, context.signal);
}

/** A transfer that nothing speaks against: a job and its session, and what both ends say about it. */
class TransferCall {
  readonly #services: TransferContext;
  readonly #order: TransferOrder;
  readonly #job: Job;
  readonly #responses = new AsyncQueue<TransferResponse>();
  readonly #stopped = new AbortController();
  readonly #events = new EventBound(this.#responses, () => this.#stopped.abort());
  readonly #lanes: GivenLanes;
  #controlLane: ControlLane | undefined;
  #session: Session | undefined;
  /** The last event of the session, which is told once the job has ended. */
  #end: TransferEvent | undefined;

  /** @throws {BlitError} as {@linkcode Jobs.begin} does */
  constructor(services: TransferContext, order: TransferOrder) {
    const { sessions, jobs } = services;
    const { open, peer } = order;
    this.#services = services;
    this.#order = order;
    const job = jobs.begin({ verb: open.verb, role: open.role, location: open.location, peer, delegated: false });
    this.#job = job;
    this.#lanes = new GivenLanes({
      sessions,
      order,
      openLane: (carrier) => this.#openLane(carrier),
      offer: (value) => this.#responses.push(toResponse({ case: "laneOffer", value })),
      onDefect: (error) => jobs.reportDefect(job, error),
    });
  }

  /** @param left raised when the control stream ends */
  async *run(incoming: AsyncIterator<TransferRequest>, left: AbortSignal): AsyncGenerator<TransferResponse> {
    const session = await this.#start();
    // When the control stream ends, its data lanes end. So they do when the job is to stop.
    const signal = AbortSignal.any([left, this.#stopped.signal, this.#job.signal]);
    const cancel = (): void => session.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    const listening = this.#listen(incoming, session);
    this.#finishAfter(session, listening, signal);
    try {
      yield toResponse({ case: "accepted", value: accepted(this.#job.id, session, this.#controlLane) });
      yield* this.#events.answers();
    } finally {
      this.#stopped.abort();
      this.#controlLane?.cancel();
      this.#lanes.close();
      await session.ended.catch(() => {}); // its reason has been sent, or nobody listens any more
    }
  }

  get #isPush(): boolean {
    return this.#order.role === "receive";
  }

  async #start(): Promise<Session> {
    const { sessions, laneDoor } = this.#services;
    try {
      // A client that wants none wants everything in this stream.
      if (this.#order.open.lanes > 0) this.#controlLane = new ControlLane(laneDoor, () => this.#session!);
      return this.#session = await sessions.start(this.#order, {
        tell: (event) => this.#tell(event),
        sendFrame: (data, last) => this.#sendFrame(data, last),
        openLane: (carrier) => this.#openLane(carrier),
        wishLane: () => void this.#lanes.give(this.#session!),
      });
    } catch (error) {
      this.#controlLane?.cancel();
      this.#job.finish(error);
      throw error;
    }
  }

  #tell(event: TransferEvent): void {
    if (this.#isPush) this.#job.record(event);
    if (event.event.case === "end") this.#end = event;
    else this.#events.push(event, toResponse({ case: "event", value: event }));
  }

  #sendFrame(data: Uint8Array<ArrayBuffer>, last: boolean): Promise<void> {
    const value = create(FrameSchema, { lane: 0, data, last });
    return this.#responses.pushWithin(toResponse({ case: "frame", value }), MOST_FRAMES);
  }

  #openLane(carrier: StreamCarrier): void {
    this.#job.openStream(carrier);
    this.#controlLane?.cancel(); // whichever way it came: there is one
  }

  #listen(incoming: AsyncIterator<TransferRequest>, session: Session): Promise<void> {
    return listen(incoming, session, {
      // On a pull the client decides and writes, so it is the client that knows how it goes.
      hear: (event) => this.#isPush ? undefined : this.#job.record(event),
      wishLane: () => this.#isPush ? undefined : void this.#lanes.give(session),
      cancel: () => this.#stopped.abort(),
    });
  }

  /** Ends the job, then the answer, when the session has ended and a client that pulls has said its last word. */
  #finishAfter(session: Session, listening: Promise<void>, signal: AbortSignal): void {
    session.ended.then(() => this.#isPush ? undefined : within(listening, LAST_WORD_MS)).then(() => {
      this.#finish();
      // The stream is closed over whatever still comes from a client that sends, which then may not see what it was told.
      within(listening, LEAVING_MS).then(() => this.#responses.end());
    }, (error) => {
      this.#finish(error);
      this.#responses.end(reasonOf(error, signal));
    });
  }

  /** Whoever hears the end finds a job that has ended. */
  #finish(error?: unknown): void {
    this.#job.finish(error);
    if (this.#end !== undefined) this.#events.push(this.#end, toResponse({ case: "event", value: this.#end }));
  }
}

function accepted(jobId: string, { offer }: Session, controlLane: ControlLane | undefined): TransferAccepted {
  const ways = offer === undefined ? {} : { dataPorts: [offer.port], tokens: [offer.token] };
  return create(TransferAcceptedSchema, { jobId, ...ways, ...(controlLane && { controlToken: controlLane.token }) });
}

function toResponse(message: TransferResponse["message"]): TransferResponse {
  return create(TransferResponseSchema, { message });
}

async function readOpen(incoming: AsyncIterator<TransferRequest>): Promise<TransferOpen> {
  const { value } = await incoming.next();
  const { message } = (value ?? { message: { case: undefined } }) as TransferRequest;
  if (message.case !== "open") {
    throw new BlitError("protocol", "Cannot begin a transfer: the first message is not open");
  }
  const { protocolNumber, role } = message.value;
  if (protocolNumber !== PROTOCOL_NUMBER) {
    const numbers = `the client speaks protocol ${protocolNumber}, this daemon speaks ${PROTOCOL_NUMBER}`;
    throw new BlitError("protocol", `Cannot begin a transfer: ${numbers}`, { hint: "Update the older of the two" });
  }
  if (role !== Role.PUSH && role !== Role.PULL) {
    throw new BlitError("protocol", "Cannot begin a transfer: it is neither push nor pull");
  }
  return message.value;
}

/** Takes in what the client says. Its end alone means nothing: it may have said all. */
async function listen(
  incoming: AsyncIterator<TransferRequest>,
  session: Session,
  { hear, wishLane, cancel }: { hear: (event: TransferEvent) => void; wishLane: () => void; cancel: () => void },
): Promise<void> {
  try {
    for (let next = await incoming.next(); !next.done; next = await incoming.next()) {
      const { message } = next.value;
      if (message.case === "deletionAnswer") session.answer(message.value.allowed);
      if (message.case === "event") hear(message.value);
      if (message.case === "laneWish") wishLane();
      // Nothing more is read from the stream while the lane has enough to do.
      if (message.case === "frame") await session.receiveFrame(message.value.data, message.value.last);
      if (message.case === "cancel") cancel();
    }
  } catch {
    cancel(); // the connection is lost
  } finally {
    session.endInput();
  }
}
