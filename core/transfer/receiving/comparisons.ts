/**
 * Files of the destination that wait to be hashed as a whole, so that the source can tell whether it has the same content.
 *
 * @module
 */

import type { Xxh128 } from "../../hash/xxh128.ts";
import type { Engine } from "../threads/engine.ts";
import type { Contents } from "./contents.ts";
import { hashFile } from "./hash_file.ts";
import { expectContent, fail, type OnUse, type Question } from "./question.ts";

/** What the source is asked with the hash: whether it has another content, or for the content unless it has the same. */
export type ComparisonMode = "compare-hash" | "unless-hash";

/** What {@linkcode Comparisons} works with. */
export interface ComparisonsOptions {
  readonly engine: Engine;
  /** Asks once a file is hashed. */
  readonly contents: Contents;
  readonly hash: Xxh128;
  readonly onUse: OnUse;
}

/** A file that waits. */
interface Comparison {
  readonly question: Question;
  readonly mode: ComparisonMode;
}

/** The file whose turn it is. */
interface Hashing extends Comparison {
  readonly steps: Generator<void, Uint8Array>;
}

/** All of a lane, hashed one after the other. */
export class Comparisons {
  readonly #options: ComparisonsOptions;
  readonly #waiting: Comparison[] = [];
  #current: Hashing | undefined;

  constructor(options: ComparisonsOptions) {
    this.#options = options;
  }

  /** Files that are not hashed. */
  get count(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  /** Has a file compared when it is its turn. */
  add(question: Question, mode: ComparisonMode): void {
    expectContent(this.#options.engine, question.entry);
    this.#waiting.push({ question, mode });
  }

  /** Hashes a part of a file: a few milliseconds of work. */
  step(): void {
    const { question, mode, steps } = this.#current ??= this.#begin(this.#waiting.shift()!);
    try {
      const { done, value } = steps.next();
      if (!done) return;
      this.#current = undefined;
      this.#options.contents.ask(question, { kind: mode, hash: value });
    } catch (error) {
      this.#current = undefined;
      fail(question, error);
    }
  }

  /** Closes what is open. */
  abandon(): void {
    this.#current?.steps.return(new Uint8Array());
    this.#current = undefined;
    this.#waiting.splice(0);
  }

  #begin(comparison: Comparison): Hashing {
    const { engine, hash, onUse } = this.#options;
    const { pair, entry } = comparison.question;
    onUse(pair);
    return { ...comparison, steps: hashFile(engine, pair, entry, hash) };
  }
}
