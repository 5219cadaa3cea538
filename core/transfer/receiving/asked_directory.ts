/**
 * A directory in which contents are asked about: what must not be forgotten of it before the last answer.
 *
 * @module
 */

import { splitPath } from "../../paths/byte_path.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { RequestTarget } from "../../wire/mod.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { Question } from "./question.ts";
import type { ReceivedDirectory } from "./received_directory.ts";

/** Begins questions about entries of one directory, and knows how many have not come to their end. */
export class AskedDirectory {
  #pending = 0;

  /** @param onDone called at the end of each question */
  constructor(
    readonly pair: DirectoryPair,
    readonly received: ReceivedDirectory,
    readonly onDone: () => void,
  ) {}

  /** Questions without an end. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Begins to ask about an entry. Until the end of the question it counts, and the attributes of the entry stay known.
   *
   * @param from where the entry has been read, which may be closed before the end
   */
  ask(entry: Entry, from: DirectoryPair): Question {
    const { name } = entry;
    const attributes = from.source.readAttributes(name);
    this.#pending++;
    this.received.hold(name, attributes);
    return {
      pair: this.pair,
      entry,
      attributes,
      target: this.#targetOf(name),
      attempt: 1,
      onDone: () => {
        this.#pending--;
        this.received.release(name);
        this.onDone();
      },
    };
  }

  /** By its path where it has no place in a listing that the source still knows. */
  #targetOf(name: ByteString): RequestTarget {
    const { id } = this.received;
    const index = this.received.indexOf(name);
    if (id === undefined || index === undefined) return { by: "path", path: splitPath(this.pair.pathOf(name)) };
    return { by: "entry", directory: id, index };
  }
}
