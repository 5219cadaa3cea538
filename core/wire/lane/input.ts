/**
 * The receiving half of a lane: records out of the carrier, reading ahead while the last one is in use.
 *
 * @module
 */

import type { Carrier } from "../carrier.ts";
import { FrameReader } from "../frames/frame_reader.ts";
import type { AbortRecord, Role, WireRecord } from "../records.ts";

/** Bytes that are read at once when nobody wants them. */
const SCRATCH_BYTES = 64 * 1024;

/** What {@linkcode Input} needs to know. */
export interface InputOptions {
  /** The role of the peer. */
  sender: Role;
  /** Bytes have arrived. */
  onBytes: () => void;
  /** The peer has given up; told at once, also when nobody reads and other records come first. */
  onAbort: (record: AbortRecord) => void;
}

/** How the bytes ended. */
export type InputEnd = { readonly kind: "closed" } | { readonly kind: "failed"; readonly error: unknown };

/** Reads records. */
export class Input {
  readonly #reader: FrameReader;
  /** Never rejects: how a read ahead ended is told when somebody asks for more. */
  #filling: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #end: InputEnd | undefined;

  constructor(readonly carrier: Carrier, readonly options: InputOptions) {
    this.#reader = new FrameReader({ sender: options.sender, peer: carrier.peer });
  }

  /** Whether a read waits for the peer. */
  get isReading(): boolean {
    return this.#filling !== undefined;
  }

  /** Memory of the buffer, in bytes. */
  get capacity(): number {
    return this.#reader.capacity;
  }

  /** Where the bytes have ended, for messages. */
  describeEnd(): string {
    return this.#reader.describeEnd();
  }

  /**
   * The next record, or how the bytes ended. Content of the record before holds no longer.
   *
   * @throws {BlitError} `protocol`
   */
  async next(): Promise<WireRecord | InputEnd> {
    for (;;) {
      const record = this.#reader.next();
      if (record !== undefined) {
        this.readAhead();
        return record;
      }
      if (this.#end !== undefined) return this.#end;
      if (this.#filling === undefined) this.#fill(this.#reader.room());
      await this.#arrival();
    }
  }

  /** Ends a pending `next` and all later ones as failed, without touching the carrier. */
  interrupt(reason: unknown): void {
    this.#end ??= { kind: "failed", error: reason };
    this.#wake?.();
  }

  /**
   * Ends all reading; the carrier is closed.
   *
   * @param isUnused nobody looks at the content of the last record any more
   */
  async release(options: { isUnused: boolean }): Promise<void> {
    this.#end ??= { kind: "closed" };
    await this.#filling;
    this.#reader.release(options);
  }

  /** After `interrupt`: reads until the peer ends its direction, and forgets what comes. */
  async discard(): Promise<void> {
    await this.#filling;
    const scratch = new Uint8Array(SCRATCH_BYTES); // content of the last record may still be in use
    while (await this.carrier.read(scratch) !== null);
  }

  /**
   * Reads as long as there is room, even while nobody asks for a record: what the peer sends shows that it lives, and it may be
   * the reason why it takes no more.
   */
  readAhead(): void {
    if (this.#filling !== undefined || this.#end !== undefined) return;
    const room = this.#reader.spareRoom();
    if (room !== undefined) this.#fill(room);
  }

  #fill(room: Uint8Array): void {
    this.#filling = this.#read(room).then(() => {
      this.#filling = undefined;
      if (this.#wake !== undefined) return this.#wake();
      this.#lookForAbort();
      this.readAhead();
    });
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Somebody who only writes should not have to send the rest of a large file first. */
  #lookForAbort(): void {
    const record = this.#end === undefined ? this.#reader.findAbort() : undefined;
    if (record !== undefined) this.options.onAbort(record);
  }

  async #read(room: Uint8Array): Promise<void> {
    try {
      const count = await this.carrier.read(room);
      if (count === null) {
        this.#end ??= { kind: "closed" };
        return;
      }
      this.#reader.filled(count);
      this.options.onBytes();
    } catch (error) {
      this.#end ??= { kind: "failed", error };
    }
  }
}
