/**
 * Runs sessions on the calling thread. They take turns: each gives way between records.
 *
 * @module
 */

import { mostRangeLanes } from "../../core/transfer/receiving/range_lanes.ts";
import type { RangePort } from "../../core/transfer/receiving/range_messages.ts";
import type { Carrier } from "../../core/wire/mod.ts";
import { Exports, type ModuleAccess } from "../exports.ts";
import type { DataPort } from "./data_port.ts";
import type { DelegatedSessionOptions } from "./delegated.ts";
import { DeletionAnswers } from "./deletion_answers.ts";
import { HostedPull } from "./hosted_pull.ts";
import { LaneArrival } from "./lane_arrival.ts";
import { runReceiveSession } from "./receive.ts";
import { runReceiveRanges, toRangePort } from "./receive_ranges.ts";
import { runSendRanges, runSendSession } from "./send.ts";
import type { Session, SessionEvents, SessionOrder, Sessions, TransferOrder } from "./session.ts";

/** What a {@linkcode SessionHost} works with. */
export interface SessionHostOptions {
  readonly access: ModuleAccess;
  /** Where lanes arrive, closed together with the host; absent where all of them come to the control port. */
  readonly dataPort: DataPort | undefined;
  /** How long a client may take to answer a question, in milliseconds. @default {600000} */
  readonly answerMs?: number | undefined;
  /** Pulls from another daemon, as `runDelegatedSession` does. A worker loads that later, the main thread may not be able to. */
  readonly runPull: (options: DelegatedSessionOptions) => Promise<void>;
}

/** Sessions of this thread. */
export class SessionHost implements Sessions {
  readonly #options: SessionHostOptions;
  readonly #sessions = new Set<Session>();

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  readonly threads = 1;

  /** Sessions under way. */
  get size(): number {
    return this.#sessions.size;
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async start(order: SessionOrder, events: SessionEvents): Promise<Session> {
    const session = order.role === "pull"
      ? new HostedPull(order, events, this.#options)
      : new HostedSession(order, events, this.#options);
    this.#sessions.add(session);
    const forget = (): void => void this.#sessions.delete(session);
    session.ended.then(forget, forget);
    return session;
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.cancel();
    await Promise.allSettled(sessions.map(({ ended }) => ended));
    await this.#options.dataPort?.close();
  }
}

/** One session of this thread. */
class HostedSession implements Session {
  readonly ended: Promise<void>;
  readonly #lane: LaneArrival;
  readonly #answers: DeletionAnswers;
  readonly #stopped = new AbortController();
  #onHelper: (port: RangePort) => void = (port) => port.close();

  constructor(order: TransferOrder, events: SessionEvents, { access, dataPort, answerMs }: SessionHostOptions) {
    this.#answers = new DeletionAnswers({ limitMs: answerMs, onLeft: () => this.cancel() });
    const { open, peer } = order;
    this.#lane = new LaneArrival({
      dataPort: open.lanes > 0 ? dataPort : undefined,
      peer,
      sendFrame: (data, last) => events.sendFrame(data, last),
    });
    const openLane = () => events.openLane(this.#lane.usesControlPort ? "control" : "tcp");
    this.#lane.carrier.then(openLane, () => {}); // that none has come is told by the session
    this.ended = this.#run(order, events, access).finally(() => this.#release());
    this.ended.catch(() => {}); // whoever waits for the end is told
  }

  get offer(): Session["offer"] {
    return this.#lane.offer;
  }

  get hasLane(): boolean {
    return this.#lane.hasCome;
  }

  answer(allowed: boolean): void {
    this.#answers.push(allowed);
  }

  takeLane(carrier: Carrier): void {
    this.#lane.takeFromControlPort(carrier);
  }

  receiveFrame(data: Uint8Array, last: boolean): Promise<void> {
    return this.#lane.receiveFrame(data, last);
  }

  addHelper(port: MessagePort): void {
    this.#onHelper(toRangePort(port));
  }

  endInput(): void {
    this.#answers.end();
    this.#lane.endFrames();
  }

  /** The lane gets to tell its peer; one that has not come is not waited for. */
  cancel(): void {
    this.#answers.end();
    this.#stopped.abort();
    if (!this.#lane.hasCome) this.#lane.release();
  }

  async #run(order: TransferOrder, events: SessionEvents, access: ModuleAccess): Promise<void> {
    const { place, open, peer } = order;
    const common = {
      exports: new Exports(access, [place.module]),
      place,
      open,
      carrier: this.#lane.carrier,
      tell: (event: Parameters<SessionEvents["tell"]>[0]) => events.tell(event),
      signal: this.#stopped.signal,
    };
    switch (order.role) {
      case "send":
        return await runSendSession(common);
      case "send-ranges":
        return await runSendRanges(common);
      case "receive-ranges":
        return await runReceiveRanges({ ...common, port: order.port! });
      case "receive":
        return await runReceiveSession({
          ...common,
          peer,
          answer: () => this.#answers.next(),
          lanes: {
            most: () => this.#lane.usesControlPort ? 0 : mostRangeLanes(this.#lane.isClientHere),
            wish: () => events.wishLane(),
            listen: (onPort) => this.#onHelper = onPort,
          },
        });
    }
  }

  #release(): void {
    this.#answers.end();
    this.#lane.release();
  }
}
