/**
 * A directory of a source on another machine, as far as it has been told: the directory itself, and the entries that came last.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, ListedBatch, SourceDirectory, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/mod.ts";
import type { Untrusted } from "./untrusted.ts";

/** What a directory itself is. */
export interface DirectoryMetadata {
  readonly stat: Stat;
  readonly attributes: Attributes | undefined;
}

/** An entry with its place in the listing, which one that was added later does not have. */
interface ListedEntry {
  readonly entry: WireEntry;
  readonly index: number | undefined;
}

/** Attributes that somebody needs for a while. */
interface HeldAttributes {
  readonly attributes: Attributes;
  holders: number;
}

/** Answers what an engine asks of a directory of the source, from memory. */
export class ReceivedDirectory implements SourceDirectory {
  #entries = new Map<ByteString, ListedEntry>();
  /** Of entries that are asked about while others come. */
  readonly #held = new Map<ByteString, HeldAttributes>();

  /** @param id what the source calls it; `undefined` once it has been given back */
  constructor(readonly metadata: DirectoryMetadata, readonly id: number | undefined) {}

  /** Takes in entries; those that were told before are forgotten. Returns their names, without those that are left out. */
  replaceEntries(
    first: number,
    entries: readonly WireEntry[],
    untrusted: Untrusted | undefined,
  ): Pick<Set<ByteString>, "has"> {
    this.#entries = new Map();
    for (let i = 0; i < entries.length; i++) {
      const told = entries[i];
      const entry = untrusted === undefined ? told : untrusted.entry(told);
      if (entry !== undefined) this.#entries.set(entry.name, { entry, index: first + i });
    }
    return this.#entries;
  }

  /** Adds one. */
  addEntry(entry: WireEntry): void {
    this.#entries.set(entry.name, { entry, index: undefined });
  }

  entry(name: ByteString): WireEntry | undefined {
    return this.#entries.get(name)?.entry;
  }

  /** Its place in the listing; `undefined` where it has none any more. */
  indexOf(name: ByteString): number | undefined {
    return this.#entries.get(name)?.index;
  }

  stat(): Stat {
    return this.metadata.stat;
  }

  statEntry(name: ByteString): Stat | undefined {
    return this.entry(name)?.stat;
  }

  *list(): Iterable<ListedBatch> {
    yield { names: [...this.#entries.keys()], damaged: [] };
  }

  readLink(name: ByteString): ByteString {
    const target = this.entry(name)?.target;
    if (target === undefined) throw unexpected("read a symbolic link");
    return target;
  }

  readAttributes(name: ByteString | undefined): Attributes | undefined {
    if (name === undefined) return this.metadata.attributes;
    return this.entry(name)?.attributes ?? this.#held.get(name)?.attributes;
  }

  /** Remembers the attributes of an entry until the last {@linkcode release}: without them it would seem to have none. */
  hold(name: ByteString, attributes: Attributes | undefined): void {
    if (attributes === undefined) return;
    const held = this.#held.get(name);
    if (held === undefined) this.#held.set(name, { attributes, holders: 1 });
    else held.holders++;
  }

  /** One less asks about the entry. */
  release(name: ByteString): void {
    const held = this.#held.get(name);
    if (held !== undefined && --held.holders === 0) this.#held.delete(name);
  }

  openDirectory(): never {
    throw unexpected("open a directory");
  }

  openFile(): never {
    throw unexpected("open a file");
  }

  removeFile(): void {
    throw unexpected("remove a file");
  }

  removeDirectory(): void {
    throw unexpected("remove a directory");
  }

  close(): void {}

  [Symbol.dispose](): void {}
}

function unexpected(action: string): BlitError {
  return new BlitError("internal", `Cannot ${action} of a source on another machine at once`);
}
