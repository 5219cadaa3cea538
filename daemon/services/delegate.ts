/**
 * The call `Delegate`: a client has this daemon pull from another one.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { allowSource, type DelegationRule } from "../../core/config/delegation.ts";
import { BlitError } from "../../core/errors.ts";
import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { fromWireVerb } from "../../core/transfer/remote/option_messages.ts";
import { DIAL_LIMITS, resolveHost } from "../../core/wire/control/dial.ts";
import { PROTOCOL_NUMBER } from "../../core/wire/control/protocol.ts";
import { PEER } from "../../core/wire/control/server.ts";
import {
  type DelegateOpen,
  type DelegateRequest,
  type DelegateResponse,
  DelegateResponseSchema,
  Role,
  type TransferEvent,
} from "../../proto/blit/v2/blit_pb.ts";
import type { Exports } from "../exports.ts";
import { type Job, reasonOf } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { sourceOf } from "../sessions/delegated.ts";
import type { Session, SessionEvents, Sessions } from "../sessions/mod.ts";
import { checkReceiving } from "../sessions/receive.ts";
import { EventBound } from "./event_bound.ts";

/** What the call works with. */
export interface DelegateContext {
  readonly exports: Exports;
  readonly sessions: Sessions;
  readonly jobs: Jobs;
  /** From where this daemon pulls, as it is now; a reload may change it. */
  delegation(): readonly DelegationRule[];
}

/** Answers `Delegate`. Everything that can be refused is refused before the job begins. */
export async function* delegate(
  { exports, sessions, jobs, delegation }: DelegateContext,
  requests: AsyncIterable<DelegateRequest>,
  context: HandlerContext,
): AsyncGenerator<DelegateResponse> {
  const incoming = requests[Symbol.asyncIterator]();
  const open = await readOpen(incoming);
  const place = exports.locate(open.destination);
  checkReceiving({ open, place });
  sourceOf(open);
  const source = { host: open.sourceHost, port: open.sourcePort };
  const address = await allowSource(
    delegation(),
    source,
    (host) => resolveHost(host, DIAL_LIMITS, context.signal),
  );
  const peer = context.values.get(PEER).address;
  const job = jobs.begin({ verb: open.verb, role: Role.PUSH, location: open.destination, peer, delegated: true });
  const stopped = new AbortController();
  const responses = new AsyncQueue<DelegateResponse>();
  const events = new EventBound(responses, () => stopped.abort());
  const tell = (event: TransferEvent): void => {
    job.record(event);
    if (open.detach) return;
    events.push(event, create(DelegateResponseSchema, { message: { case: "event", value: event } }));
  };
  const session = await startSession();
  const signal = AbortSignal.any([job.signal, stopped.signal, ...open.detach ? [] : [context.signal]]);
  const cancel = (): void => session.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  followSession(session, { job, responses, signal });
  try {
    const accepted = { jobId: job.id, sourceAddress: address };
    yield create(DelegateResponseSchema, { message: { case: "accepted", value: accepted as never } });
    if (open.detach) return;
    listen(incoming, session, () => stopped.abort());
    yield* events.answers();
  } finally {
    // Whoever has detached has left; the job goes on. Everybody else has heard the end, or is gone.
    if (!open.detach) stopped.abort();
  }

  async function startSession(): Promise<Session> {
    try {
      return await sessions.start({ role: "pull", place, open, address }, { ...NO_LANE, tell });
    } catch (error) {
      job.finish(error);
      throw error;
    }
  }
}

/** It opens its lanes itself, to the source. */
const NO_LANE: Omit<SessionEvents, "tell"> = {
  sendFrame: () => Promise.resolve(),
  wishLane: () => {},
  openLane: () => {},
};

/** How a session ends, for its job and its client. */
interface SessionFollowers {
  readonly job: Job;
  readonly responses: AsyncQueue<DelegateResponse>;
  readonly signal: AbortSignal;
}

function followSession({ ended }: Session, { job, responses, signal }: SessionFollowers): void {
  ended.then(
    () => {
      job.finish();
      responses.end();
    },
    (error) => {
      job.finish(error);
      responses.end(reasonOf(error, signal));
    },
  );
}

async function readOpen(incoming: AsyncIterator<DelegateRequest>): Promise<DelegateOpen> {
  const { value } = await incoming.next();
  const { message } = (value ?? { message: { case: undefined } }) as DelegateRequest;
  if (message.case !== "open") {
    throw new BlitError("protocol", "Cannot begin a delegation: the first message is not open");
  }
  const open = message.value;
  if (open.protocolNumber !== PROTOCOL_NUMBER) {
    const numbers = `the client speaks protocol ${open.protocolNumber}, this daemon speaks ${PROTOCOL_NUMBER}`;
    throw new BlitError("protocol", `Cannot begin a delegation: ${numbers}`, { hint: "Update the older of the two" });
  }
  const verb = fromWireVerb(open.verb);
  if (verb === "move") {
    throw new BlitError("refused", "Cannot move from another daemon: this one does not remove anything there");
  }
  if (open.detach && verb === "mirror" && !open.options?.deleteWithoutQuestion) {
    throw new BlitError("refused", "Cannot detach a mirror that asks before it deletes: nobody would be there to ask");
  }
  return open;
}

/** Takes in what the client says. */
async function listen(
  incoming: AsyncIterator<DelegateRequest>,
  session: Session,
  cancel: () => void,
): Promise<void> {
  try {
    for (let next = await incoming.next(); !next.done; next = await incoming.next()) {
      const { message } = next.value;
      if (message.case === "deletionAnswer") session.answer(message.value.allowed);
      if (message.case === "cancel") cancel();
    }
  } catch {
    cancel(); // the connection is lost
  } finally {
    session.endInput();
  }
}
