/**
 * A TCP connection as a carrier, by the number under which the system knows it.
 *
 * The runtime's own connections stay in the thread that has accepted them. A descriptor belongs to the whole process, so a
 * connection can be accepted by one thread and used by another one. On Linux only, with FFI.
 *
 * ```text
 * recv, send   never wait: what there is, or room for, is copied at once
 * poll         waits, when there is nothing, for all connections of the thread at once (poller.ts)
 * ```
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { mapErrno } from "../errno.ts";
import type { Carrier } from "./carrier.ts";
import { POLLIN, POLLOUT, untilReady } from "./poller.ts";

const symbols = {
  // Lengths are below 2 GiB: a call without 64-bit parameters is the faster one, and the system sees the same value.
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  errnoLocation: { name: "__errno_location", parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

// Numbers of Linux, the same on x86-64 and aarch64.
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const EINTR = 4;
const EAGAIN = 11;
const EPIPE = 32;
const ENETUNREACH = 101;
const ECONNRESET = 104;
const ETIMEDOUT = 110;
const EHOSTUNREACH = 113;

/** After so much without a wait other work of the thread gets its turn: a tenth of a millisecond of copying, as a read of Deno's. */
const TURN_BYTES = 1024 * 1024;

let opened: { readonly library: Library; readonly errno: Int32Array } | undefined;

/** Rejects where there is no such C library, or FFI is not allowed. */
function open(): { readonly library: Library; readonly errno: Int32Array } {
  if (opened === undefined) {
    const library = Deno.dlopen("libc.so.6", symbols).symbols;
    opened = { library, errno: mapErrno(library.errnoLocation()) };
  }
  return opened;
}

/** Carries a lane over a connection, which it closes. */
export class DescriptorCarrier implements Carrier {
  readonly #descriptor: number;
  readonly #library: Library;
  readonly #errno: Int32Array;
  /** Waits under way: the number must not be given back, and to somebody else, before they are over. */
  #waits = 0;
  /** Bytes since the thread did something else. */
  #inTurn = 0;
  #isClosed = false;

  /** @param descriptor of a connection of TCP, as from `duplicateDescriptor` */
  constructor(readonly peer: string, descriptor: number) {
    this.#descriptor = descriptor;
    ({ library: this.#library, errno: this.#errno } = open());
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (into.length === 0) return 0; // to the system that would look like the end
    for (;;) {
      if (this.#isClosed) throw new Error("the connection was closed");
      const count = this.#library.recv(this.#descriptor, into as Uint8Array<ArrayBuffer>, into.length, MSG_DONTWAIT);
      if (count === 0) return null;
      if (count > 0) return await this.#inTurns(count);
      await this.#untilPossible(POLLIN);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    for (;;) {
      if (this.#isClosed) throw new Error("the connection was closed");
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const count = this.#library.send(this.#descriptor, bytes as Uint8Array<ArrayBuffer>, bytes.length, flags);
      if (count >= 0) return await this.#inTurns(count);
      await this.#untilPossible(POLLOUT);
    }
  }

  // deno-lint-ignore require-await -- a carrier may have to wait
  async endWriting(): Promise<void> {
    if (!this.#isClosed) this.#library.shutdown(this.#descriptor, SHUT_WR); // fails where the peer is gone already
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#waits === 0) this.#library.close(this.#descriptor);
    else this.#library.shutdown(this.#descriptor, SHUT_RDWR); // which ends every wait
  }

  async #inTurns(count: number): Promise<number> {
    this.#inTurn += count;
    if (this.#inTurn >= TURN_BYTES) {
      this.#inTurn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  }

  /** After a call that failed: waits where that helps. */
  async #untilPossible(event: number): Promise<void> {
    const errno = this.#errno[0];
    if (errno === EINTR) return;
    if (errno !== EAGAIN) throw new Error(reasonOf(errno));
    this.#waits++;
    this.#inTurn = 0;
    try {
      await untilReady(this.#descriptor, event);
    } finally {
      if (--this.#waits === 0 && this.#isClosed) this.#library.close(this.#descriptor);
    }
  }
}

function reasonOf(errno: number): string {
  if (errno === EPIPE || errno === ECONNRESET) return "the connection was reset by the peer";
  if (errno === ETIMEDOUT || errno === EHOSTUNREACH || errno === ENETUNREACH) {
    return "the peer cannot be reached any more";
  }
  return `system error ${errno}`;
}
