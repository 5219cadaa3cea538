/**
 * Where lanes of sessions come in: each is let in by its token, once.
 *
 * @module
 */

import { acceptLanes, type Carrier, TokenTable } from "../../core/wire/mod.ts";

/** A lane that is to come. */
export interface ExpectedLane {
  readonly token: Uint8Array<ArrayBuffer>;
  /** It is no longer wanted; one that has come stays with whoever got it. */
  cancel(): void;
}

/** Who waits for a lane. */
export interface LaneGuest {
  /** Gets its carrier, and owns it. */
  readonly arrived: (carrier: Carrier) => void;
  /** May take it over before its peer is told, as in `answerHello`. */
  readonly takeOver?: (carrier: Carrier) => boolean;
}

/** Lets lanes in as long as connections come. */
export class LaneDoor {
  readonly #tokens = new TokenTable<LaneGuest>();
  /** Resolves when no connection comes any more and the last handshake is over. */
  readonly closed: Promise<void>;

  /** @param carriers connections as they come, each before its handshake */
  constructor(carriers: AsyncIterable<Carrier>) {
    this.closed = acceptLanes({
      carriers,
      tokens: this.#tokens,
      onLane: ({ session }, carrier) => session.arrived(carrier),
      takeOver: ({ session }, carrier) => session.takeOver?.(carrier) ?? false,
    });
  }

  /**
   * Expects a lane for a while.
   *
   * @throws {BlitError} "busy" where too many are expected
   */
  expect(lifetimeMs: number, { arrived, takeOver }: LaneGuest): ExpectedLane {
    const guest: LaneGuest = { arrived, ...(takeOver && { takeOver }) }; // one of its own, even for the same functions
    const token = this.#tokens.issue(guest, { lifetimeMs });
    return { token, cancel: () => this.#tokens.revoke(guest) };
  }
}
