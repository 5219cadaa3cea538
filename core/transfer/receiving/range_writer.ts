/**
 * A thread that helps a receiver with large files: it asks for ranges on a lane of its own and writes them.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { Directory, SinkFile } from "../../fs/types.ts";
import type { FileEndRecord, Lane, SourceRecord } from "../../wire/mod.ts";
import { closeQuietly } from "../files/kept_file.ts";
import { ArrivingRange } from "./arriving_range.ts";
import type { RangeOrder, RangeReport } from "./range_messages.ts";

/** How often a helper shows that its thread is not stuck, in milliseconds. */
const ALIVE_MS = 1000;

/** A range that has been asked for. */
interface Pending {
  readonly range: ArrivingRange;
  /** The file, once something had to be written. */
  sink?: SinkFile;
}

/** Options of {@linkcode RangeWriter}. */
export interface RangeWriterOptions {
  readonly lane: Lane<"sink">;
  /** The root of the destination; the writer closes it. */
  readonly root: Directory;
  readonly report: (report: RangeReport) => void;
}

/** Writes what it is ordered to, until it is told to end or its lane is lost. */
export class RangeWriter {
  readonly #lane: Lane<"sink">;
  readonly #root: Directory;
  readonly #report: (report: RangeReport) => void;
  readonly #pending = new Map<number, Pending>();
  #hasEnded = false;

  constructor({ lane, root, report }: RangeWriterOptions) {
    this.#lane = lane;
    this.#root = root;
    this.#report = report;
  }

  /** Asks for a range. */
  take(order: RangeOrder): void {
    const pending: Pending = {
      range: new ArrivingRange(order, (content, position) => {
        pending.sink ??= this.#open(order);
        pending.sink.writeAt(content, content.length, position);
      }),
    };
    this.#pending.set(order.id, pending);
    const { id, source, start, end } = order;
    const request = { id, target: { by: "path", path: source }, mode: { kind: "range", start, end } } as const;
    this.#lane.write({ kind: "need", requests: [request] }).catch(() => {}); // whoever reads is told
  }

  /** Nothing more will be asked for. */
  end(): void {
    this.#hasEnded = true;
    this.#lane.end().catch(() => {});
  }

  /** Nothing of what was asked for is wanted any more. */
  stop(): void {
    this.#lane.abort(new BlitError("interrupted", "Interrupted"));
  }

  /** Writes what comes. Resolves when both sides have ended; a lane that is lost is reported. Closes everything. */
  async run(): Promise<void> {
    const alive = setInterval(() => this.#report({ type: "alive" }), ALIVE_MS);
    try {
      for (let record = await this.#lane.read(); record !== undefined; record = await this.#lane.read()) {
        this.#take(record);
      }
    } catch (error) {
      this.#hasEnded = false;
      await this.#lane.abort(toBlitError(error));
    } finally {
      clearInterval(alive);
      for (const { sink } of this.#pending.values()) if (sink !== undefined) closeQuietly(sink);
      this.#lane.close();
      this.#root.close();
    }
    if (!this.#hasEnded) this.#report({ type: "lost" });
  }

  #take(record: SourceRecord): void {
    switch (record.kind) {
      case "file-data":
        return this.#pendingOf(record.request).range.write(record.offset, record.content);
      case "file-hole":
        return this.#pendingOf(record.request).range.skip(record.offset, record.length);
      case "file-end":
        return this.#finish(record);
      default:
        throw new BlitError("protocol", `Cannot use "${record.kind}" on a lane for ranges`);
    }
  }

  #finish({ request, result, stat }: FileEndRecord): void {
    const { range, sink } = this.#pendingOf(request);
    this.#pending.delete(request);
    range.attempt(() => sink?.close());
    this.#report({ type: "done", id: request, outcome: range.outcome(result, stat) });
  }

  #pendingOf(request: number): Pending {
    const pending = this.#pending.get(request);
    if (pending === undefined) throw new BlitError("protocol", `Cannot take range ${request}: nobody asked for it`);
    return pending;
  }

  #open({ directory: path, name }: RangeOrder): SinkFile {
    using directory = this.#root.openDirectory(path);
    return directory.openForUpdate(name);
  }
}
