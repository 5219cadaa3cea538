/**
 * The listing of a lane: directories still to do, depth first, and the one that is being listed.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import type { SourceRecord } from "../../wire/records.ts";
import type { DirectoryHandles } from "./handles.ts";
import { listDirectory } from "./list_directory.ts";
import { type Branch, isSkipped, type ListedDirectories, type ListedDirectory } from "./listed_directories.ts";
import type { ScanTotals, SourceShareSeat } from "./share.ts";
import type { SourceTree } from "./tree.ts";

/** Directories handed to other lanes at a time. */
const MOST_HANDED_OVER = 4;
/** Directories looked at for that: thousands of siblings wait for the same parent. */
const MOST_LOOKED_AT = 64;

/** A directory to list. */
interface Task {
  readonly path: ByteString;
  /** The directory that it is in, where this lane has listed it. */
  readonly parent: Branch | undefined;
}

/** The directory that is being listed. */
interface Listing {
  readonly directory: ListedDirectory;
  readonly records: Generator<SourceRecord | Promise<void>>;
  readonly sent: ScanTotals;
  /** Bytes of the latest record of entries. */
  batchBytes: number;
  /** A record that waits until there is room for it. */
  held: SourceRecord | undefined;
  /** Its `directory` record has been sent, so its end has to be. */
  isBegun: boolean;
}

/** What a {@linkcode Lister} works with. */
export interface ListerOptions {
  readonly tree: SourceTree;
  readonly directories: ListedDirectories;
  readonly handles: DirectoryHandles;
  readonly seat: SourceShareSeat;
}

/** Produces the records of the listing, one at a time. */
export class Lister {
  readonly #options: ListerOptions;
  #tasks: Task[] = [];
  #listing: Listing | undefined;

  constructor(options: ListerOptions) {
    this.#options = options;
  }

  /**
   * The next record, or a promise to await before it is asked for again; `undefined` when there is nothing to list at the moment, or
   * no room for it in the window.
   */
  next(): SourceRecord | Promise<void> | undefined {
    for (;;) {
      this.#listing ??= this.#begin();
      const listing = this.#listing;
      if (listing === undefined) return undefined;
      const record = this.#advance(listing);
      if (record === undefined) continue;
      if (record instanceof Promise) return record;
      // What takes no place in the window is never held: the end of a directory is what makes room again.
      const takesPlace = record.kind === "directory" || record.kind === "entries";
      if (takesPlace && !this.#options.directories.hasRoom) {
        listing.held = record;
        return undefined;
      }
      this.#account(listing, record);
      return record;
    }
  }

  /** Offers the oldest directories to other lanes. Only those that the sink has made: their parents are given back. */
  handOver(): void {
    const most = Math.min(MOST_HANDED_OVER, this.#tasks.length - (this.#listing === undefined ? 1 : 0));
    let count = 0;
    for (const task of this.#tasks.slice(0, MOST_LOOKED_AT)) {
      const { path, parent } = task;
      if (count >= most) return;
      if (parent !== undefined && (!parent.isDone || isSkipped(parent))) continue;
      if (!this.#options.seat.offer(path)) return;
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      count++;
    }
  }

  /** Closes what is open. */
  close(): void {
    this.#listing?.records.return(undefined);
    this.#listing = undefined;
    this.#tasks = [];
  }

  #begin(): Listing | undefined {
    const task = this.#takeTask();
    if (task === undefined) return undefined;
    const { tree, directories, handles, seat } = this.#options;
    const directory = directories.begin(task.path, task.parent);
    const records = listDirectory(tree, directory, {
      onEntries: (bytes) => listing.batchBytes = bytes,
      onDirectory: (path) => {
        seat.add(1);
        this.#tasks.push({ path, parent: directory.branch });
      },
      onClose: (handle) => handles.keep(task.path, handle),
    });
    const sent = { directories: 0, entries: 0, failures: 0 };
    const listing: Listing = { directory, records, sent, batchBytes: 0, held: undefined, isBegun: false };
    return listing;
  }

  /** The newest of its own tasks, or one that another lane offers. */
  #takeTask(): Task | undefined {
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      if (!isSkipped(task.parent)) return task;
      this.#options.seat.done(1, { directories: 0, entries: 0, failures: 0 });
    }
    const path = this.#options.seat.take();
    return path === undefined ? undefined : { path, parent: undefined };
  }

  #advance(listing: Listing): SourceRecord | Promise<void> | undefined {
    const { directory, records, held } = listing;
    if (isSkipped(directory.branch)) {
      records.return(undefined);
      if (listing.isBegun) return { kind: "directory-end", id: directory.id, complete: false };
      this.#finish(listing);
      return undefined;
    }
    if (held !== undefined) {
      listing.held = undefined;
      return held;
    }
    const { value: record, done } = records.next();
    if (!done) return record;
    this.#finish(listing);
    return undefined;
  }

  /** Takes note of a record that is about to be sent. */
  #account(listing: Listing, record: SourceRecord): void {
    const { directory, sent } = listing;
    switch (record.kind) {
      case "failure":
        sent.failures++;
        return;
      case "entries":
        sent.entries += record.entries.length;
        return this.#options.directories.add(directory, record.entries, listing.batchBytes);
      case "directory":
        sent.directories++;
        listing.isBegun = true;
        return this.#options.directories.begun(directory);
      case "directory-end":
        return this.#finish(listing);
    }
  }

  #finish(listing: Listing): void {
    const { directories, seat } = this.#options;
    this.#listing = undefined;
    if (listing.isBegun) directories.end(listing.directory);
    else directories.cancel(listing.directory);
    seat.done(1, listing.sent);
  }
}
