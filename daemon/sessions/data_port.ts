/**
 * The port on which lanes of sessions arrive.
 *
 * @module
 */

import { acceptLanes, type Carrier, listen, type Listener, TokenTable } from "../../core/wire/mod.ts";

/** A lane that is to come. */
export interface ExpectedLane {
  readonly token: Uint8Array<ArrayBuffer>;
  /** It is no longer wanted; one that has come stays with whoever got it. */
  cancel(): void;
}

interface Waiting {
  readonly arrived: (carrier: Carrier) => void;
}

/** Listens from its creation until it is closed. */
export class DataPort {
  readonly #tokens = new TokenTable<Waiting>();
  readonly #accepting: Promise<void>;

  private constructor(readonly listener: Listener) {
    const onLane = ({ session }: { session: Waiting }, carrier: Carrier) => session.arrived(carrier);
    this.#accepting = acceptLanes({ listener, tokens: this.#tokens, onLane });
  }

  /**
   * Listens on an address.
   *
   * @param port 0 for any that is free
   * @throws {BlitError} as `listen` does
   */
  static open(hostname: string, port: number): DataPort {
    return new DataPort(listen({ hostname, port }));
  }

  get port(): number {
    return this.listener.address.port;
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

  /** Stops listening; resolves when the last handshake is over. */
  async close(): Promise<void> {
    this.listener.close();
    await this.#accepting;
  }
}
