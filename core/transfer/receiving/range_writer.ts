/**
 * A thread that helps a receiver with large files: it asks for ranges on a lane of its own and writes them.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { Directory, SinkFile } from "../../fs/types.ts";
import type { FileDataRecord, FileEndRecord, Lane, SourceRecord } from "../../wire/mod.ts";
import { closeQuietly } from "../files/kept_file.ts";
import type { RangeOrder, RangeOutcome, RangeReport } from "./range_messages.ts";

/** How often a helper shows that its thread is not stuck, in milliseconds. */
const ALIVE_MS = 1000;

/** A range that has been asked for. */
interface Pending {
  readonly order: RangeOrder;
  /** Where the next piece has to begin. */
  position: number;
  sink?: SinkFile;
  failure?: BlitError;
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
    this.#pending.set(order.id, { order, position: order.start });
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
        return this.#write(record);
      case "file-hole":
        return void this.#advance(record.request, record.offset, record.length);
      case "file-end":
        return this.#finish(record);
      default:
        throw new BlitError("protocol", `Cannot use "${record.kind}" on a lane for ranges`);
    }
  }

  #write({ request, offset, content }: FileDataRecord): void {
    const pending = this.#advance(request, offset, content.length);
    if (pending.failure !== undefined) return;
    try {
      pending.sink ??= this.#open(pending.order);
      pending.sink.writeAt(content, content.length, offset);
    } catch (error) {
      pending.failure = toBlitError(error);
    }
  }

  #advance(request: number, offset: number, length: number): Pending {
    const pending = this.#pending.get(request);
    if (pending === undefined || offset !== pending.position || offset + length > pending.order.end) {
      throw new BlitError("protocol", `Cannot take bytes ${offset} to ${offset + length}: nobody asked for them`);
    }
    pending.position += length;
    return pending;
  }

  #finish({ request, result, stat }: FileEndRecord): void {
    const pending = this.#pending.get(request);
    if (pending === undefined) throw new BlitError("protocol", `Cannot end range ${request}: nobody asked for it`);
    this.#pending.delete(request);
    this.#report({ type: "done", id: request, outcome: outcomeOf(pending, { result, stat }) });
  }

  #open({ directory: path, name }: RangeOrder): SinkFile {
    using directory = this.#root.openDirectory(path);
    return directory.openForUpdate(name);
  }
}

function outcomeOf(pending: Pending, { result, stat }: Pick<FileEndRecord, "result" | "stat">): RangeOutcome {
  const { order, position } = pending;
  try {
    pending.sink?.close();
  } catch (error) {
    pending.failure ??= toBlitError(error);
  }
  if (pending.failure !== undefined) {
    const { code, message } = pending.failure;
    return { kind: "failed", code, message };
  }
  if (result.kind === "failed") return result;
  const isWhole = result.kind === "whole" && position === order.end;
  return { kind: isWhole ? "whole" : "changed", stat };
}
