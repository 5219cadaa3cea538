/**
 * Large files that were asked for in ranges: which, and what becomes of the answers on the receiver's own lane.
 *
 * @module
 */

import { splitPath } from "../../paths/byte_path.ts";
import type { FileDataRecord, FileEndRecord, FileHoleRecord } from "../../wire/mod.ts";
import type { Entry } from "../entries/entry.ts";
import { sourceChanged } from "../files/place_file.ts";
import type { Engine } from "../threads/engine.ts";
import { ArrivingRange } from "./arriving_range.ts";
import { IncomingRanges } from "./incoming_ranges.ts";
import { askAgain, conclude, expectContent, fail, type OnUse, type Question } from "./question.ts";
import type { RangeLanes } from "./range_messages.ts";
import { type Range, type RangedEnd, RangedFile } from "./ranged_file.ts";
import type { Requests } from "./requests.ts";

/** What {@linkcode RangedContents} works with. */
export interface RangedContentsOptions {
  readonly engine: Engine;
  readonly requests: Requests;
  readonly onUse: OnUse;
  readonly lanes: RangeLanes;
  /** Asks for a file that has changed, in whichever way fits what it is now. */
  readonly copy: (question: Question) => void;
}

/** Large files that are under way at once; each has a file open, and its space reserved. */
const MOST_FILES = 4;

/** Answers to requests for ranges, by request id. */
export class RangedContents {
  readonly #options: RangedContentsOptions;
  readonly #own = new Map<number, { readonly range: Range; readonly arriving: ArrivingRange }>();
  /** Files whose turn has not come. */
  readonly #waiting: Question[] = [];
  /** Which lane gets which range. */
  readonly ranges: IncomingRanges;

  constructor(options: RangedContentsOptions) {
    this.#options = options;
    const { engine, lanes } = options;
    this.ranges = new IncomingRanges({ engine, lanes, ask: (range) => this.#askHere(range) });
  }

  /** Files that are not done. */
  get count(): number {
    return this.ranges.count + this.#waiting.length;
  }

  /** Whether a file is better asked for in ranges. */
  accepts(entry: Entry): boolean {
    return this.ranges.accepts(entry);
  }

  /** Whether a request is one of these. */
  has(request: number): boolean {
    return this.#own.has(request);
  }

  /** Asks, when there is room for one more. */
  ask(question: Question): void {
    expectContent(this.#options.engine, question.entry);
    this.#waiting.push(question);
    this.#beginWaiting();
  }

  #beginWaiting(): void {
    while (this.#waiting.length > 0 && this.ranges.count < MOST_FILES) this.#begin(this.#waiting.shift()!);
  }

  #begin(question: Question): void {
    const { pair, entry, attributes } = question;
    const { onUse } = this.#options;
    let file: RangedFile;
    try {
      onUse(pair);
      file = new RangedFile(pair, entry, attributes);
    } catch (error) {
      return fail(question, error);
    }
    this.ranges.begin(file, (end) => this.#end(question, file, end));
  }

  data({ request, offset, content }: FileDataRecord): void {
    this.#own.get(request)!.arriving.write(offset, content);
  }

  hole({ request, offset, length }: FileHoleRecord): void {
    this.#own.get(request)!.arriving.skip(offset, length);
  }

  /** The answer is complete. */
  end({ request, result, stat }: FileEndRecord): void {
    const { range, arriving } = this.#own.get(request)!;
    this.#own.delete(request);
    this.ranges.settleOwn(range, arriving.outcome(result, stat));
  }

  #askHere(range: Range): void {
    const { file, start, end } = range;
    const { pair, entry } = file;
    const target = { by: "path", path: splitPath(pair.pathOf(entry.name)) } as const;
    const arriving = new ArrivingRange(range, (content, position) => {
      if (!file.isGivenUp) file.write(content, position);
    });
    this.#own.set(this.#options.requests.add(target, { kind: "range", start, end }), { range, arriving });
  }

  #end(question: Question, file: RangedFile, end: RangedEnd): void {
    this.#conclude(question, file, end);
    this.#beginWaiting();
  }

  #conclude(question: Question, file: RangedFile, end: RangedEnd): void {
    const { engine, onUse, copy } = this.#options;
    const { pair, entry } = question;
    engine.at(entry.name);
    if (end.kind === "whole") return conclude(question, { onUse, run: () => file.finish(), onAgain: copy });
    onUse(pair);
    file.abandon();
    const again = end.kind === "changed" ? askAgain(question, end.stat) : undefined;
    if (again !== undefined) return copy(again);
    fail(question, end.kind === "failed" ? end.error : sourceChanged(engine, pair.pathOf(entry.name)));
  }
}
