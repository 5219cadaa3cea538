/**
 * What is in one directory, each entry with what the file system knows of it.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../core/errors.ts";
import { fsError } from "../../core/fs/failures.ts";
import type { Directory, ListedBatch } from "../../core/fs/types.ts";
import { type ByteString, displayName, encodeText } from "../../core/paths/bytes.ts";
import type { Work } from "../../core/scan/slices.ts";
import { Exports, isChanged, type ModuleAccess, withShownPath } from "../exports.ts";
import type { ListedEntry, ListedResult, WalkFailureResult, WalkPlace } from "./orders.ts";
import { Patience } from "./patience.ts";

/** Handed on with so many entries, which usually take 20 KiB of a message. */
const FULL_ENTRIES = 200;
/** Or with names and link targets of so many bytes; a message holds 1 MiB. */
const FULL_BYTES = 64 * 1024;
/** Entries of one step: few, as each may take a while on a disk that is far away. */
const STEP_ENTRIES = 32;

/** A listing, to be done in slices. */
export class Listing implements Work<ListedResult> {
  readonly #place: WalkPlace;
  readonly #directory: Directory;
  readonly #patience = new Patience();
  #batches: Iterator<ListedBatch> | undefined;
  /** Of the batch that is being looked at. */
  #names: readonly ByteString[] = [];
  #next = 0;
  #entries: ListedEntry[] = [];
  #failures: WalkFailureResult[] = [];
  #bytes = 0;

  /**
   * Opens the directory.
   *
   * @throws {BlitError} where there is none, here or at the first step
   */
  constructor(access: ModuleAccess, place: WalkPlace) {
    this.#place = place;
    this.#directory = openUnproven(access, place, "list");
  }

  get pauseMs(): number {
    return this.#patience.pauseMs;
  }

  get isFull(): boolean {
    return this.#entries.length + this.#failures.length >= FULL_ENTRIES || this.#bytes >= FULL_BYTES;
  }

  step(): boolean {
    let goesOn = true;
    const look = (): void => {
      if (this.#next === this.#names.length) goesOn = this.#readNames();
      else this.#describeSome();
    };
    this.#patience.attempt(() => withShownPath("list", this.#place.shown, look));
    return goesOn;
  }

  take(): ListedResult | undefined {
    if (this.#entries.length === 0 && this.#failures.length === 0) return undefined;
    const result = { entries: this.#entries, failures: this.#failures };
    this.#entries = [];
    this.#failures = [];
    this.#bytes = 0;
    return result;
  }

  close(): void {
    this.#batches?.return?.();
    this.#directory.close();
  }

  /** The next batch of names; `false` behind the last one. */
  #readNames(): boolean {
    this.#batches ??= this.#directory.list()[Symbol.iterator]();
    const { done, value } = this.#tryNext(this.#batches);
    if (done) return false;
    this.#names = value.names;
    this.#next = 0;
    for (const name of value.damaged) this.#fail(name, encodeText(name), new BlitError("invalid-name", ""));
    return true;
  }

  #tryNext(batches: Iterator<ListedBatch>): IteratorResult<ListedBatch> {
    try {
      return batches.next();
    } catch (error) {
      this.#batches = undefined; // what has thrown has ended, and begins again if it may
      throw error;
    }
  }

  #describeSome(): void {
    const end = Math.min(this.#names.length, this.#next + STEP_ENTRIES);
    for (; this.#next < end && !this.isFull; this.#next++) this.#describe(this.#names[this.#next]);
  }

  #describe(name: ByteString): void {
    try {
      const entry = describeEntry(this.#directory, name);
      if (entry === undefined) return; // one that is gone since it was listed is no entry
      this.#entries.push(entry);
      this.#bytes += name.length + (entry.target?.length ?? 0);
    } catch (error) {
      if (isChanged(error)) throw error;
      this.#fail(displayName(name), name, error);
    }
  }

  #fail(readable: string, name: ByteString, thrown: unknown): void {
    const error = toBlitError(thrown);
    const reason = error.code === "invalid-name"
      ? { reason: "the name is not UTF-8, which needs the native file system" }
      : {};
    const { code, message } = fsError(error.code, "inspect", `${this.#place.shown}/${readable}`, error, reason);
    this.#failures.push({ path: name, code, message });
  }
}

/** A directory whose looks fail with "changed" instead of waiting; close it. */
export function openUnproven(access: ModuleAccess, place: WalkPlace, action: string): Directory {
  return new Exports(access, [place.module]).openUnproven(place, action);
}

/** An entry of a directory, and where it points if it is a symbolic link; `undefined` where there is none. */
export function describeEntry(directory: Directory, name: ByteString): ListedEntry | undefined {
  const stat = directory.statEntry(name);
  if (stat === undefined) return undefined;
  return { name, stat, target: stat.kind === "symlink" ? directory.readLink(name) : undefined };
}
