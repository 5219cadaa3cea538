/**
 * A lane: records in both directions over one carrier, until both sides have said that they are done.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import { within } from "../../within.ts";
import type { Carrier } from "../carrier.ts";
import { GRACE_MS, IDLE_MS, MAX_PATIENCE_SECONDS } from "../limits.ts";
import type { AbortRecord, KeepAliveRecord, Received, Role, Sent, WireRecord } from "../records.ts";
import { Input, type InputEnd } from "./input.ts";
import { Output } from "./output.ts";
import { Watch } from "./watch.ts";

/** Options of {@linkcode Lane}. */
export interface LaneOptions<R extends Role> {
  /** Our role. Says which records may be written, and which are accepted. */
  role: R;
  /**
   * Silence after which the peer counts as gone, in milliseconds. Any byte in either direction ends it; keep-alives come by
   * themselves. Both sides may differ, a peer's keep-alives come every third of *its* time.
   *
   * @default {30000}
   */
  idleMs?: number;
  /** Aborts the lane: the peer is told `interrupted`, everything pending rejects. */
  signal?: AbortSignal;
}

/**
 * One lane. Reading and writing are independent of each other: read in one task, write in another. A side that only writes
 * while its peer only writes too stands still as soon as what lies between is full, and fails when `idleMs` have passed.
 *
 * The end, for both sides: `end()` after the last record, `read()` until it returns `undefined`, then `close()`. Everything
 * else is an error, which every method then throws: what the peer gave as its reason when it aborted, `unreachable` for a
 * connection that is lost, `protocol` for bytes that make no sense.
 *
 * While the owner of a lane is busy in synchronous calls the lane stands still, keep-alives included: come back to the event
 * loop several times in `idleMs`, or announce a pause.
 */
export class Lane<R extends Role> {
  readonly #carrier: Carrier;
  readonly #input: Input;
  readonly #output: Output;
  readonly #watch: Watch;
  readonly #signal: AbortSignal | undefined;
  #failure: BlitError | undefined;
  /** Resolves with the failure. */
  readonly #over = Promise.withResolvers<void>();
  /** Our end was written. */
  #isEnding = false;
  /** The peer's end has come. */
  #isEnded = false;
  /** The step of reading that is being made; never rejects. */
  #step: Promise<WireRecord | undefined> | undefined;
  #isReading = false;
  #isClosed = false;
  /** Something has gone wrong: the last words, in one direction or the other. Never rejects. */
  #parting: Promise<void> | undefined;

  constructor(carrier: Carrier, { role, idleMs = IDLE_MS, signal }: LaneOptions<R>) {
    this.#carrier = carrier;
    const sender = role === "source" ? "sink" : "source";
    this.#input = new Input(carrier, {
      sender,
      onBytes: () => this.#watch.signOfLife(),
      onAbort: (record) => this.#onPeerAbort(record),
    });
    this.#output = new Output(carrier, {
      onSent: () => {
        this.#watch.sent();
        // A peer that lives sends keep-alives. What the system takes from us says less, since it has buffers of its own; it has to
        // do while there is no room to read into, when our own keep-alives show at least that the connection is there.
        if (!this.#input.isReading) this.#watch.signOfLife();
      },
      onFailed: (error) => this.#onWriteFailed(error),
    });
    this.#watch = new Watch({
      idleMs,
      onQuiet: () => this.#keepAlive(),
      onSilence: () => this.#giveUp(this.#lost(`no sign of life for ${idleMs / 1000} s`)),
    });
    this.#input.readAhead();
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  /** The peer, for messages to people. */
  get peer(): string {
    return this.#carrier.peer;
  }

  /** Memory of the receiving buffer, in bytes. */
  get bufferBytes(): number {
    return this.#input.capacity;
  }

  /**
   * Queues a record; records leave in the order of the calls. Resolves when the buffers in the record may be used again, which for
   * small records is at once, unless the queue is full. Until then the content must not change: its checksum is on its way.
   *
   * @throws {RangeError} when the record breaks a bound of the protocol; the lane stays usable
   * @throws {BlitError} when the lane has failed
   */
  write(record: Sent<R>): Promise<void> {
    if (this.#isEnding) return Promise.reject(new TypeError("Cannot write a record: the end has been written"));
    return this.#output.write(record as WireRecord);
  }

  /**
   * Asks the peer for patience before a synchronous call that may take longer than `idleMs`, such as a flush to disk. Resolves
   * when that has left; at most ten minutes are granted.
   */
  async announcePause(seconds: number): Promise<void> {
    await this.#output.write({ kind: "keep-alive", patienceSeconds: Math.ceil(seconds) });
    await this.#output.flush();
  }

  /** Resolves when everything written has been taken by the system. Needed by nobody who only goes on. */
  flush(): Promise<void> {
    return this.#output.flush();
  }

  /**
   * The next record, `undefined` after the peer's last. Content in it is a view that holds until the next call. One call at a
   * time.
   */
  async read(): Promise<Received<R> | undefined> {
    if (this.#isReading) throw new TypeError("Cannot read a record: another read is pending");
    this.#isReading = true;
    try {
      for (;;) {
        // After a failed write what comes is looked through for the reason.
        if (this.#failure === undefined) await this.#parting;
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isEnded) return undefined;
        const record = await this.#next();
        if (record !== undefined) return record as Received<R>;
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** Says that nothing more will be written, and resolves when that has left. The peer may still send. */
  async end(): Promise<void> {
    if (!this.#isEnding) {
      const written = this.write({ kind: "lane-end" } as unknown as Sent<R>);
      this.#isEnding = true;
      await written;
    }
    await this.#output.flush();
  }

  /**
   * Gives up: tells the peer why, as far as that is possible within two seconds, and closes. Everything pending rejects with this
   * error at once. Resolves when the lane is closed; does nothing when it has failed or is closed already.
   */
  async abort(error: BlitError): Promise<void> {
    this.#giveUp(error);
    await this.#parting;
  }

  /** Closes at once. Without `end` on both sides that is an error for the peer. Closing twice does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch.stop();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#carrier.close();
    // After the peer's end there is no record left whose content somebody could look at.
    this.#input.release({ isUnused: this.#isEnded });
    this.#fail(new BlitError("interrupted", `Cannot use the connection to "${this.peer}": it has been closed`));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** One step of reading; `undefined` for what concerns the lane alone. Never rejects. */
  async #next(): Promise<WireRecord | undefined> {
    this.#step = this.#advance();
    const record = await this.#step;
    this.#step = undefined;
    return record;
  }

  async #advance(): Promise<WireRecord | undefined> {
    const record = await this.#take();
    switch (record?.kind) {
      case undefined:
        return undefined;
      case "keep-alive":
        return this.#onKeepAlive(record);
      case "lane-end":
        this.#isEnded = true;
        this.#listenOn();
        return undefined;
      case "abort":
        this.#onPeerAbort(record);
        return undefined;
      case "closed":
      case "failed":
        this.#onReadEnd(record);
        return undefined;
      default:
        return record;
    }
  }

  /** A record or the end; `undefined` when the bytes are neither, which ends the lane. */
  async #take(): Promise<WireRecord | InputEnd | undefined> {
    try {
      return await this.#input.next();
    } catch (error) {
      this.#giveUp(toBlitError(error));
      return undefined;
    }
  }

  /**
   * After the peer's end only its keep-alives follow, and possibly the reason why it takes no more. Both matter to somebody who
   * still writes.
   */
  async #listenOn(): Promise<void> {
    while (this.#failure === undefined) {
      const record = await this.#take();
      if (record === undefined) continue;
      if (record.kind === "keep-alive") {
        this.#onKeepAlive(record);
        continue;
      }
      if (record.kind === "abort") return this.#onPeerAbort(record);
      if (record.kind === "closed" || record.kind === "failed") {
        // Whoever has read our end may close.
        if (this.#isEnding && this.#output.isIdle) return;
        return this.#onReadEnd(record);
      }
      this.#giveUp(new BlitError("protocol", `Cannot understand "${this.peer}": ${record.kind} after its end`));
    }
  }

  /** Every keep-alive is a sign of life by its bytes alone. */
  #onKeepAlive({ patienceSeconds }: KeepAliveRecord): undefined {
    if (patienceSeconds > 0) this.#watch.allowSilence(1000 * Math.min(patienceSeconds, MAX_PATIENCE_SECONDS));
  }

  /** A defect of the peer is none of ours: "internal" is what we say of ourselves. */
  #onPeerAbort({ code, message }: AbortRecord): void {
    this.#fail(new BlitError(code === "internal" ? "protocol" : code, message));
    this.close(); // the peer listens no longer
  }

  #onReadEnd(end: InputEnd): void {
    if (this.#failure !== undefined) return;
    const why = end.kind === "closed" ? "it was closed" : textOf(end.error);
    this.#fail(this.#lost(`${why} ${this.#input.describeEnd()}`, end.kind === "failed" ? end.error : undefined));
    this.close();
  }

  /** The peer often says why before it closes: its reason is looked for before ours is told. */
  #onWriteFailed(error: unknown): void {
    this.#parting ??= within(this.#findReason(), GRACE_MS).then(() => {
      this.#fail(this.#lost(textOf(error), error));
      this.close();
    });
  }

  async #findReason(): Promise<void> {
    if (this.#step !== undefined) await this.#step; // the owner's own reading goes first
    while (this.#failure === undefined && !this.#isEnded) await this.#next();
    if (this.#failure === undefined) await this.#over.promise;
  }

  /** Tells the peer why, then closes. */
  #giveUp(error: BlitError): void {
    if (this.#failure !== undefined) return;
    this.#fail(error);
    const lastWords = this.#partWith(error).catch(() => {}); // a peer that is gone hears nothing
    this.#parting = within(lastWords, GRACE_MS).then(() => this.close());
  }

  /** Our last words. Closing over bytes that nobody has read would destroy them, so the peer's are read until it closes. */
  async #partWith({ code, message }: BlitError): Promise<void> {
    await this.#output.sendLast({ kind: "abort", code, message });
    await this.#carrier.endWriting();
    await this.#input.discard();
  }

  #fail(error: BlitError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#output.fail(error);
    this.#input.interrupt(error);
    this.#over.resolve();
  }

  #lost(why: string, cause?: unknown): BlitError {
    return new BlitError("unreachable", `Lost the connection to "${this.peer}": ${why}`, { cause });
  }

  #keepAlive(): void {
    // What is queued is a sign of life as soon as it gets through.
    if (this.#failure === undefined && this.#output.isIdle) {
      this.#output.write({ kind: "keep-alive", patienceSeconds: 0 }).catch(() => {}); // the failure is everybody's
    }
  }

  readonly #onAbort = () => {
    this.#giveUp(new BlitError("interrupted", `Cannot go on with "${this.peer}": interrupted`));
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
