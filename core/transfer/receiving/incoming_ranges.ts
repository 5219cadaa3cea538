/**
 * Large files that arrive in ranges: which lane gets which range.
 *
 * The receiver's own lane takes part; further lanes belong to helpers, which ask and write by themselves and report here.
 * Nothing is divided beforehand: whoever is done with a range gets the next, so a slow lane does less.
 *
 * @module
 */

import { splitPath } from "../../paths/byte_path.ts";
import type { Entry } from "../entries/entry.ts";
import type { Engine } from "../threads/engine.ts";
import type { RangeLanes, RangeOutcome, RangePort, RangeReport } from "./range_messages.ts";
import type { Range, RangedEnd, RangedFile } from "./ranged_file.ts";

/** Files of at least this size come in ranges: below, a further lane costs more than it gains. */
export const RANGED_BYTES = 64 * 1024 * 1024;
/** Bytes that have to wait for each further lane that is wished for. */
const BYTES_PER_LANE = 128 * 1024 * 1024;
/** Ranges that each lane has been asked for: one on its way, and one behind it for the time of a round trip. */
const RANGES_PER_LANE = 2;
/** A helper that works and has said nothing for so long is stuck, in milliseconds; it says something every second. */
const SILENT_MS = 5000;
/** How long helpers may take to give up what they are doing, in milliseconds. */
const STOP_MS = 2000;

/** A file under way, and who is told of its end. */
interface Job {
  readonly file: RangedFile;
  readonly onEnd: (end: RangedEnd) => void;
}

interface Helper {
  readonly port: RangePort;
  readonly ranges: Map<number, Range>;
  isReady: boolean;
  /** It has not said that its lane is gone, and everything closed. */
  isWriting: boolean;
  lastSign: number;
}

/** Options of {@linkcode IncomingRanges}. */
export interface IncomingRangesOptions {
  readonly engine: Engine;
  readonly lanes: RangeLanes;
  /** Asks for a range on the receiver's own lane. */
  readonly ask: (range: Range) => void;
}

/** Large files of one receiver. */
export class IncomingRanges {
  readonly #options: IncomingRangesOptions;
  readonly #jobs = new Map<RangedFile, Job>();
  readonly #waiting: Range[] = [];
  #waitingBytes = 0;
  readonly #helpers = new Set<Helper>();
  #wished = 0;
  /** Ranges on the receiver's own lane. */
  #own = 0;
  #lastId = 0;
  /** What helpers have said since it was last looked at. */
  #news: (() => void)[] = [];
  #onNews: () => void = () => {};

  constructor(options: IncomingRangesOptions) {
    this.#options = options;
    options.lanes.listen((port) => this.#addHelper(port));
  }

  /** Whether a file comes in ranges. What is mostly holes is no work to divide. */
  accepts({ source: { size, allocatedBytes } }: Entry): boolean {
    return Math.min(size, allocatedBytes) >= RANGED_BYTES && this.#options.lanes.most() > 0;
  }

  /** Files that are not done. */
  get count(): number {
    return this.#jobs.size;
  }

  /** Whether a helper with work has shown no sign of life for a while. */
  get isStuck(): boolean {
    const latest = performance.now() - SILENT_MS;
    return [...this.#helpers].some(({ ranges, lastSign }) => ranges.size > 0 && lastSign < latest);
  }

  /** Begins to fetch a file. `onEnd` is called once, from here or from {@linkcode catchUp}. */
  begin(file: RangedFile, onEnd: (end: RangedEnd) => void): void {
    this.#jobs.set(file, { file, onEnd });
    for (const range of file.ranges()) this.#wait(range);
    this.#wish();
    this.#assign();
  }

  /** A range on the receiver's own lane is done. */
  settleOwn(range: Range, outcome: RangeOutcome): void {
    this.#own--;
    this.#settle(range, outcome);
    this.#assign();
  }

  /** Whether {@linkcode catchUp} has something to do. */
  get hasNews(): boolean {
    return this.#news.length > 0;
  }

  /** Has somebody told whenever helpers have said something. */
  listen(onNews: () => void): void {
    this.#onNews = onNews;
  }

  /** Takes in what helpers have said. */
  catchUp(): void {
    for (const report of this.#news.splice(0)) report();
    this.#assign();
  }

  /** Nothing more will be asked for: helpers end their lanes, and themselves. */
  end(): void {
    for (const { port } of this.#helpers) port.post({ type: "end" });
    this.#helpers.clear();
  }

  /** Has helpers give up what they are doing, and waits a moment until they have: then they write no more. */
  async stop(): Promise<void> {
    const busy = [...this.#helpers].filter(({ ranges }) => ranges.size > 0);
    for (const { port } of busy) port.post({ type: "stop" });
    const deadlineMs = performance.now() + STOP_MS;
    while (busy.some(({ isWriting }) => isWriting) && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /**
   * Ends the helpers at once and gives up what is unfinished.
   *
   * @param keep leave what a later run can go on with
   */
  abandon(keep: boolean): void {
    // What somebody may still write to is nothing to go on with.
    const touched = new Set<RangedFile>();
    for (const { port, ranges, isWriting } of this.#helpers) {
      port.close();
      if (isWriting) { for (const { file } of ranges.values()) touched.add(file); }
    }
    this.#helpers.clear();
    for (const { file } of this.#jobs.values()) file.abandon(keep && !touched.has(file));
    this.#jobs.clear();
    this.#waiting.length = 0;
  }

  #wait(range: Range): void {
    this.#waiting.push(range);
    this.#waitingBytes += range.end - range.start;
  }

  #addHelper(port: RangePort): void {
    const helper: Helper = { port, ranges: new Map(), isReady: false, isWriting: true, lastSign: performance.now() };
    this.#helpers.add(helper);
    const { destination, module, fileSystem } = this.#options.engine.job;
    // A run that writes has a destination.
    port.post({ type: "begin", target: { destination: destination!, beneath: module?.beneath, fileSystem } });
    port.listen((report) => this.#hear(helper, report));
  }

  #hear(helper: Helper, report: RangeReport): void {
    helper.lastSign = performance.now();
    if (report.type === "alive") return;
    if (report.type === "lost") helper.isWriting = false;
    this.#news.push(() => this.#take(helper, report));
    this.#onNews();
  }

  #take(helper: Helper, report: RangeReport): void {
    switch (report.type) {
      case "ready":
        helper.isReady = true;
        return;
      case "done": {
        const range = helper.ranges.get(report.id);
        if (range === undefined) return;
        helper.ranges.delete(report.id);
        return this.#settle(range, report.outcome);
      }
      case "lost":
        // A helper may notice it in two places, and say so in each.
        if (!this.#helpers.delete(helper)) return;
        this.#wished--;
        // What it did not finish is done by the others, from the beginning.
        for (const range of helper.ranges.values()) this.#wait(range);
        helper.ranges.clear();
        helper.port.close();
    }
  }

  #settle(range: Range, outcome: RangeOutcome | undefined): void {
    const { file } = range;
    const end = file.settle(outcome);
    if (end === undefined) return;
    const job = this.#jobs.get(file)!;
    this.#jobs.delete(file);
    job.onEnd(end);
  }

  /** Hands out ranges as long as a lane has room. */
  #assign(): void {
    for (;;) {
      const lane = this.#freeLane();
      if (lane === undefined) return;
      const range = this.#waiting.shift();
      if (range === undefined) return;
      this.#waitingBytes -= range.end - range.start;
      if (range.file.isGivenUp) this.#settle(range, undefined);
      else if (lane === "own") this.#askHere(range);
      else this.#order(lane, range);
    }
  }

  #freeLane(): Helper | "own" | undefined {
    const free = [...this.#helpers]
      .filter(({ isReady, ranges }) => isReady && ranges.size < RANGES_PER_LANE)
      .sort((a, b) => a.ranges.size - b.ranges.size)[0];
    if (this.#own < RANGES_PER_LANE && (free === undefined || this.#own <= free.ranges.size)) return "own";
    return free;
  }

  #askHere(range: Range): void {
    this.#own++;
    this.#options.ask(range);
  }

  #order({ port, ranges }: Helper, range: Range): void {
    const id = ++this.#lastId;
    ranges.set(id, range);
    const { file: { pair, entry, temporary }, start, end } = range;
    const source = splitPath(pair.pathOf(entry.name));
    port.post({ type: "range", order: { id, source, directory: pair.path, name: temporary, start, end } });
  }

  /** A further lane for each part of what waits. */
  #wish(): void {
    const { lanes } = this.#options;
    const worthwhile = Math.min(lanes.most(), Math.floor(this.#waitingBytes / BYTES_PER_LANE));
    for (; this.#wished < worthwhile; this.#wished++) lanes.wish();
  }
}
