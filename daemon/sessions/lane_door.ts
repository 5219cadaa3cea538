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

interface Waiting {
  readonly arrived: (carrier: Carrier) => void;
}

/** Lets lanes in as long as connections come. */
export class LaneDoor {
  readonly #tokens = new TokenTable<Waiting>();
  /** Resolves when no connection comes any more and the last handshake is over. */
  readonly closed: Promise<void>;

  /** @param carriers connections as they come, each before its handshake */
  constructor(carriers: AsyncIterable<Carrier>) {
    const onLane = ({ session }: { session: Waiting }, carrier: Carrier) => session.arrived(carrier);
    this.closed = acceptLanes({ carriers, tokens: this.#tokens, onLane });
  }

  /**
   * Expects a lane for a while.
   *
   * @param arrived gets its carrier, and owns it
   * @throws {BlitError} "busy" where too many are expected
   */
  expect(lifetimeMs: number, arrived: (carrier: Carrier) => void): ExpectedLane {
    const waiting: Waiting = { arrived };
    const token = this.#tokens.issue(waiting, { lifetimeMs });
    return { token, cancel: () => this.#tokens.revoke(waiting) };
  }
}
