/**
 * Runs sessions on the calling thread. They take turns: each gives way between records.
 *
 * @module
 */

import type { FileSystem } from "../../core/fs/types.ts";
import { AsyncQueue } from "../../core/transfer/remote/async_queue.ts";
import { Exports } from "../exports.ts";
import type { DataPort } from "./data_port.ts";
import { LaneArrival } from "./lane_arrival.ts";
import { runReceiveSession } from "./receive.ts";
import { runSendSession } from "./send.ts";
import type { Session, SessionEvents, SessionOrder, Sessions } from "./session.ts";

/** What a {@linkcode SessionHost} works with. */
export interface SessionHostOptions {
  readonly fileSystem: FileSystem;
  /** Where lanes arrive, closed together with the host; absent where all of them travel in control streams. */
  readonly dataPort: DataPort | undefined;
}

/** Sessions of this thread. */
export class SessionHost implements Sessions {
  readonly #options: SessionHostOptions;
  readonly #sessions = new Set<HostedSession>();

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  /** Sessions under way. */
  get size(): number {
    return this.#sessions.size;
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async start(order: SessionOrder, events: SessionEvents): Promise<Session> {
    const session = new HostedSession(order, events, this.#options);
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
  readonly #answers = new AsyncQueue<boolean>();
  readonly #stopped = new AbortController();

  constructor(order: SessionOrder, events: SessionEvents, { fileSystem, dataPort }: SessionHostOptions) {
    const { open, peer } = order;
    this.#lane = new LaneArrival({
      dataPort: open.lanes > 0 ? dataPort : undefined,
      peer,
      sendFrame: (data, last) => events.sendFrame(data, last),
    });
    this.ended = this.#run(order, events, fileSystem).finally(() => this.#release());
    this.ended.catch(() => {}); // whoever waits for the end is told
  }

  get offer(): Session["offer"] {
    return this.#lane.offer;
  }

  answer(allowed: boolean): void {
    this.#answers.push(allowed);
  }

  receiveFrame(data: Uint8Array, last: boolean): Promise<void> {
    return this.#lane.receiveFrame(data, last);
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

  async #run(order: SessionOrder, events: SessionEvents, fileSystem: FileSystem): Promise<void> {
    const { place, open, peer } = order;
    const common = {
      exports: new Exports(fileSystem, [place.module]),
      place,
      open,
      carrier: this.#lane.carrier,
      tell: (event: Parameters<SessionEvents["tell"]>[0]) => events.tell(event),
      signal: this.#stopped.signal,
    };
    if (order.role === "send") return await runSendSession(common);
    const answer = async (): Promise<boolean> => (await this.#answers.next()).value === true;
    await runReceiveSession({ ...common, peer, answer });
  }

  #release(): void {
    this.#answers.end();
    this.#lane.release();
  }
}
