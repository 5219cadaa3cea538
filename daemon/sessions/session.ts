/**
 * What the control plane knows of a session, wherever it runs: in a worker, or on the thread that asks.
 *
 * @module
 */

import type { TransferEvent, TransferOpen } from "../../proto/blit/v2/blit_pb.ts";
import type { Place } from "../exports.ts";

/** What a session is to do. */
export interface SessionOrder {
  /** What this daemon does in it. */
  readonly role: "send" | "receive";
  readonly place: Place;
  readonly open: TransferOpen;
  /** The client, for messages. */
  readonly peer: string;
}

/** What a session says. */
export interface SessionEvents {
  tell(event: TransferEvent): void;
  /** A piece of the lane in the control stream. Resolves when there is room for another. */
  sendFrame(data: Uint8Array<ArrayBuffer>, last: boolean): Promise<void>;
}

/** Where a client may open the lane of its session. */
export interface LaneOffer {
  readonly port: number;
  readonly token: Uint8Array<ArrayBuffer>;
}

/** A session that has begun. What it holds is given back when it ends, for whatever reason. */
export interface Session {
  /** Absent where the lane has to travel in the control stream. */
  readonly offer: LaneOffer | undefined;
  /** Resolves when everything has been said; rejects with what ended it before. */
  readonly ended: Promise<void>;
  /** The client's answer to a question. */
  answer(allowed: boolean): void;
  /** A piece of the lane in the control stream; the first one moves it there. Resolves when there is room for another. */
  receiveFrame(data: Uint8Array, last: boolean): Promise<void>;
  /** The client says nothing more: neither answers nor frames. */
  endInput(): void;
  /** Ends it as soon as may be. */
  cancel(): void;
}

/** Where sessions run. */
export interface Sessions {
  /**
   * Begins a session.
   *
   * @throws {BlitError} "busy" where too many are about to begin
   */
  start(order: SessionOrder, events: SessionEvents): Promise<Session>;
  /** Ends all sessions and gives everything back. */
  close(): Promise<void>;
}
