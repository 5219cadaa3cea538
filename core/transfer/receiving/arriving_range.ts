/**
 * A range of a large file that is on its way.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { FileResult, WireStat } from "../../wire/mod.ts";
import type { RangeOutcome } from "./range_messages.ts";

/** What is written, and where in the file. */
export type WritePiece = (content: Uint8Array, position: number) => void;

/** Takes pieces and holes in order; after a failure to write, further pieces are ignored. */
export class ArrivingRange {
  readonly #end: number;
  readonly #write: WritePiece;
  /** Where the next piece has to begin. */
  #position: number;
  #failure: BlitError | undefined;

  constructor({ start, end }: { readonly start: number; readonly end: number }, write: WritePiece) {
    this.#position = start;
    this.#end = end;
    this.#write = write;
  }

  /** Writes a piece. Throws only what the peer is to blame for. */
  write(offset: number, content: Uint8Array): void {
    this.skip(offset, content.length);
    if (this.#failure === undefined) this.attempt(() => this.#write(content, offset));
  }

  /** Leaves a hole. Throws only what the peer is to blame for. */
  skip(offset: number, length: number): void {
    if (offset !== this.#position || offset + length > this.#end) {
      throw new BlitError("protocol", `Cannot take bytes ${offset} to ${offset + length}: nobody asked for them`);
    }
    this.#position += length;
  }

  /** Does what the range cannot be whole without. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failure ??= toBlitError(error);
    }
  }

  /** How it ended. */
  outcome(result: FileResult, stat: WireStat | undefined): RangeOutcome {
    if (this.#failure !== undefined) {
      return { kind: "failed", code: this.#failure.code, message: this.#failure.message };
    }
    if (result.kind === "failed") return result;
    const isWhole = result.kind === "whole" && this.#position === this.#end;
    return { kind: isWhole ? "whole" : "changed", stat };
  }
}
