/**
 * Directories kept open for requests.
 *
 * @module
 */

import type { Directory } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { MOST_HANDLES } from "./bounds.ts";

/** Open directories by path, the least recently used first. */
export class DirectoryHandles {
  readonly #open = new Map<ByteString, Directory>();

  constructor(readonly root: Directory, readonly most: number = MOST_HANDLES) {}

  /** Directories that are open now, the root apart. */
  get size(): number {
    return this.#open.size;
  }

  /** A directory, opened where necessary. It is open until the next call. */
  use(path: ByteString): Directory {
    if (path === "") return this.root;
    const open = this.#open.get(path);
    if (open === undefined) {
      const directory = this.root.openDirectory(path);
      this.keep(path, directory);
      return directory;
    }
    this.#open.delete(path);
    this.#open.set(path, open);
    return open;
  }

  /** Takes over an open directory that is likely to be asked about. */
  keep(path: ByteString, directory: Directory): void {
    if (path === "" || this.#open.has(path)) return directory.close();
    this.#open.set(path, directory);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= this.most) return;
      this.drop(oldest);
    }
  }

  /** Closes a directory that will not be asked about any more. */
  drop(path: ByteString): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }

  /** Closes all but the root. */
  close(): void {
    for (const directory of this.#open.values()) directory.close();
    this.#open.clear();
  }
}
