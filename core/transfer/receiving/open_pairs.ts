/**
 * Directories of the destination that are open: contents come in the order of the requests, so few are in use.
 *
 * @module
 */

import type { DirectoryPair } from "../directories/pair.ts";

const MOST_OPEN = 64;

/** Keeps few directories open: the one that was used longest ago gives its handle back. */
export class OpenPairs {
  /** The one used last at the end. */
  readonly #pairs = new Set<DirectoryPair>();
  #last: DirectoryPair | undefined;

  /** It is about to be used. */
  use(pair: DirectoryPair): void {
    if (pair === this.#last) return;
    this.#last = pair;
    this.#pairs.delete(pair);
    this.#pairs.add(pair);
    if (this.#pairs.size <= MOST_OPEN) return;
    const [oldest] = this.#pairs;
    this.#pairs.delete(oldest);
    oldest.suspend();
  }

  /** It is closed. */
  forget(pair: DirectoryPair): void {
    this.#pairs.delete(pair);
    if (pair === this.#last) this.#last = undefined;
  }
}
