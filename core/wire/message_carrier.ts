/**
 * Messages of another stream as a carrier: how a lane travels in the control stream where nothing but calls gets through.
 *
 * @module
 */

import { unlessAborted } from "../within.ts";
import type { Carrier } from "./carrier.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";

/** Bytes of received messages that wait to be read before `receive` does. */
const WAITING_BYTES = 2 * MAX_MESSAGE_BYTES;

/** What {@linkcode MessageCarrier} needs of the stream that it uses. */
export interface MessageCarrierOptions {
  /** The peer, for messages to people. */
  peer: string;
  /**
   * Sends a message of at most `MAX_MESSAGE_BYTES`, which belongs to the receiver of this call. Resolves when there is room for
   * another: this is all the back pressure there is.
   */
  send: (message: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Says that no message follows; the other direction stays open. */
  endSending?: () => Promise<void>;
  /** The lane is done with the stream. */
  onClose?: () => void;
}

/** Carries a lane in messages. Whoever has the stream calls `receive` for each that comes. */
export class MessageCarrier implements Carrier {
  readonly peer: string;
  readonly #options: MessageCarrierOptions;
  readonly #messages: Uint8Array[] = [];
  #waitingBytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #onArrival: (() => void) | undefined;
  #onRoom: (() => void)[] = [];
  readonly #broken = new AbortController();

  constructor(options: MessageCarrierOptions) {
    this.peer = options.peer;
    this.#options = options;
  }

  /** Takes a message; resolves when there is room for the next one. Messages after the end are ignored. */
  async receive(message: Uint8Array): Promise<void> {
    if (this.#end !== undefined || message.length === 0) return;
    this.#messages.push(message);
    this.#waitingBytes += message.length;
    this.#onArrival?.();
    if (this.#waitingBytes >= WAITING_BYTES) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** No message follows; with an error when the stream broke, which then is what reads and writes reject with. */
  receiveEnd(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    if (error !== undefined) this.#broken.abort(error);
    this.#onArrival?.();
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#messages.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return null;
      await new Promise<void>((resolve) => this.#onArrival = resolve);
    }
    const message = this.#messages[0];
    const count = Math.min(message.length, into.length);
    into.set(count === message.length ? message : message.subarray(0, count));
    if (count === message.length) this.#messages.shift();
    else this.#messages[0] = message.subarray(count);
    this.#waitingBytes -= count;
    if (this.#waitingBytes < WAITING_BYTES) { for (const resolve of this.#onRoom.splice(0)) resolve(); }
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#end?.error !== undefined) throw this.#end.error;
    const message = bytes.slice(0, MAX_MESSAGE_BYTES) as Uint8Array<ArrayBuffer>;
    const { length } = message; // whoever hands it to another thread leaves nothing here
    // Nothing of it may stay behind: a lane makes any number of them.
    await unlessAborted(this.#options.send(message), this.#broken.signal, () => this.#end!.error);
    return length;
  }

  async endWriting(): Promise<void> {
    await this.#options.endSending?.();
  }

  close(): void {
    this.receiveEnd(new Error("the stream was closed"));
    this.#options.onClose?.();
    this.#options.onClose = undefined;
  }
}
