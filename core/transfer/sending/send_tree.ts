/**
 * The source's end of one lane.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { EntryKind } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { ConfirmedRecord, SinkRecord, SourceRecord } from "../../wire/records.ts";
import { Answers } from "./answers.ts";
import { BATCH_ENTRIES, SHARD_BYTES } from "./bounds.ts";
import { DirectoryHandles } from "./handles.ts";
import { ListedDirectories, protocolError } from "./listed_directories.ts";
import { Lister } from "./lister.ts";
import { Outlet, type SendTotals, zeroSendTotals } from "./outlet.ts";
import { ConfirmedRemovals } from "./remove_confirmed.ts";
import { RequestQueue } from "./request_queue.ts";
import { LocalShare, type SourceShare, type SourceShareSeat } from "./share.ts";
import { SourceTree, type TreeOptions } from "./tree.ts";

/** What {@linkcode sendTree} needs of a lane; a `Lane` of the role "source" has it. */
export interface SourceLane {
  read(): Promise<SinkRecord | undefined>;
  write(record: SourceRecord): Promise<void>;
  end(): Promise<void>;
  abort(error: BlitError): Promise<void>;
}

/** Options of {@linkcode sendTree}. */
export interface SendOptions extends TreeOptions {
  /** What this lane shares with the others of its session. @default {a share of its own, for a session of one lane} */
  readonly share?: SourceShare;
  /** The transfer is a move: what the sink confirms is removed. @default {undefined} */
  readonly move?: MoveOptions;
  /** Entries that may be listed and not given back. @default {32768} */
  readonly windowEntries?: number;
  /** The lane lists nothing: it answers requests by path, for files that other lanes have told. @default {false} */
  readonly answersOnly?: boolean;
  /** Is kept up to date while the lane works. */
  readonly progress?: SendTotals;
  /** Ends the lane: the sink is told "interrupted". */
  readonly signal?: AbortSignal;
}

/** Options of a move. */
export interface MoveOptions {
  /** When the run began, in seconds since 1970 by the clock of the source. @default {now} */
  readonly startedSeconds?: number;
  /** Called for each entry that has been removed. */
  readonly onRemoved?: (path: ByteString, kind: EntryKind) => void;
}

/**
 * Lists a tree to the sink at the other end of a lane and answers its requests, until both sides have ended. Everything that was
 * opened is closed when it returns, except the lane, which is its owner's to close.
 *
 * @returns what was sent on this lane
 * @throws {BlitError} when the root cannot be read, when the sink breaks the protocol, when the lane fails, and "interrupted" when
 *   the signal is raised. The sink is told the reason first, within the lane's bounds of time.
 */
export async function sendTree(lane: SourceLane, options: SendOptions): Promise<SendTotals> {
  const { signal } = options;
  const interrupt = () => void lane.abort(new BlitError("interrupted", "Cannot go on sending: interrupted"));
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    if (signal?.aborted) throw new BlitError("interrupted", "Cannot start sending: interrupted");
    using sender = new Sender(lane, options);
    return await sender.run();
  } catch (error) {
    const reason = toBlitError(error);
    await lane.abort(reason);
    throw reason;
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}

/** One lane at work: one task reads what the sink says, another one lists and answers. */
class Sender {
  readonly #lane: SourceLane;
  readonly #tree: SourceTree;
  readonly #share: SourceShare;
  readonly #seat: SourceShareSeat;
  readonly #outlet: Outlet;
  readonly #directories: ListedDirectories;
  readonly #handles: DirectoryHandles;
  readonly #requests: RequestQueue;
  readonly #answers: Answers;
  readonly #lister: Lister;
  readonly #removals: ConfirmedRemovals | undefined;
  /** Everything was listed, or nothing will be. */
  #scanEnded: boolean;
  /** Requests since the listing had a turn, and the content after which it gets one. */
  #answered = 0;
  #dueBytes = SHARD_BYTES;
  /** The sink has ended, or reading has failed. */
  #isOver = false;
  #isNotified = false;
  #wake: (() => void) | undefined;

  constructor(lane: SourceLane, options: SendOptions) {
    const { share = new LocalShare(), move, progress = zeroSendTotals(), windowEntries } = options;
    this.#lane = lane;
    this.#scanEnded = options.answersOnly ?? false;
    this.#tree = new SourceTree(options);
    this.#share = share;
    this.#seat = share.join(() => this.#notify());
    this.#outlet = new Outlet(lane, progress);
    this.#handles = new DirectoryHandles(this.#tree.root);
    this.#directories = new ListedDirectories(windowEntries);
    this.#requests = new RequestQueue(this.#directories);
    const common = { tree: this.#tree, handles: this.#handles };
    this.#answers = new Answers({ ...common, outlet: this.#outlet });
    this.#lister = new Lister({ ...common, directories: this.#directories, seat: this.#seat });
    if (move === undefined) return;
    const { startedSeconds = Date.now() / 1000, onRemoved } = move;
    this.#removals = new ConfirmedRemovals({ ...common, startedSeconds, onRemoved });
  }

  async run(): Promise<SendTotals> {
    const results = await Promise.allSettled([this.#endBoth(this.#read()), this.#endBoth(this.#work())]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    await this.#removeRest();
    await this.#lane.end();
    return this.#outlet.totals;
  }

  [Symbol.dispose](): void {
    this.#outlet.rest();
    this.#lister.close();
    this.#seat.leave();
    this.#handles.close();
    this.#tree.close();
  }

  /** When one of the two tasks fails the other one must not wait for it. */
  async #endBoth(task: Promise<void>): Promise<void> {
    try {
      await task;
    } catch (error) {
      this.#isOver = true;
      this.#notify();
      await this.#lane.abort(toBlitError(error));
      throw error;
    }
  }

  async #read(): Promise<void> {
    for (let record = await this.#lane.read(); record !== undefined; record = await this.#lane.read()) {
      await this.#handle(record);
      this.#notify();
    }
    if (!this.#scanEnded) throw protocolError("it has ended before everything was listed");
    if (this.#requests.unanswered > 0) throw protocolError("it has ended without waiting for its answers");
    this.#isOver = true;
    this.#notify();
  }

  #handle(record: SinkRecord): Promise<void> | void {
    switch (record.kind) {
      case "need":
        return this.#requests.add(record.requests);
      case "directory-done":
        return this.#handles.drop(this.#directories.giveBack(record.id, record.skipSubtree).path);
      case "credit":
        return this.#directories.addCredit(record.entries);
      case "confirmed":
        return this.#removeConfirmed(record);
    }
  }

  /** Answers go first; listing goes on when nothing is asked for, and in between when little is listed ahead. */
  async #work(): Promise<void> {
    while (!this.#isOver) {
      const request = this.#requests.take();
      if (request === undefined) {
        this.#answers.flush();
        if (!await this.#list()) await this.#pause();
      } else {
        const answer = this.#answers.answer(request);
        if (answer !== undefined) await answer;
        this.#requests.answered(request);
        if (this.#isListingDue() && this.#directories.isHungry) await this.#list();
      }
      if (this.#outlet.isTired) await this.#outlet.breathe();
    }
  }

  /** Whether so much was answered that the listing gets a turn. */
  #isListingDue(): boolean {
    const { contentBytes } = this.#outlet.totals;
    if (++this.#answered < BATCH_ENTRIES && contentBytes < this.#dueBytes) return false;
    this.#answered = 0;
    this.#dueBytes = contentBytes + SHARD_BYTES;
    return true;
  }

  /** Sends one record of the listing, or waits for its names; `false` when there is none at the moment. */
  async #list(): Promise<boolean> {
    const record = this.#scanEnded ? undefined : this.#lister.next() ?? this.#endScan();
    if (record === undefined) return false;
    if (record instanceof Promise) await record;
    else await this.#outlet.send(record);
    if (this.#share.isWanted) this.#lister.handOver();
    return true;
  }

  #endScan(): SourceRecord | undefined {
    if (!this.#share.isListed) return undefined;
    this.#scanEnded = true;
    return { kind: "scan-end", ...this.#share.totals };
  }

  /** Something has happened that a waiting lane wants to look at. */
  #notify(): void {
    this.#isNotified = true;
    this.#wake?.();
  }

  /** Waits until the sink, or another lane, has something for us; not at all when it came since the last wait. */
  async #pause(): Promise<void> {
    if (!this.#isNotified) {
      this.#outlet.rest();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#isNotified = false;
    this.#wake = undefined;
  }

  async #removeConfirmed(record: ConfirmedRecord): Promise<void> {
    if (this.#removals === undefined) throw protocolError("it confirms entries, and this is no move");
    if (!this.#scanEnded) throw protocolError("it confirms entries before everything was listed");
    await this.#sendFailures(this.#removals.remove(record));
  }

  async #removeRest(): Promise<void> {
    if (this.#removals !== undefined) await this.#sendFailures(this.#removals.finish());
  }

  async #sendFailures(failures: Generator<SourceRecord | undefined>): Promise<void> {
    for (const failure of failures) {
      this.#outlet.totals.removed = this.#removals!.removed;
      if (failure !== undefined) await this.#outlet.send(failure);
      await this.#outlet.breathe();
    }
  }
}
