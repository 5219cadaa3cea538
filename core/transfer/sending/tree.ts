/**
 * The tree that is sent: its root, its filter, and how its paths are shown.
 *
 * @module
 */

import { BlitError, type ErrorCode, toBlitError } from "../../errors.ts";
import type { Directory, FileSystem } from "../../fs/types.ts";
import { splitPath } from "../../paths/byte_path.ts";
import { asByteString, type ByteString, displayPath } from "../../paths/bytes.ts";
import { MAX_NAME_BYTES, receivedPathProblem } from "../../paths/received_name.ts";
import { admitAll, type Filter } from "../../scan/filter.ts";
import type { FailureRecord } from "../../wire/records.ts";

/** What a tree is. */
export interface TreeOptions {
  readonly fileSystem: FileSystem;
  /** The directory whose contents are sent. Symbolic links in it are followed. */
  readonly root: string;
  /** Opens it where its path alone is no wall. @default by path */
  readonly openRoot?: () => Directory;
  /** From there to the directory that is sent, opened without following any symbolic link. @default the root itself */
  readonly beneath?: ByteString;
  /** The one entry that is sent, where the root of the transfer is not a directory. */
  readonly single?: ByteString;
  /** Which entries take part. @default {admitAll} */
  readonly filter?: Filter;
  /** How the root is called in messages to the peer, who need not know where a module lies. @default {root} */
  readonly shownRoot?: string;
  /** Extended attributes are read and sent. @default {true} */
  readonly attributes?: boolean;
  /** What is not listed may be deleted at the other end, so nothing may be missed without a word. @default {false} */
  readonly isMirrored?: boolean;
}

/** An open tree. Close it; everything below is opened from its root, and never through a symbolic link. */
export class SourceTree {
  readonly root: Directory;
  readonly filter: Filter;
  readonly single: ByteString | undefined;
  readonly attributes: boolean;
  readonly isMirrored: boolean;
  readonly #realRoot: string;
  readonly #shownRoot: string;

  /** @throws {BlitError} when the root cannot be opened */
  constructor(options: TreeOptions) {
    const { fileSystem, root, single, filter = admitAll, shownRoot = root } = options;
    const { attributes = true, isMirrored = false } = options;
    this.filter = filter;
    this.single = single;
    this.attributes = attributes;
    this.isMirrored = isMirrored;
    this.#realRoot = root;
    this.#shownRoot = shownRoot;
    try {
      this.root = openBeneath(options.openRoot?.() ?? fileSystem.openRoot(root, shownRoot), options.beneath);
    } catch (error) {
      throw this.asShown(error);
    }
  }

  /** A path for people. */
  show(path: ByteString): string {
    return displayPath(this.#shownRoot, path);
  }

  /** The names that take part in a directory, where that is decided before it is read. */
  namesIn(path: ByteString): readonly ByteString[] | undefined {
    return this.single === undefined ? this.filter.namesIn(path) : path === "" ? [this.single] : [];
  }

  /** An error with the path as the peer knows it. */
  asShown(thrown: unknown): BlitError {
    const error = toBlitError(thrown);
    const { path } = error;
    if (path === undefined || this.#shownRoot === this.#realRoot || !path.startsWith(this.#realRoot)) return error;
    const shown = this.#shownRoot + path.slice(this.#realRoot.length);
    // As a function, since a replacement text would be looked through for patterns.
    const message = error.message.replace(`"${path}"`, () => `"${shown}"`);
    return new BlitError(error.code, message, { path: shown, cause: error });
  }

  /** The record for something that could not be read. */
  failure(path: ByteString, thrown: unknown): FailureRecord {
    const { code, message } = this.asShown(thrown);
    return failureRecord(path, code, message);
  }

  /** The record for a path with a reason of our own. */
  failureFor(path: ByteString, code: ErrorCode, action: string, reason: string): FailureRecord {
    return failureRecord(path, code, `Cannot ${action} "${this.show(path)}": ${reason}`);
  }

  close(): void {
    this.root.close();
  }
}

function openBeneath(root: Directory, path: ByteString | undefined): Directory {
  if (path === undefined || path === "") return root;
  using outer = root;
  return outer.openDirectory(path);
}

function failureRecord(path: ByteString, code: ErrorCode, message: string): FailureRecord {
  return { kind: "failure", path: sendable(splitPath(path)), code, message };
}

/** A path that can travel: what is too long for a record is cut, since the failure must be told in any case. */
function sendable(components: ByteString[]): ByteString[] {
  if (receivedPathProblem(components) === undefined) return components;
  const cut: ByteString[] = [];
  for (const name of components) {
    cut.push(asByteString(name.slice(0, MAX_NAME_BYTES)));
    if (receivedPathProblem(cut) === undefined) continue;
    cut.pop();
    break;
  }
  return cut;
}
