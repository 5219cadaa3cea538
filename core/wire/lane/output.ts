/**
 * The sending half of a lane: a bounded queue, and one write at a time.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Carrier } from "../carrier.ts";
import { FrameWriter, type Piece } from "../frames/frame_writer.ts";
import { COPIED_CONTENT_BYTES, QUEUE_BYTES } from "../limits.ts";
import type { WireRecord } from "../records.ts";

const DONE = Promise.resolve();

interface Waiting {
  readonly record: WireRecord;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What {@linkcode Output} tells its lane. */
export interface OutputOptions {
  /** Bytes have been taken by the system. */
  onSent: () => void;
  /** The carrier has failed; nothing will be sent any more. The lane answers with {@linkcode Output.fail}. */
  onFailed: (error: unknown) => void;
}

/** Sends records in the order of the calls. */
export class Output {
  readonly #writer = new FrameWriter();
  #waiting: Waiting[] = [];
  #flushing: PromiseWithResolvers<void>[] = [];
  #current: Piece | undefined;
  #isScheduled = false;
  #failure: { readonly reason: unknown } | undefined;
  #isBroken = false;

  constructor(readonly carrier: Carrier, readonly options: OutputOptions) {}

  /** Whether everything is sent. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#writer.queuedBytes === 0;
  }

  /**
   * Queues a record. Resolves when the caller may use the record's buffers again: at once for small records, as long as the queue
   * has room. Never later than needed: records leave together when the caller pauses.
   */
  write(record: WireRecord): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.#waiting.length === 0 && this.#writer.queuedBytes < QUEUE_BYTES) return this.#admit(record);
    return new Promise((resolve, reject) => this.#waiting.push({ record, resolve, reject }));
  }

  /** Resolves when everything written so far has been taken by the system. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.isIdle) return DONE;
    const flushing = Promise.withResolvers<void>();
    this.#flushing.push(flushing);
    this.#start();
    return flushing.promise;
  }

  /** Drops what has not begun to leave, and what waits. Frames already begun are completed, so that another may follow. */
  fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    for (const { reject } of this.#flushing.splice(0)) reject(reason);
    if (this.#isBroken) this.#rejectPieces(reason);
  }

  /** After {@linkcode Output.fail}: one last record. Resolves when it was taken by the system, or cannot be. */
  async sendLast(record: WireRecord): Promise<void> {
    if (this.#isBroken) return;
    this.#writer.add(record);
    const flushing = Promise.withResolvers<void>();
    this.#flushing.push(flushing);
    this.#start();
    await flushing.promise.catch(() => {}); // whoever gives up has said so already
  }

  #admit(record: WireRecord): Promise<void> {
    let piece: Piece | undefined;
    try {
      piece = this.#writer.add(record);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#writer.queuedBytes >= COPIED_CONTENT_BYTES) this.#start();
    else this.#schedule();
    if (piece === undefined) return DONE;
    return new Promise((resolve, reject) => {
      piece.onSent = resolve;
      piece.onFailed = reject;
    });
  }

  /** Starts when the caller has come to a pause, so that what it writes in one go leaves in one go. */
  #schedule(): void {
    if (this.#isScheduled || this.#current !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.#current === undefined && !this.#isBroken) this.#pump();
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        this.#current = this.#writer.take();
        if (this.#current === undefined) break;
        await this.#send(this.#current);
        this.#writer.giveBack(this.#current);
        this.#current.onSent?.();
        this.#admitWaiting();
      }
      for (const { resolve } of this.#flushing.splice(0)) resolve();
    } catch (error) {
      this.#breakOff(error);
    }
  }

  async #send({ bytes }: Piece): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.carrier.write(sent === 0 ? bytes : bytes.subarray(sent));
      this.options.onSent();
    }
  }

  #admitWaiting(): void {
    let admitted = 0;
    while (admitted < this.#waiting.length && this.#writer.queuedBytes < QUEUE_BYTES) {
      const { record, resolve, reject } = this.#waiting[admitted++];
      this.#admit(record).then(resolve, reject);
    }
    if (admitted > 0) this.#waiting.splice(0, admitted);
  }

  #breakOff(error: unknown): void {
    this.#isBroken = true;
    if (this.#failure === undefined) return this.options.onFailed(error);
    this.#rejectPieces(this.#failure.reason);
    for (const { reject } of this.#flushing.splice(0)) reject(this.#failure.reason);
  }

  #rejectPieces(reason: unknown): void {
    for (let piece = this.#current; piece !== undefined; piece = this.#writer.take()) piece.onFailed?.(reason);
    this.#current = undefined;
  }
}
