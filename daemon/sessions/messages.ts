/**
 * What the main thread and a session worker say to each other. Messages of the control plane travel as their bytes.
 *
 * @module
 */

import type { ErrorCode } from "../../core/errors.ts";
import type { FileSystem } from "../../core/fs/types.ts";
import type { StreamCarrier } from "../jobs/totals.ts";
import type { LaneOffer, PullOrder, TransferOrder } from "./session.ts";

/** How a worker is set up. */
export interface WorkerSetup {
  readonly fileSystem: FileSystem["name"];
  /** From `createModuleLock`. */
  readonly lock: SharedArrayBuffer;
  /** How long a client may take to answer a question, in milliseconds; absent for the usual time. */
  readonly answerMs: number | undefined;
  /** Where it listens for lanes, on port 0 anywhere; absent where all of them come to the control port. */
  readonly dataPort: { readonly hostname: string; readonly port: number } | undefined;
}

/** An order without what cannot be handed to another thread. */
export type PlainOrder = Plain<TransferOrder> | Plain<PullOrder>;

type Plain<Order> = Omit<Order, "open"> & { readonly open: Uint8Array<ArrayBuffer> };

/** To a worker; `id` is the session's. */
export type WorkerCommand =
  | { readonly type: "set-up"; readonly setup: WorkerSetup } // the first one, answered with "ready"
  | { readonly type: "start"; readonly id: number; readonly order: PlainOrder } // answered with "started" or "ended"
  | { readonly type: "answer"; readonly id: number; readonly allowed: boolean }
  | { readonly type: "helper"; readonly id: number; readonly port: MessagePort }
  | ControlPortLane
  | ControlPortConnection
  | { readonly type: "frame"; readonly id: number; readonly data: Uint8Array<ArrayBuffer>; readonly last: boolean }
  | { readonly type: "taken"; readonly id: number } // one of its frames has gone on
  | { readonly type: "end-input"; readonly id: number }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" }; // the last one, answered with "closed"

/** Its lane has come to the control port. What it carries crosses over in shared memory. */
interface ControlPortLane {
  readonly type: "take-lane";
  readonly id: number;
  /** The client. */
  readonly peer: string;
  /** Those of two `SharedPipe`s, as the session sees them. */
  readonly inbound: SharedArrayBuffer;
  readonly outbound: SharedArrayBuffer;
}

/** The same as a connection: whose peer has not been told yet that it is let in. */
interface ControlPortConnection {
  readonly type: "take-connection";
  readonly id: number;
  /** The client. */
  readonly peer: string;
  /** Number of an open file of the process, which belongs to the worker. */
  readonly descriptor: number;
}

/** From a worker. */
export type WorkerReport =
  | { readonly type: "ready"; readonly warning: string | undefined }
  | { readonly type: "started"; readonly id: number; readonly offer: LaneOffer | undefined }
  | { readonly type: "event"; readonly id: number; readonly event: Uint8Array<ArrayBuffer> }
  | { readonly type: "lane"; readonly id: number; readonly carrier: StreamCarrier } // its lane has come
  | { readonly type: "frame"; readonly id: number; readonly data: Uint8Array<ArrayBuffer>; readonly last: boolean }
  | { readonly type: "taken"; readonly id: number }
  | { readonly type: "wish-lane"; readonly id: number }
  | { readonly type: "ended"; readonly id: number; readonly error: PlainError | undefined }
  | { readonly type: "crashed"; readonly reason: string } // it gives everything back, and closes
  | { readonly type: "closed" };

/** An error that has crossed threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: string | undefined;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}
