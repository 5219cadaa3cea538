/**
 * One accepted connection of the control plane, and whether it may stay.
 *
 * @module
 */

import type { Socket } from "node:net";
import { type ControlLimits, MIN_DRAIN_BYTES } from "./limits.ts";

/** Who is at the other end. Today an address is all that is known. */
export interface Peer {
  /** The address that the connection comes from. */
  readonly address: string;
}

/** A call whose request has not arrived completely. */
export interface PendingRequest {
  readonly deadline: number;
}

/** A connection with what its peer has done lately. */
export class ControlConnection {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #limits: ControlLimits;
  readonly #pending = new Set<PendingRequest>();
  #calls = 0;
  #waitingAnswers = 0;
  #quietSince: number;
  #quietLimitMs: number;
  #bytes = 0;
  #bytesAt: number;
  #written = 0;
  #writtenAt: number;

  /** Takes a socket that was just accepted. */
  constructor(socket: Socket, limits: ControlLimits, now: number) {
    this.#socket = socket;
    this.#limits = limits;
    this.peer = { address: socket.remoteAddress ?? "" };
    this.#quietSince = this.#bytesAt = this.#writtenAt = now;
    this.#quietLimitMs = limits.firstCallMs;
  }

  /** Whether a call is under way. */
  get busy(): boolean {
    return this.#calls > 0;
  }

  /** A call has begun; the result is to be called once, when it has ended. */
  beginCall(now: number): (now: number) => void {
    if (this.#calls++ === 0) this.#bytesAt = now;
    return (end) => {
      this.#quietSince = end;
      this.#quietLimitMs = this.#limits.idleMs;
      this.#calls--;
    };
  }

  /** A request has begun to arrive; the result is to be called when it is complete. */
  awaitRequest(now: number): () => void {
    const request = { deadline: now + this.#limits.requestMs };
    this.#pending.add(request);
    return () => void this.#pending.delete(request);
  }

  /** A part of an answer waits to be sent; the result is to be called when it has left. */
  awaitDrain(now: number): () => void {
    if (this.#waitingAnswers++ === 0) this.#markWritten(now);
    return () => void this.#waitingAnswers--;
  }

  /** Why this connection has to go, or `undefined`. To be asked every now and then. */
  whyCut(now: number): string | undefined {
    const { silenceMs, drainMs } = this.#limits;
    if (this.#calls === 0) return now - this.#quietSince > this.#quietLimitMs ? "it asks for nothing" : undefined;
    const bytes = this.#socket.bytesRead + this.#socket.bytesWritten;
    if (bytes !== this.#bytes) [this.#bytes, this.#bytesAt] = [bytes, now];
    if (now - this.#bytesAt > silenceMs) return "it is silent";
    if (this.#socket.bytesWritten - this.#written >= MIN_DRAIN_BYTES) this.#markWritten(now);
    if (this.#waitingAnswers > 0 && now - this.#writtenAt > drainMs) return "it does not read its answers";
    for (const { deadline } of this.#pending) if (now > deadline) return "its request does not end";
    return undefined;
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #markWritten(now: number): void {
    this.#written = this.#socket.bytesWritten;
    this.#writtenAt = now;
  }
}
