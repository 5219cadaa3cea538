/**
 * A connection that came to the control port as a carrier.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Carrier } from "../carrier.ts";
import { formatAddress } from "../tcp_carrier.ts";
import { duplicateDescriptor } from "./descriptor.ts";

/** Carries a lane over a socket, which it closes. Nobody else may read from the socket. */
export class SocketCarrier implements Carrier {
  readonly peer: string;
  readonly #socket: Socket;
  /** What was read and did not fit. */
  #rest: Uint8Array | undefined;
  #failure: Error | undefined;
  #news = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = formatAddress({ hostname: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 });
    const tell = (): void => {
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    };
    socket.on("readable", tell).on("end", tell).on("close", tell);
    socket.on("error", (error: Error) => {
      this.#failure ??= error;
      tell();
    });
  }

  /**
   * Lets go of the connection, which stays open, and returns its descriptor for a `DescriptorCarrier` in any thread of the process.
   * What the peer sends in this moment may be lost: it has to be its turn to wait.
   *
   * @returns `undefined` where that is not possible; nothing has changed then
   */
  detach(): number | undefined {
    if (this.#rest !== undefined || this.#socket.readableLength > 0 || this.#socket.destroyed) return undefined;
    const descriptor = duplicateDescriptor(this.#socket);
    if (descriptor !== undefined) this.close();
    return descriptor;
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const { promise } = this.#news; // what comes after looking resolves it
      const count = this.#take(into);
      if (count > 0) return await this.#takeMore(into, count);
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#socket.readableEnded) return null;
      if (this.#socket.destroyed) throw new Error("the connection was closed");
      await promise;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      // Until then the socket may keep them; one that is closed may forget to say anything.
      this.#socket.once("close", gone);
      this.#socket.write(bytes, (error) => {
        this.#socket.off("close", gone);
        if (error) reject(error);
        else resolve(bytes.length);
      });
      function gone(): void {
        reject(new Error("the connection was closed"));
      }
    });
  }

  endWriting(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The runtime reads 64 KiB a turn: what is about to come is waited for, as long as each turn brings some. */
  async #takeMore(into: Uint8Array, count: number): Promise<number> {
    for (let more = count; more > 0 && count < into.length; count += more) {
      await new Promise((resolve) => setImmediate(resolve));
      more = this.#take(into.subarray(count));
    }
    return count;
  }

  /** As much as there is. */
  #take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length) {
      const chunk: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (chunk === null) break;
      const part = chunk.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      this.#rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
    }
    return count;
  }
}
