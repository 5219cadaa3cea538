/**
 * A range of a large file that arrives on the receiver's own lane.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { FileResult, WireStat } from "../../wire/mod.ts";
import type { RangeOutcome } from "./range_messages.ts";
import { failedOutcome, type Range } from "./ranged_file.ts";

/** Writes pieces in order; after a failure further pieces are ignored. */
export class OwnRange {
  #position: number;
  #failure: RangeOutcome | undefined;

  constructor(readonly range: Range) {
    this.#position = range.start;
  }

  /** Writes a piece. Throws only what the peer is to blame for. */
  write(offset: number, content: Uint8Array): void {
    this.skip(offset, content.length);
    if (this.#failure !== undefined || this.range.file.isGivenUp) return;
    try {
      this.range.file.write(content, offset);
    } catch (error) {
      this.#failure = failedOutcome(error);
    }
  }

  /** Leaves a hole. */
  skip(offset: number, length: number): void {
    if (offset !== this.#position || offset + length > this.range.end) {
      throw new BlitError("protocol", `Cannot take bytes ${offset} to ${offset + length}: nobody asked for them`);
    }
    this.#position += length;
  }

  /** How it ended. */
  outcome(result: FileResult, stat: WireStat | undefined): RangeOutcome {
    if (this.#failure !== undefined) return this.#failure;
    if (result.kind === "failed") return result;
    const isWhole = result.kind === "whole" && this.#position === this.range.end;
    return { kind: isWhole ? "whole" : "changed", stat };
  }
}
