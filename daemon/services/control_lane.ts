/**
 * The lane of a session as a connection of its own to the control port, for clients that cannot reach the data port, or do not
 * want to.
 *
 * @module
 */

import { ARRIVAL_MS } from "../sessions/lane_arrival.ts";
import type { ExpectedLane, LaneDoor } from "../sessions/lane_door.ts";
import type { Session } from "../sessions/mod.ts";

/** Expects the lane of one session. */
export class ControlLane {
  readonly #expected: ExpectedLane;

  /** @param session called when the lane has come */
  constructor(door: LaneDoor, session: () => Session) {
    this.#expected = door.expect(ARRIVAL_MS, {
      arrived: (carrier) => session().takeLane(carrier),
      takeOver: (carrier) => session().takeConnection?.(carrier) ?? false,
    });
  }

  /** What opens it. */
  get token(): Uint8Array<ArrayBuffer> {
    return this.#expected.token;
  }

  /** It is no longer wanted. One that has come is the session's. */
  cancel(): void {
    this.#expected.cancel();
  }
}
