/**
 * The port on which lanes of sessions arrive.
 *
 * @module
 */

import { type Carrier, listen, type Listener } from "../../core/wire/mod.ts";
import { type ExpectedLane, LaneDoor } from "./lane_door.ts";

/** Listens from its creation until it is closed. */
export class DataPort {
  readonly #door: LaneDoor;

  private constructor(readonly listener: Listener) {
    this.#door = new LaneDoor(listener.carriers());
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

  /** Expects a lane for a while, as {@linkcode LaneDoor.expect} does. */
  expect(lifetimeMs: number, arrived: (carrier: Carrier) => void): ExpectedLane {
    return this.#door.expect(lifetimeMs, { arrived });
  }

  /** Stops listening; resolves when the last handshake is over. */
  async close(): Promise<void> {
    this.listener.close();
    await this.#door.closed;
  }
}
