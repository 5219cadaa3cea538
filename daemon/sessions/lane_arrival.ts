/**
 * The way that the lane of a session takes: whichever comes first, a connection to the data port, one to the control port, or
 * frames in the control stream.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { type Carrier, MessageCarrier } from "../../core/wire/mod.ts";
import type { DataPort } from "./data_port.ts";
import type { ExpectedLane } from "./lane_door.ts";
import type { LaneOffer, SessionEvents } from "./session.ts";

/** How long a client may take to open its lane after it has been accepted, in milliseconds. */
export const ARRIVAL_MS = 40_000;

/** Options of {@linkcode LaneArrival}. */
export interface LaneArrivalOptions {
  /** Where a connection may come; absent where it comes to the control port. */
  readonly dataPort: DataPort | undefined;
  /** The client, for messages. */
  readonly peer: string;
  readonly sendFrame: SessionEvents["sendFrame"];
}

/** Expects a lane from its creation on. */
export class LaneArrival {
  readonly offer: LaneOffer | undefined;
  readonly #options: LaneArrivalOptions;
  readonly #expected: ExpectedLane | undefined;
  readonly #carrier = Promise.withResolvers<Carrier>();
  readonly #timer: ReturnType<typeof setTimeout>;
  #taken: Carrier | undefined;
  #frames: MessageCarrier | undefined;
  #usesControlPort = false;
  #isOver = false;

  constructor(options: LaneArrivalOptions) {
    this.#options = options;
    this.#carrier.promise.catch(() => {}); // whoever waits for it is told
    const { dataPort } = options;
    this.#expected = dataPort?.expect(ARRIVAL_MS, (carrier) => this.#take(carrier));
    this.offer = this.#expected && { port: dataPort!.port, token: this.#expected.token };
    this.#timer = setTimeout(() => this.release(), ARRIVAL_MS);
  }

  /** Resolves when the lane has come; rejects "unreachable" when it does not come in time, or is no longer wanted. */
  get carrier(): Promise<Carrier> {
    return this.#carrier.promise;
  }

  /** Whether it has come. */
  get hasCome(): boolean {
    return this.#taken !== undefined;
  }

  /** Whether it came to the control port, in the control stream or beside it. */
  get usesControlPort(): boolean {
    return this.#usesControlPort;
  }

  /** Whether it came from this machine. */
  get isClientHere(): boolean {
    return this.#taken?.isHere ?? false;
  }

  /** Takes a connection that came to the control port. */
  takeFromControlPort(carrier: Carrier): void {
    if (this.#taken === undefined) this.#usesControlPort = true;
    this.#take(carrier);
  }

  /** Takes a frame; resolves when there is room for another. */
  async receiveFrame(data: Uint8Array, last: boolean): Promise<void> {
    if (this.#taken === undefined && !this.#isOver) this.takeFromControlPort(this.#frames = this.#createFrames());
    await this.#frames?.receive(data);
    if (last) this.#frames?.receiveEnd();
  }

  /** No frame follows. */
  endFrames(): void {
    this.#frames?.receiveEnd();
  }

  /** Gives everything back, the carrier among it. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle();
    this.#carrier.reject(new BlitError("unreachable", "Cannot begin: the client has not opened its data connection"));
    this.#taken?.close();
  }

  #take(carrier: Carrier): void {
    if (this.#isOver || this.#taken !== undefined) return carrier.close();
    this.#settle();
    this.#taken = carrier;
    this.#carrier.resolve(carrier);
  }

  /** Nothing else is expected. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#expected?.cancel();
  }

  #createFrames(): MessageCarrier {
    const { peer, sendFrame } = this.#options;
    return new MessageCarrier({
      peer,
      send: (message) => sendFrame(message, false),
      endSending: () => sendFrame(new Uint8Array(), true),
      onClose: () => void sendFrame(new Uint8Array(), true), // whoever waits for this end need not wait any longer
    });
  }
}
