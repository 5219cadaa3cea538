/**
 * Everything that the source is asked about contents, in whichever way, and where its answers go.
 *
 * ```text
 * contents.ts         a file as a whole
 * ranged_contents.ts  a large one in ranges, on several lanes
 * resumptions.ts      blocks that differ from what is here
 * comparisons.ts      hashes of what is here, for files that are only compared
 * ```
 *
 * @module
 */

import type { Xxh128 } from "../../hash/xxh128.ts";
import type {
  FileDataRecord,
  FileDiffersRecord,
  FileEndRecord,
  FileHoleRecord,
  FileSameRecord,
  NeedRecord,
  ShardRecord,
} from "../../wire/mod.ts";
import type { Engine } from "../threads/engine.ts";
import { type ComparisonMode, Comparisons } from "./comparisons.ts";
import { Contents } from "./contents.ts";
import type { IncomingRanges } from "./incoming_ranges.ts";
import type { OnUse, Question } from "./question.ts";
import type { RangeLanes } from "./range_messages.ts";
import { RangedContents } from "./ranged_contents.ts";
import { Requests } from "./requests.ts";
import { Resumptions } from "./resumptions.ts";

/** Records that answer a request. */
export type AnswerRecord =
  | FileDataRecord
  | FileHoleRecord
  | FileEndRecord
  | ShardRecord
  | FileSameRecord
  | FileDiffersRecord;

/** What {@linkcode Inquiries} works with. */
export interface InquiriesOptions {
  readonly engine: Engine;
  readonly hash: Xxh128;
  /** Further lanes that may be had for large files. */
  readonly lanes: RangeLanes | undefined;
  readonly onUse: OnUse;
}

/** Questions of one lane. */
export class Inquiries {
  readonly #requests = new Requests();
  readonly #contents: Contents;
  readonly #comparisons: Comparisons;
  readonly #resumptions: Resumptions;
  readonly #ranged: RangedContents | undefined;

  constructor({ engine, hash, lanes, onUse }: InquiriesOptions) {
    const common = { engine, requests: this.#requests, hash, onUse };
    this.#contents = new Contents(engine, this.#requests, onUse);
    this.#comparisons = new Comparisons({ ...common, contents: this.#contents });
    this.#resumptions = new Resumptions({ ...common, contents: this.#contents });
    if (lanes !== undefined) {
      this.#ranged = new RangedContents({
        ...common,
        lanes,
        copy: (question) => this.copy(question),
      });
    }
  }

  /** Files that are not done. */
  get count(): number {
    return this.#contents.count + this.#comparisons.count + this.#resumptions.count + (this.#ranged?.count ?? 0);
  }

  /** Large files that helpers take part in, where there are helpers. */
  get ranges(): IncomingRanges | undefined {
    return this.#ranged?.ranges;
  }

  /** Asks for a file, in ranges where that is worth it. */
  copy(question: Question): void {
    if (this.#ranged?.accepts(question.entry)) this.#ranged.ask(question);
    else this.#contents.ask(question, { kind: "whole" });
  }

  /** Goes on with what is here of a file. */
  resume(question: Question, { isCompared }: { isCompared: boolean }): void {
    this.#resumptions.add(question, { isCompared });
  }

  /** Hashes what is here of a file when its turn comes, and asks by that. */
  compare(question: Question, mode: ComparisonMode): void {
    this.#comparisons.add(question, mode);
  }

  /** Takes in an answer. Throws "protocol" for one to nothing. */
  take(record: AnswerRecord): void {
    switch (record.kind) {
      case "file-data":
        return this.#askerOf(record.request).data(record);
      case "file-hole":
        return this.#askerOf(record.request).hole(record);
      case "file-end":
        return this.#askerOf(record.request).end(record);
      case "shard":
        return this.#contents.shard(record);
      case "file-same":
        return this.#contents.same(record.request);
      case "file-differs":
        return this.#contents.differs(record.request);
    }
  }

  /** What is to be sent now. */
  takeRecords(): NeedRecord[] {
    return this.#requests.takeRecords();
  }

  /** Whether files of the destination wait to be hashed, and nothing has to come first. */
  get canHash(): boolean {
    return this.#comparisons.count > 0 || this.#resumptions.canStep;
  }

  /** Hashes for a few milliseconds, and asks. They share a hasher, so each comparison is brought to its end. */
  hash(): void {
    if (this.#comparisons.count > 0) this.#comparisons.step();
    else this.#resumptions.step();
  }

  /**
   * Gives everything up.
   *
   * @param keep leave what a later run can go on with
   */
  abandon(keep: boolean): void {
    this.#comparisons.abandon();
    this.#contents.abandon(keep);
    this.#resumptions.abandon(keep);
    this.ranges?.abandon(keep);
  }

  #askerOf(request: number): Pick<Contents, "data" | "hole" | "end"> {
    if (this.#ranged?.has(request)) return this.#ranged;
    return this.#resumptions.has(request) ? this.#resumptions : this.#contents;
  }
}
