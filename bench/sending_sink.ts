/**
 * The other end of `sending.ts`: a worker that asks for everything, gives every directory back, and keeps nothing.
 *
 * @module
 */

import { dial, Lane, TcpCarrier } from "../core/wire/mod.ts";
import type { EntriesRecord, RequestMode, SourceRecord, WireRequest } from "../core/wire/records.ts";

/** What the worker is told. */
export interface SinkOrder {
  readonly port: number;
  /** What is wanted of every file; absent for nothing. */
  readonly mode?: RequestMode | undefined;
}

class DiscardingSink {
  readonly #open = new Map<number, number>();
  readonly #directoryOf = new Map<number, number>();
  readonly #ended = new Set<number>();
  #nextId = 0;
  #isListed = false;

  constructor(readonly lane: Lane<"sink">, readonly mode: RequestMode | undefined) {}

  async run(): Promise<void> {
    for (let record = await this.lane.read(); record !== undefined; record = await this.lane.read()) {
      await this.#handle(record);
      if (!this.#isListed || this.#directoryOf.size > 0) continue;
      this.#isListed = false;
      await this.lane.end();
    }
  }

  async #handle(record: SourceRecord): Promise<void> {
    switch (record.kind) {
      case "entries":
        return await this.#askForAll(record);
      case "shard":
        for (const { request } of record.files) await this.#answered(request);
        return;
      case "file-end":
      case "file-same":
      case "file-differs":
        return await this.#answered(record.request);
      case "directory-end":
        this.#ended.add(record.id);
        return await this.#settle(record.id);
      case "scan-end":
        this.#isListed = true;
    }
  }

  async #askForAll({ directory, first, entries }: EntriesRecord): Promise<void> {
    const { mode } = this;
    if (mode === undefined) return;
    const requests: WireRequest[] = [];
    for (let i = 0; i < entries.length; i++) {
      if (entries[i].stat.kind !== "file") continue;
      const id = this.#nextId++;
      this.#directoryOf.set(id, directory);
      requests.push({ id, target: { by: "entry", directory, index: first + i }, mode });
    }
    this.#open.set(directory, (this.#open.get(directory) ?? 0) + requests.length);
    await this.lane.write({ kind: "need", requests });
  }

  async #answered(request: number): Promise<void> {
    const directory = this.#directoryOf.get(request)!;
    this.#directoryOf.delete(request);
    this.#open.set(directory, this.#open.get(directory)! - 1);
    await this.#settle(directory);
  }

  async #settle(directory: number): Promise<void> {
    if (!this.#ended.has(directory) || this.#open.get(directory)) return;
    this.#ended.delete(directory);
    this.#open.delete(directory);
    await this.lane.write({ kind: "directory-done", id: directory, skipSubtree: false });
  }
}

addEventListener("message", async (event) => {
  const { port, mode } = (event as MessageEvent<SinkOrder>).data;
  using lane = new Lane(new TcpCarrier(await dial({ host: "127.0.0.1", port })), { role: "sink" });
  await new DiscardingSink(lane, mode).run();
});
