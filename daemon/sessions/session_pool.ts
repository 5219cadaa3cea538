/**
 * Sessions in as many workers as are worth it.
 *
 * One worker is always there. Another one is started when all that are there have a session, and ended when it has had none for a
 * while: a thread costs memory, and starting one takes less time than a client needs for its first records.
 *
 * @module
 */

import { toBlitError } from "../../core/errors.ts";
import type { DaemonLog } from "../daemon.ts";
import type { ModuleAccess } from "../exports.ts";
import { runDelegatedSession } from "./delegated.ts";
import type { Session, SessionEvents, SessionOrder, Sessions } from "./session.ts";
import { SessionHost } from "./session_host.ts";
import { SessionWorker } from "./session_worker.ts";

/** How long a worker beyond the first stays without a session, in milliseconds. */
const IDLE_MS = 60_000;

/** The module of a session worker. */
export const WORKER_URL = new URL("./worker.ts", import.meta.url);

/** What a {@linkcode SessionPool} works with. */
export interface SessionPoolOptions {
  readonly access: ModuleAccess;
  /** Where workers listen for lanes. */
  readonly hostname: string;
  /** A port for each worker, 0 for any that is free; `undefined` where lanes come to the control port. At least one. */
  readonly ports: readonly (number | undefined)[];
  readonly log: DaemonLog;
  /** How long a client may take to answer a question, in milliseconds. @default {600000} */
  readonly answerMs?: number | undefined;
  /** The module of a worker. @default {WORKER_URL} */
  readonly url?: URL;
  /** @default {60000} */
  readonly idleMs?: number;
}

/** The place of a worker, with its port. */
interface Seat {
  readonly port: number | undefined;
  worker: SessionWorker | undefined;
  idleTimer: ReturnType<typeof setTimeout> | undefined;
}

/** Gives each session to the worker that has the fewest. */
export class SessionPool implements Sessions {
  readonly #options: SessionPoolOptions;
  readonly #seats: readonly Seat[];
  readonly #closing = new Set<Promise<void>>();
  /** Used where no worker can be started. */
  #host: SessionHost | undefined;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#seats = options.ports.map((port) => ({ port, worker: undefined, idleTimer: undefined }));
    // Nobody waits for it: the first session does.
    this.#worker(this.#seats[0]);
  }

  get threads(): number {
    return this.#host === undefined ? this.#seats.length : 1;
  }

  /** Workers that are there. */
  get size(): number {
    return this.#busySeats().length;
  }

  /** Sessions under way. */
  get load(): number {
    return this.#busySeats().reduce((sum, { worker }) => sum + worker!.load, this.#host?.size ?? 0);
  }

  async start(order: SessionOrder, events: SessionEvents): Promise<Session> {
    if (this.#host !== undefined) return await this.#host.start(order, events);
    const worker = this.#worker(this.#chooseSeat());
    // Counted at once, so that sessions that come together spread.
    const session = worker.start(order, events);
    session.catch(() => {}); // looked at below
    try {
      await worker.ready;
    } catch (error) {
      return await this.#startHere(order, events, error);
    }
    return await session;
  }

  async close(): Promise<void> {
    for (const seat of this.#seats) this.#endWorker(seat);
    await Promise.all(this.#closing);
    await this.#host?.close();
  }

  /** The one with the fewest sessions; a new one where all have some. */
  #chooseSeat(): Seat {
    const [least] = this.#busySeats().sort((a, b) => a.worker!.load - b.worker!.load);
    if (least !== undefined && least.worker!.load === 0) return least;
    return this.#seats.find(({ worker }) => worker === undefined) ?? least;
  }

  #busySeats(): Seat[] {
    return this.#seats.filter(({ worker }) => worker !== undefined);
  }

  #worker(seat: Seat): SessionWorker {
    clearTimeout(seat.idleTimer);
    const { log, hostname, access, answerMs, url = WORKER_URL } = this.#options;
    const { port } = seat;
    const dataPort = port === undefined ? undefined : { hostname, port };
    return seat.worker ??= new SessionWorker({
      url,
      setup: { fileSystem: access.fileSystem.name, lock: access.lock, answerMs, dataPort },
      onWarning: (reason) =>
        log.warn("A thread of sessions has no data port, clients use the control port", { reason }),
      onLost: (reason) => {
        log.error("A session thread has failed and is replaced", { reason });
        seat.worker = undefined;
      },
      onSessionEnd: () => this.#endIdle(seat),
    });
  }

  #endIdle(seat: Seat): void {
    clearTimeout(seat.idleTimer);
    if (seat === this.#seats[0] || seat.worker?.load !== 0) return;
    seat.idleTimer = setTimeout(() => this.#endWorker(seat), this.#options.idleMs ?? IDLE_MS);
    Deno.unrefTimer(Number(seat.idleTimer));
  }

  #endWorker(seat: Seat): void {
    clearTimeout(seat.idleTimer);
    const closing = seat.worker?.close().finally(() => this.#closing.delete(closing!));
    if (closing !== undefined) this.#closing.add(closing);
    seat.worker = undefined;
  }

  /** Slower, and better than nothing. */
  async #startHere(order: SessionOrder, events: SessionEvents, error: unknown): Promise<Session> {
    if (this.#host === undefined) {
      const { access, answerMs } = this.#options;
      const reason = toBlitError(error).message;
      this.#options.log.error("Sessions run on the main thread: no other one can be started", { reason });
      this.#host = new SessionHost({ access, answerMs, dataPort: undefined, runPull: runDelegatedSession });
    }
    return await this.#host.start(order, events);
  }
}
