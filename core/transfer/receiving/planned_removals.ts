/**
 * What a move would remove from a source on another machine, for its dry run. Keeps the names of everything that takes part until
 * the end, since only then it is known what stays.
 *
 * @module
 */

import type { EntryKind } from "../../fs/types.ts";
import { asByteString, type ByteString, joinBytes } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/mod.ts";

interface PlannedDirectory {
  readonly names: Map<ByteString, { readonly kind: EntryKind; readonly walkedOnly: boolean }>;
  /** Something in it takes no part, so that it will not be empty. */
  keepsSomething: boolean;
}

/** Collects entries as they are told. */
export class PlannedRemovals {
  readonly #directories = new Map<ByteString, PlannedDirectory>();

  /** Takes in entries of a directory. */
  add(path: ByteString, entries: readonly WireEntry[]): void {
    const directory = this.#directoryAt(path);
    for (const { name, stat: { kind }, filtered, walkedOnly } of entries) {
      if (filtered || kind === "socket" || kind === "unknown") directory.keepsSomething = true;
      else directory.names.set(name, { kind, walkedOnly });
    }
  }

  /** Not everything in a directory was told. */
  keep(path: ByteString): void {
    this.#directoryAt(path).keepsSomething = true;
  }

  /**
   * What would go, contents before their directory.
   *
   * @param except paths that stay, with everything below
   * @param report called for each entry
   */
  report(except: ReadonlySet<ByteString>, report: (path: ByteString, kind: EntryKind) => void): void {
    this.#empty(asByteString(""), except, report);
  }

  /** Returns whether nothing is left in the directory. */
  #empty(
    path: ByteString,
    except: ReadonlySet<ByteString>,
    report: (path: ByteString, kind: EntryKind) => void,
  ): boolean {
    const { names, keepsSomething } = this.#directoryAt(path);
    let nothingLeft = !keepsSomething;
    for (const [name, { kind, walkedOnly }] of names) {
      const entryPath = joinBytes(path, name);
      const stays = except.has(entryPath) ||
        (kind === "directory" && (!this.#empty(entryPath, except, report) || walkedOnly));
      if (stays) nothingLeft = false;
      else report(entryPath, kind);
    }
    return nothingLeft;
  }

  #directoryAt(path: ByteString): PlannedDirectory {
    const known = this.#directories.get(path) ?? { names: new Map(), keepsSomething: false };
    this.#directories.set(path, known);
    return known;
  }
}
