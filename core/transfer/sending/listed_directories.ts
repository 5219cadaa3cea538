/**
 * Directories that the sink has been told of and has not given back, and the window that bounds them.
 *
 * ```text
 * what is sent        each directory and each entry takes a place in the window
 * directory-done      gives back the places of a directory
 * credit              gives back places of the directory that is being listed, so that one of any size can be listed
 * ```
 *
 * Credit counts until its directory is listed to the end; from then on `directory-done` is what is waited for. So a peer that
 * gives credit and never gives back a directory cannot make us keep more than the widest directory and a window.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/records.ts";
import { WINDOW_BYTES, WINDOW_ENTRIES } from "./bounds.ts";

/** Bytes of the smallest record of a directory, with its metadata. */
const DIRECTORY_BYTES = 100;

/** A file that may be asked for. */
export interface ListedFile {
  /** The path of its directory. */
  readonly parent: ByteString;
  readonly name: ByteString;
  /** What the sink was told last. */
  stat: Stat;
  /** The most bytes that it was told of: a request may be under way when the file shrinks. */
  toldBytes: number;
}

/** A directory in the tree of those that are told of: what the sink says of one matters for those below. */
export interface Branch {
  readonly parent: Branch | undefined;
  /** The sink has given it back, so it has made every directory in it. */
  isDone: boolean;
  /** The sink wants nothing below. */
  isSkipped: boolean;
}

/** Whether the sink wants nothing below this branch. */
export function isSkipped(branch: Branch | undefined): boolean {
  for (let at = branch; at !== undefined; at = at.parent) if (at.isSkipped) return true;
  return false;
}

/** A directory that is listed. */
export interface ListedDirectory {
  readonly id: number;
  readonly path: ByteString;
  readonly branch: Branch;
  /** By index; absent for what cannot be asked for. */
  readonly files: (ListedFile | undefined)[];
  bytes: number;
  isEnded: boolean;
}

/** The directories of a lane. */
export class ListedDirectories {
  readonly #byId = new Map<number, ListedDirectory>();
  #nextId = 0;
  #entries = 0;
  #bytes = 0;
  #credit = 0;
  /** The one that is being listed. */
  #current: ListedDirectory | undefined;

  constructor(readonly windowEntries: number = WINDOW_ENTRIES) {}

  /** Entries that wait to be given back. */
  get unacknowledged(): number {
    return this.#entries - this.#credit;
  }

  /** Whether more may be listed. */
  get hasRoom(): boolean {
    return this.unacknowledged < this.windowEntries && this.#unacknowledgedBytes < WINDOW_BYTES;
  }

  /** Whether so little is listed ahead that the sink could run out of work before our answer to it arrives. */
  get isHungry(): boolean {
    return this.unacknowledged < this.windowEntries / 2 && this.#unacknowledgedBytes < WINDOW_BYTES / 2;
  }

  /** Begins a directory. One at a time is open. */
  begin(path: ByteString, parent: Branch | undefined): ListedDirectory {
    while (this.#byId.has(this.#nextId)) this.#nextId = (this.#nextId + 1) >>> 0;
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    const branch: Branch = { parent, isDone: false, isSkipped: false };
    this.#current = { id, path, branch, files: [], bytes: 0, isEnded: false };
    this.#byId.set(id, this.#current);
    return this.#current;
  }

  /** The sink is about to be told of a directory, which takes a place of its own: there may be millions without entries. */
  begun(directory: ListedDirectory): void {
    directory.bytes = directory.path.length + DIRECTORY_BYTES;
    this.#entries++;
    this.#bytes += directory.bytes;
  }

  /** Adds entries that are about to be sent. */
  add(directory: ListedDirectory, entries: readonly WireEntry[], bytes: number): void {
    for (const { name, stat, filtered } of entries) {
      const isFile = stat.kind === "file" && !filtered;
      directory.files.push(isFile ? { parent: directory.path, name, stat, toldBytes: stat.size } : undefined);
    }
    directory.bytes += bytes;
    if (this.#byId.get(directory.id) !== directory) return; // given back while it is listed
    this.#entries += entries.length;
    this.#bytes += bytes;
  }

  /** Ends a directory: from here on it can be given back as a whole. */
  end(directory: ListedDirectory): void {
    directory.isEnded = true;
    this.#forget(directory);
  }

  /** Takes back a directory that could not be opened, so that the sink was never told of it. */
  cancel(directory: ListedDirectory): void {
    this.#forget(directory);
    this.#byId.delete(directory.id);
  }

  /**
   * The sink will ask for nothing more of a directory.
   *
   * @throws {BlitError} "protocol" for a directory that it has not been told of, or not of its end, unless it skips it
   */
  giveBack(id: number, skipSubtree: boolean): ListedDirectory {
    const directory = this.#byId.get(id);
    // One that has no bytes yet is about to be told of.
    if (directory === undefined || directory.bytes === 0) {
      throw protocolError(`it gives back directory ${id}, which it does not have`);
    }
    if (!directory.isEnded && !skipSubtree) {
      throw protocolError(`it gives back directory ${id}, whose end it has not been told`);
    }
    this.#byId.delete(id);
    this.#entries -= directory.files.length + 1;
    this.#bytes -= directory.bytes;
    this.#forget(directory);
    directory.branch.isDone = true;
    directory.branch.isSkipped = skipSubtree;
    return directory;
  }

  /** The sink has dealt with this many entries of a directory whose end it has not seen. */
  addCredit(entries: number): void {
    // What comes when the directory has ended meanwhile means nothing: its end gives back all of it.
    if (this.#current !== undefined) this.#credit = Math.min(this.#credit + entries, this.#current.files.length);
  }

  /** @throws {BlitError} "protocol" when the sink has not been told of such a file */
  find(id: number, index: number): ListedFile {
    const directory = this.#byId.get(id);
    if (directory === undefined) throw protocolError(`it asks for a file in directory ${id}, which it does not have`);
    const file = directory.files[index];
    if (file === undefined) throw protocolError(`it asks for entry ${index} of directory ${id}, which is no file`);
    return file;
  }

  #forget(directory: ListedDirectory): void {
    if (this.#current !== directory) return;
    this.#current = undefined;
    this.#credit = 0;
  }

  get #unacknowledgedBytes(): number {
    if (this.#current === undefined || this.#credit === 0) return this.#bytes;
    return this.#bytes - this.#current.bytes * (this.#credit / this.#current.files.length);
  }
}

/** What a peer does that it must not. */
export function protocolError(what: string): BlitError {
  return new BlitError("protocol", `Cannot go on with the receiving side: ${what}`);
}
