/**
 * What the control plane knows of a session, wherever it runs: in a worker, or on the thread that asks.
 *
 * @module
 */

import type { DelegateOpen, TransferEvent, TransferOpen } from "../../proto/blit/v2/blit_pb.ts";
import type { Carrier } from "../../core/wire/mod.ts";
import type { Place } from "../exports.ts";
import type { StreamCarrier } from "../jobs/totals.ts";

/** What this daemon does in a session: the whole transfer, or ranges of large files for one that runs in another thread. */
export type SessionRole = "send" | "receive" | "send-ranges" | "receive-ranges";

/** A transfer that a client takes part in. */
export interface TransferOrder {
  readonly role: SessionRole;
  readonly place: Place;
  readonly open: TransferOpen;
  /** The client, for messages. */
  readonly peer: string;
  /** The way to the session that decides, where this one receives ranges for it. */
  readonly port?: MessagePort;
}

/** A transfer from another daemon, for a client that only looks on. It has no lane to offer. */
export interface PullOrder {
  readonly role: "pull";
  readonly place: Place;
  readonly open: DelegateOpen;
  /** The address of the source that was checked; nothing else is dialled. */
  readonly address: string;
}

/** What a session is to do. */
export type SessionOrder = TransferOrder | PullOrder;

/** What a session says. */
export interface SessionEvents {
  tell(event: TransferEvent): void;
  /** A piece of the lane in the control stream. Resolves when there is room for another. */
  sendFrame(data: Uint8Array<ArrayBuffer>, last: boolean): Promise<void>;
  /** It receives large files, and would like another thread to help. */
  wishLane(): void;
  /** The lane has come. */
  openLane(carrier: StreamCarrier): void;
}

/** Where a client may open the lane of its session. */
export interface LaneOffer {
  readonly port: number;
  readonly token: Uint8Array<ArrayBuffer>;
}

/** A session that has begun. What it holds is given back when it ends, for whatever reason. */
export interface Session {
  /** Absent where the lane has to come to the control port, and where there is none. */
  readonly offer: LaneOffer | undefined;
  /** Resolves when everything has been said; rejects with what ended it before. */
  readonly ended: Promise<void>;
  /** Its lane has come; absent where that is known in another thread only. */
  readonly hasLane?: boolean;
  /** The client's answer to a question. */
  answer(allowed: boolean): void;
  /** A session in another thread that receives ranges for this one. */
  addHelper(port: MessagePort): void;
  /** The lane has come to the control port as a connection of its own; it is the session's, which closes it. */
  takeLane(carrier: Carrier): void;
  /**
   * May take a connection before its peer is told that it is let in, to the thread of the session; `false` where that cannot be.
   * Absent where the session is in this thread.
   */
  takeConnection?(carrier: Carrier): boolean;
  /** A piece of the lane in the control stream; the first one moves it there. Resolves when there is room for another. */
  receiveFrame(data: Uint8Array, last: boolean): Promise<void>;
  /** The client says nothing more: neither answers nor frames. */
  endInput(): void;
  /** Ends it as soon as may be. */
  cancel(): void;
}

/** Where sessions run. */
export interface Sessions {
  /** Threads that sessions can run in at once. */
  readonly threads: number;
  /**
   * Begins a session.
   *
   * @throws {BlitError} "busy" where too many are about to begin
   */
  start(order: SessionOrder, events: SessionEvents): Promise<Session>;
  /** Ends all sessions and gives everything back. */
  close(): Promise<void>;
}
