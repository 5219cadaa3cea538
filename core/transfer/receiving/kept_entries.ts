/**
 * What of a remote source has to be known at the end of a run: entries that had to wait, and directories that change once more
 * after they were finished. Memory grows with these only.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/mod.ts";
import { type DirectoryMetadata, ReceivedDirectory } from "./received_directory.ts";

/** Directories and entries by path. */
export class KeptEntries {
  readonly #directories = new Map<ByteString, DirectoryMetadata>();
  readonly #entries = new Map<ByteString, Map<ByteString, WireEntry>>();

  /** Keeps an entry of a directory. */
  add(path: ByteString, entry: WireEntry): void {
    const entries = this.#entries.get(path) ?? new Map<ByteString, WireEntry>();
    this.#entries.set(path, entries.set(entry.name, entry));
  }

  hasDirectory(path: ByteString): boolean {
    return this.#directories.has(path);
  }

  addDirectory(path: ByteString, metadata: DirectoryMetadata): void {
    this.#directories.set(path, metadata);
  }

  /**
   * A directory with what was kept of it.
   *
   * @param fallback asked for the metadata where none was kept
   */
  open(path: ByteString, fallback: () => DirectoryMetadata): ReceivedDirectory {
    const directory = new ReceivedDirectory(this.#directories.get(path) ?? fallback(), undefined);
    for (const entry of this.#entries.get(path)?.values() ?? []) directory.addEntry(entry);
    return directory;
  }
}
