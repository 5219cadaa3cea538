/**
 * A TCP connection as a carrier, by the number under which the system knows it.
 *
 * The runtime's own connections stay in the thread that has accepted them. A descriptor belongs to the whole process, so a
 * connection can be accepted by one thread and used by another one. On Linux only, with FFI.
 *
 * ```text
 * recv, send   never wait: what there is, or room for, is copied at once
 * poll         waits in a thread of the runtime's pool, and only when there is nothing
 * ```
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { mapErrno } from "../errno.ts";
import type { Carrier } from "./carrier.ts";

const symbols = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // Lengths are below 2 GiB: a call without 64-bit parameters is the faster one, and the system sees the same value.
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32", nonblocking: true },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  errnoLocation: { name: "__errno_location", parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

// Numbers of Linux, the same on x86-64 and aarch64.
const F_DUPFD_CLOEXEC = 1030;
const AF_INET = 2;
const AF_INET6 = 10;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const POLLIN = 1;
const POLLOUT = 4;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const EINTR = 4;
const EAGAIN = 11;
const EPIPE = 32;
const ECONNRESET = 104;

/** Room for a `struct sockaddr`, which begins with family and port; those of the internet have 28 bytes at most. */
const ADDRESS_BYTES = 128;
/** After so much without a wait other work of the thread gets its turn. */
const TURN_BYTES = 1024 * 1024;
/** A wait is looked at so often, in milliseconds: a thread of the pool should not outlive its carrier for long. */
const POLL_MS = 1000;

let opened: { readonly library: Library; readonly errno: Int32Array } | undefined;

/** Rejects where there is no such C library, or FFI is not allowed. */
function open(): { readonly library: Library; readonly errno: Int32Array } {
  if (opened === undefined) {
    const library = Deno.dlopen("libc.so.6", symbols).symbols;
    opened = { library, errno: mapErrno(library.errnoLocation()) };
  }
  return opened;
}

/**
 * A second descriptor for a connection that the runtime holds, which does not tell its own: found among those of the process by the
 * ports of its two ends. It stays open when the first one is closed; whoever gets it closes it.
 *
 * @returns `undefined` where that cannot be had, or is not allowed
 */
export function duplicateDescriptor(ports: { localPort: number; remotePort: number }): number | undefined {
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  try {
    const { library } = open();
    const descriptor = find(library, ports);
    if (descriptor === undefined) return undefined;
    const second = library.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    return second < 0 ? undefined : second;
  } catch {
    return undefined; // another C library, or nobody may look at /proc
  }
}

/** The only one with these ports at its ends; several peers may have the same port, and then none is it. */
function find(
  library: Library,
  { localPort, remotePort }: { localPort: number; remotePort: number },
): number | undefined {
  const found = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name)).filter((descriptor) =>
    portOf(library.getpeername, descriptor) === remotePort && portOf(library.getsockname, descriptor) === localPort
  );
  return found.length === 1 ? found[0] : undefined;
}

/** The port at one end of what is behind a descriptor, where that is a connection of the internet. */
function portOf(call: Library["getpeername"], descriptor: number): number | undefined {
  const address = new DataView(new ArrayBuffer(ADDRESS_BYTES));
  if (call(descriptor, new Uint8Array(address.buffer), new Uint32Array([ADDRESS_BYTES])) !== 0) return undefined;
  const family = address.getUint16(0, true);
  return family === AF_INET || family === AF_INET6 ? address.getUint16(2) : undefined;
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

  /** @param descriptor of a connection of TCP, as from {@linkcode duplicateDescriptor} */
  constructor(readonly peer: string, descriptor: number) {
    this.#descriptor = descriptor;
    ({ library: this.#library, errno: this.#errno } = open());
  }

  async read(into: Uint8Array): Promise<number | null> {
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
    if (!this.#isClosed) this.#library.shutdown(this.#descriptor, SHUT_WR);
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
    // struct pollfd: descriptor, events, what has come
    const asked = new DataView(new ArrayBuffer(8));
    asked.setInt32(0, this.#descriptor, true);
    asked.setInt16(4, event, true);
    const buffer = new Uint8Array(asked.buffer);
    this.#waits++;
    this.#inTurn = 0;
    try {
      while (!this.#isClosed && await this.#library.poll(buffer, 1, POLL_MS) === 0);
    } finally {
      if (--this.#waits === 0 && this.#isClosed) this.#library.close(this.#descriptor);
    }
  }
}

function reasonOf(errno: number): string {
  if (errno === EPIPE || errno === ECONNRESET) return "the connection was reset by the peer";
  return `system error ${errno}`;
}
