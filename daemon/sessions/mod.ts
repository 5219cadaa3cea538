/**
 * Transfers as the daemon runs them: a session lists and sends, or decides and writes.
 *
 * ```text
 * session.ts          what the control plane knows of one
 * session_pool.ts     gives it to the least busy worker      (session_worker.ts: a worker seen from the main thread)
 * thread.ts           a worker with a small heap
 * worker.ts           the other end, messages.ts between them, frame_gate.ts bounds them
 * session_host.ts     runs sessions on its thread: in a worker, or on the main thread where there can be none
 * lane_door.ts        lets lanes in: at a data_port.ts, or at the control port
 * lane_arrival.ts     the way that the lane of a session takes, the control stream among them
 * send.ts receive.ts  the two roles; receive_ranges.ts helps with large files
 * delegated.ts        the third: pulls from another daemon; hosted_pull.ts is such a session on its thread
 * ```
 *
 * @module
 */

import { type PortRange, sessionThreads } from "../../core/config/data_port.ts";
import { workersCanStart } from "../../core/transfer/run/worker_permission.ts";
import type { DaemonLog } from "../daemon.ts";
import type { ModuleAccess } from "../exports.ts";
import { DataPort } from "./data_port.ts";
import { choosePorts } from "./choose_ports.ts";
import { runDelegatedSession } from "./delegated.ts";
import type { Sessions } from "./session.ts";
import { SessionHost } from "./session_host.ts";
import { SessionPool, WORKER_URL } from "./session_pool.ts";

export type { Session, SessionEvents, SessionOrder, Sessions, TransferOrder } from "./session.ts";

/** Options of {@linkcode openSessions}. */
export interface SessionsOptions {
  readonly access: ModuleAccess;
  /** Where lanes arrive. */
  readonly hostname: string;
  /** The ports for them. @default {any that are free} */
  readonly dataPort?: PortRange | undefined;
  /** All lanes come to the control port. @default {false} */
  readonly forceGrpcData?: boolean | undefined;
  readonly log: DaemonLog;
  /** How long a client may take to answer a question, in milliseconds. @default {600000} */
  readonly answerMs?: number | undefined;
}

/**
 * Makes sessions possible: in workers where the permissions allow them, otherwise on this thread.
 *
 * @throws {BlitError} "refused" when too few of the ports are free, and as `listen` does
 */
export function openSessions(options: SessionsOptions): Sessions {
  const { access, hostname, dataPort, forceGrpcData = false, log, answerMs } = options;
  const threads = workersCanStart(WORKER_URL) ? sessionThreads() : 1;
  const ports = forceGrpcData ? Array<undefined>(threads).fill(undefined) : choosePorts(hostname, dataPort, threads);
  if (workersCanStart(WORKER_URL)) return new SessionPool({ access, hostname, ports, log, answerMs });
  const [port] = ports;
  const opened = port === undefined ? undefined : DataPort.open(hostname, port);
  return new SessionHost({ access, answerMs, dataPort: opened, runPull: runDelegatedSession });
}
