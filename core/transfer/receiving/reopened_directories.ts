/**
 * Directories that have been given back to the source and are asked about once more, for something that had to wait: names of a
 * hard-linked file, and what could not be put in its place before the deletions.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import { DirectoryPair } from "../directories/pair.ts";
import type { Engine } from "../threads/engine.ts";
import { AskedDirectory } from "./asked_directory.ts";
import type { OpenPairs } from "./open_pairs.ts";
import type { ReceivedDirectory } from "./received_directory.ts";

/** Each is open from its first question to the end of its last, once, however many there are. */
export class ReopenedDirectories {
  readonly #byPath = new Map<ByteString, AskedDirectory>();

  constructor(readonly engine: Engine, readonly open: OpenPairs) {}

  /**
   * The directory of a pair that is closed before the answers come.
   *
   * @param received what is known of the source's side
   */
  at({ path, state }: DirectoryPair, received: () => ReceivedDirectory): AskedDirectory {
    return this.#byPath.get(path) ?? this.#reopen(path, state, received());
  }

  #reopen(path: ByteString, state: DirectoryPair["state"], received: ReceivedDirectory): AskedDirectory {
    const now = state === "planned" ? "optional" : state === "absent" ? "absent" : "present";
    const pair = DirectoryPair.open(this.engine, path, now, received);
    this.open.use(pair);
    const directory = new AskedDirectory(pair, received, () => {
      if (directory.pending === 0) this.#finish(directory);
    });
    this.#byPath.set(path, directory);
    return directory;
  }

  #finish({ pair }: AskedDirectory): void {
    this.#byPath.delete(pair.path);
    if (pair.touched) this.engine.finalizeLater(pair.path);
    this.open.forget(pair);
    pair.close();
  }

  /** Closes those that will get no answer. */
  close(): void {
    for (const { pair } of this.#byPath.values()) pair.close();
    this.#byPath.clear();
  }
}
