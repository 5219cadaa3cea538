/**
 * A large file that arrives in ranges, on several lanes at once.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { isUntouched } from "../../plan/compare.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { NewFile } from "../files/new_file.ts";
import { countCopied } from "../files/place_file.ts";
import type { RangeOutcome } from "./range_messages.ts";

/** Bytes of a range: about 20 ms of work, so that lanes end together. */
const RANGE_BYTES = 32 * 1024 * 1024;
/** Most ranges of one file; a larger file gets larger ranges. */
const MOST_RANGES = 4096;

/** How a file ended. */
export type RangedEnd =
  | { readonly kind: "whole" }
  | { readonly kind: "changed"; readonly stat: Stat | undefined }
  | { readonly kind: "failed"; readonly error: unknown };

/** A part of a ranged file. */
export interface Range {
  readonly file: RangedFile;
  readonly start: number;
  readonly end: number;
}

/** Created with its final size under a temporary name; {@linkcode RangedFile.finish} it when it ended whole, else abandon it. */
export class RangedFile {
  readonly #file: NewFile;
  /** Ranges that are not done, those that have not been asked for among them. */
  #left: number;
  /** Ranges that are done. */
  #settled = 0;
  #end: RangedEnd = { kind: "whole" };

  /** @throws {BlitError} when it cannot be created, or the disk has no room for it */
  constructor(readonly pair: DirectoryPair, readonly entry: Entry, attributes: Attributes | undefined) {
    const { size, allocatedBytes } = entry.source;
    this.#left = Math.ceil(size / rangeBytes(size));
    this.#file = NewFile.createAside(pair, entry, attributes);
    try {
      if (allocatedBytes >= size) this.#file.sink.reserve(size);
      this.#file.sink.truncate(size);
    } catch (error) {
      this.abandon();
      throw this.#file.explain(error);
    }
  }

  /** Its name while it is unfinished. */
  get temporary(): ByteString {
    return this.#file.name;
  }

  /** Whether nothing more of it is worth asking for. */
  get isGivenUp(): boolean {
    return this.#end.kind !== "whole";
  }

  /** Its ranges, in order. */
  *ranges(): Generator<Range> {
    const { size } = this.entry.source;
    const step = rangeBytes(size);
    for (let start = 0; start < size; start += step) yield { file: this, start, end: Math.min(size, start + step) };
  }

  /** Writes a piece that came on the receiver's own lane. */
  write(content: Uint8Array, position: number): void {
    this.#file.sink.writeAt(content, content.length, position);
  }

  /** A range is done, or will not be asked for. Returns how the file ended, once all are. */
  settle(outcome: RangeOutcome | undefined): RangedEnd | undefined {
    if (outcome !== undefined && !this.isGivenUp) this.#end = this.#judge(outcome);
    this.#settled++;
    return --this.#left === 0 ? this.#end : undefined;
  }

  /** Puts it in its place. */
  finish(): void {
    const { pair, entry } = this;
    try {
      this.#file.place();
    } catch (error) {
      this.abandon();
      throw this.#file.explain(error);
    }
    countCopied(pair.engine, pair, entry, entry.source.size);
  }

  /**
   * Removes what there is of it, unless it is in its place.
   *
   * @param keep leave it to a later run, which compares block by block and does not mind the gaps
   */
  abandon(keep = false): void {
    this.#file.abandon(keep && this.#settled > 0);
  }

  /** Each range is read from the file as it is at that moment: only if that is the one that was told they fit together. */
  #judge(outcome: RangeOutcome): RangedEnd {
    if (outcome.kind === "failed") {
      return { kind: "failed", error: this.#file.explain(new BlitError(outcome.code, outcome.message)) };
    }
    const { stat } = outcome;
    const isSame = outcome.kind === "whole" && stat !== undefined && isUntouched(this.entry.source, stat);
    return isSame ? { kind: "whole" } : { kind: "changed", stat };
  }
}

function rangeBytes(size: number): number {
  return Math.max(RANGE_BYTES, Math.ceil(size / MOST_RANGES));
}
