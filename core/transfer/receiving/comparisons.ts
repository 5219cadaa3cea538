/**
 * Files of the destination that wait to be hashed as a whole, so that the source can tell whether it has the same content.
 *
 * @module
 */

import type { Xxh128 } from "../../hash/xxh128.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { Engine } from "../threads/engine.ts";
import { hashFile } from "./hash_file.ts";
import type { OnUse } from "./question.ts";

/** One of them, and what becomes of it. */
export interface Comparison {
  readonly pair: DirectoryPair;
  readonly entry: Entry;
  /** Called with its hash; or else {@linkcode Comparison.onFailed} with what went wrong. */
  readonly onHash: (hash: Uint8Array) => void;
  readonly onFailed: (error: unknown) => void;
}

/** All of a lane, hashed one after the other. */
export class Comparisons {
  readonly #waiting: Comparison[] = [];
  #current: { readonly comparison: Comparison; readonly steps: Generator<void, Uint8Array> } | undefined;

  constructor(readonly engine: Engine, readonly hash: Xxh128, readonly onUse: OnUse) {}

  /** Files that are not hashed. */
  get count(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  add(comparison: Comparison): void {
    this.#waiting.push(comparison);
  }

  /** Hashes a part of a file: a few milliseconds of work. */
  step(): void {
    const { comparison, steps } = this.#current ??= this.#begin(this.#waiting.shift()!);
    try {
      const { done, value } = steps.next();
      if (!done) return;
      this.#current = undefined;
      comparison.onHash(value);
    } catch (error) {
      this.#current = undefined;
      comparison.onFailed(error);
    }
  }

  /** Closes what is open. */
  abandon(): void {
    this.#current?.steps.return(new Uint8Array());
    this.#current = undefined;
    this.#waiting.splice(0);
  }

  #begin(comparison: Comparison): { comparison: Comparison; steps: Generator<void, Uint8Array> } {
    this.onUse(comparison.pair);
    return { comparison, steps: hashFile(this.engine, comparison.pair, comparison.entry, this.hash) };
  }
}
