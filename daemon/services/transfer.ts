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
import { reasonOf } from "../jobs/job.ts";
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

/** Answers `Transfer`. */
export async function* transfer(
  { exports, sessions, jobs, laneDoor }: TransferContext,
  requests: AsyncIterable<TransferRequest>,
  context: HandlerContext,
): AsyncGenerator<TransferResponse> {
  const incoming = requests[Symbol.asyncIterator]();
  const open = await readOpen(incoming);
  const place = exports.locate(open.location);
  const isPush = open.role === Role.PUSH;
  if (isPush) checkReceiving({ open, place });
  else checkSending({ open, place });
  const peer = context.values.get(PEER).address;
  const job = jobs.begin({ verb: open.verb, role: open.role, location: open.location, peer, delegated: false });
  const responses = new AsyncQueue<TransferResponse>();
  const stopped = new AbortController();
  const events = new EventBound(responses, () => stopped.abort());
  let end: TransferEvent | undefined;
  const tell = (event: TransferEvent): void => {
    if (isPush) job.record(event);
    if (event.event.case === "end") end = event;
    else events.push(event, toResponse({ case: "event", value: event }));
  };
  // Whoever hears the end finds a job that has ended.
  const finish = (error?: unknown): void => {
    job.finish(error);
    if (end !== undefined) events.push(end, toResponse({ case: "event", value: end }));
    if (error !== undefined) return responses.end(reasonOf(error, signal));
    // The stream is closed over whatever still comes from a client that sends, which then may not see what it was told.
    within(listening, LEAVING_MS).then(() => responses.end());
  };
  let controlLane: ControlLane | undefined;
  const sendFrame = (data: Uint8Array<ArrayBuffer>, last: boolean): Promise<void> => {
    const value = create(FrameSchema, { lane: 0, data, last });
    return responses.pushWithin(toResponse({ case: "frame", value }), MOST_FRAMES);
  };
  const openLane = (carrier: StreamCarrier): void => {
    job.openStream(carrier);
    controlLane?.cancel(); // whichever way it came: there is one
  };
  const order: TransferOrder = { role: isPush ? "receive" : "send", place, open, peer };
  const lanes = new GivenLanes({
    sessions,
    order,
    openLane,
    offer: (value) => responses.push(toResponse({ case: "laneOffer", value })),
    onDefect: (error) => jobs.reportDefect(job, error),
  });
  const session = await startSession();
  // When the control stream ends, its data lanes end. So they do when the job is to stop.
  const signal = AbortSignal.any([context.signal, stopped.signal, job.signal]);
  const cancel = (): void => session.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  // On a pull the client decides and writes, so it is the client that knows how it goes.
  const hear = (event: TransferEvent): void => isPush ? undefined : job.record(event);
  const wishLane = (): void => isPush ? undefined : void lanes.give(session);
  const listening = listen(incoming, session, { hear, wishLane, cancel: () => stopped.abort() });
  session.ended.then(() => isPush ? undefined : within(listening, LAST_WORD_MS)).then(() => finish(), finish);
  try {
    yield toResponse({ case: "accepted", value: accepted(job.id, session, controlLane) });
    yield* events.answers();
  } finally {
    stopped.abort();
    controlLane?.cancel();
    lanes.close();
    await session.ended.catch(() => {}); // its reason has been sent, or nobody listens any more
  }

  async function startSession(): Promise<Session> {
    try {
      // A client that wants none wants everything in this stream.
      if (open.lanes > 0) controlLane = new ControlLane(laneDoor, () => session);
      return await sessions.start(order, { tell, sendFrame, openLane, wishLane: () => void lanes.give(session) });
    } catch (error) {
      controlLane?.cancel();
      job.finish(error);
      throw error;
    }
  }
}

/** How long a client that pulls may take to say how it went, once it has everything: it may have to flush a disk. */
const LAST_WORD_MS = 60_000;
/** How long a client may take to stop sending once it has been told the end. */
const LEAVING_MS = 2000;

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
