/**
 * A stream of bytes from one thread to another, through memory that both share.
 *
 * Messages between threads take 0.1 ms each and need a buffer of their own, which the receiving thread then has to get rid of. Here
 * bytes are copied in at one end of a ring and out at the other, and neither thread blocks. A wait takes 15 us of both threads; it
 * does not keep a program running that has nothing else to do.
 *
 * @module
 */

import { within } from "../within.ts";
import type { Carrier } from "./carrier.ts";
import { GRACE_MS } from "./limits.ts";

/** Bytes on their way; a power of two. */
const RING_BYTES = 256 * 1024;

/** Positions of the single numbers. Counts of bytes go round at 2^32. */
const CELL = {
  written: 0,
  read: 1,
  state: 2,
  /** Changes with everything that the reader may wait for. */
  forReader: 3,
  /** The same for the writer. */
  forWriter: 4,
  count: 5,
} as const;
const HEADER_BYTES = CELL.count * Int32Array.BYTES_PER_ELEMENT;

/** Nothing more is written. */
const ENDED = 1;
/** One end is gone: what was written can be read, nothing else. */
const CLOSED = 2;

/** One direction, as either thread sees it: one writes, the other one reads. */
export class SharedPipe {
  /** What the other thread makes its view from. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #ring: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + RING_BYTES)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory, 0, CELL.count);
    this.#ring = new Uint8Array(memory, HEADER_BYTES, RING_BYTES);
  }

  /** Reads at least one byte; `null` at the end. Rejects when the other end is gone without one. */
  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const signal = Atomics.load(this.#cells, CELL.forReader); // what comes after looking changes it
      const state = Atomics.load(this.#cells, CELL.state);
      const position = Atomics.load(this.#cells, CELL.read);
      const available = (Atomics.load(this.#cells, CELL.written) - position) >>> 0;
      if (available > 0) {
        const start = position & (RING_BYTES - 1);
        const count = Math.min(available, into.length, RING_BYTES - start);
        into.set(this.#ring.subarray(start, start + count));
        Atomics.store(this.#cells, CELL.read, (position + count) | 0);
        this.#signal(CELL.forWriter);
        return count;
      }
      if (state & ENDED) return null;
      if (state & CLOSED) throw new Error("the connection was closed");
      await this.#wait(CELL.forReader, signal);
    }
  }

  /** Where the next bytes go, at least one of them; waits for room. Rejects when the other end is gone. */
  async room(): Promise<Uint8Array> {
    for (;;) {
      const signal = Atomics.load(this.#cells, CELL.forWriter);
      if (Atomics.load(this.#cells, CELL.state) & CLOSED) throw new Error("the connection was closed");
      const position = Atomics.load(this.#cells, CELL.written);
      const free = RING_BYTES - ((position - Atomics.load(this.#cells, CELL.read)) >>> 0);
      const start = position & (RING_BYTES - 1);
      if (free > 0) return this.#ring.subarray(start, start + Math.min(free, RING_BYTES - start));
      await this.#wait(CELL.forWriter, signal);
    }
  }

  /** So many bytes have been put into {@linkcode room}. */
  written(count: number): void {
    Atomics.store(this.#cells, CELL.written, (Atomics.load(this.#cells, CELL.written) + count) | 0);
    this.#signal(CELL.forReader);
  }

  /** Writes at least one byte, and says how many; the bytes belong to the caller again. */
  async write(bytes: Uint8Array): Promise<number> {
    const room = await this.room();
    const part = bytes.subarray(0, room.length);
    room.set(part);
    this.written(part.length);
    return part.length;
  }

  /** Nothing more is written. */
  end(): void {
    this.#change(ENDED);
  }

  /** This end is gone. */
  close(): void {
    this.#change(CLOSED);
  }

  /** Resolves when one end is gone. */
  async closed(): Promise<void> {
    for (;;) {
      const signal = Atomics.load(this.#cells, CELL.forReader);
      if (Atomics.load(this.#cells, CELL.state) & CLOSED) return;
      await this.#wait(CELL.forReader, signal);
    }
  }

  #change(state: number): void {
    Atomics.or(this.#cells, CELL.state, state);
    this.#signal(CELL.forReader);
    this.#signal(CELL.forWriter);
  }

  #signal(cell: number): void {
    Atomics.add(this.#cells, cell, 1);
    Atomics.notify(this.#cells, cell);
  }

  async #wait(cell: number, seen: number): Promise<void> {
    await Atomics.waitAsync(this.#cells, cell, seen).value;
  }
}

/** Two pipes as a carrier. */
export class PipeCarrier implements Carrier {
  constructor(readonly peer: string, readonly inbound: SharedPipe, readonly outbound: SharedPipe) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.inbound.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.outbound.write(bytes);
  }

  // deno-lint-ignore require-await -- a carrier may have to wait
  async endWriting(): Promise<void> {
    this.outbound.end();
  }

  close(): void {
    this.inbound.close();
    this.outbound.close();
  }
}

/**
 * Carries everything between a carrier of this thread and two pipes, whose other ends are another thread's, until both directions
 * are over or one end is gone; closes the carrier. A peer that does not read gets {@linkcode GRACE_MS} for what is left.
 */
export async function bridge(carrier: Carrier, inbound: SharedPipe, outbound: SharedPipe): Promise<void> {
  const receiving = receive(carrier, inbound);
  const sending = send(carrier, outbound);
  await Promise.race([sending, outbound.closed().then(() => within(sending, GRACE_MS))]);
  carrier.close();
  await Promise.all([sending, receiving]);
}

async function receive(carrier: Carrier, inbound: SharedPipe): Promise<void> {
  try {
    for (;;) {
      const count = await carrier.read(await inbound.room());
      if (count === null) return inbound.end();
      inbound.written(count);
    }
  } catch {
    inbound.close();
  }
}

async function send(carrier: Carrier, outbound: SharedPipe): Promise<void> {
  try {
    const buffer = new Uint8Array(RING_BYTES);
    for (let count = await outbound.read(buffer); count !== null; count = await outbound.read(buffer)) {
      for (let sent = 0; sent < count;) sent += await carrier.write(buffer.subarray(sent, count));
    }
    await carrier.endWriting();
    await outbound.closed(); // the other direction may go on
  } catch {
    outbound.close();
  }
}
