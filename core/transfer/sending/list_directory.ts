/**
 * One directory of the source as records.
 *
 * @module
 */

import { fsError } from "../../fs/failures.ts";
import type { Directory, ListedBatch, Stat } from "../../fs/types.ts";
import { splitPath } from "../../paths/byte_path.ts";
import { asByteString, type ByteString, encodeText, joinBytes } from "../../paths/bytes.ts";
import { receivedNameProblem, receivedPathProblem, receivedTargetProblem } from "../../paths/received_name.ts";
import { admitAll } from "../../scan/filter.ts";
import { attributesProblem, entryBytes, statProblem } from "../../wire/codec/mod.ts";
import { MAX_CONTENT_BYTES } from "../../wire/limits.ts";
import type { FailureRecord, SourceRecord, WireEntry } from "../../wire/records.ts";
import { asReadFailure, isGone } from "../directories/read_failure.ts";
import { within } from "../../within.ts";
import { BATCH_BYTES, BATCH_ENTRIES, LISTING_MS } from "./bounds.ts";
import type { SourceTree } from "./tree.ts";

/** What {@linkcode listDirectory} tells beside its records. */
export interface Listener {
  /** The next record is one of entries, with so many bytes. */
  onEntries(bytes: number): void;
  /** A directory below takes part, wholly or because something below it may. */
  onDirectory(path: ByteString): void;
  /** The directory has been read; whoever is told owns the handle. */
  onClose(handle: Directory): void;
}

/**
 * Lists a directory. What fails becomes a `failure` record; nothing is thrown. A promise among the records is to be awaited before
 * the generator goes on. A caller that wants no more ends the generator, and then says itself that the directory has ended.
 *
 * @param id the number of the directory on its lane
 */
export function* listDirectory(
  tree: SourceTree,
  { id, path }: { id: number; path: ByteString },
  listener: Listener,
): Generator<SourceRecord | Promise<void>> {
  let handle: Directory;
  try {
    handle = tree.root.openDirectory(path);
  } catch (error) {
    yield tree.failure(path, error);
    return;
  }
  let begun = false;
  let complete = false;
  try {
    const described = describe(tree, handle);
    const problem = directoryProblem(path, described);
    if (problem !== undefined) {
      yield tree.failureFor(path, "unsupported", "send", problem);
      return;
    }
    yield { kind: "directory", id, path: splitPath(path), ...described };
    begun = true;
    yield* listEntries(tree, handle, { id, path }, listener);
    complete = true;
  } catch (error) {
    yield tree.failure(path, !begun || isGone(handle) ? error : asReadFailure(error));
    if (!begun) return;
  } finally {
    // Whoever ends the generator at the first record has begun nothing, and would never ask for the handle.
    if (begun) listener.onClose(handle);
    else handle.close();
  }
  yield { kind: "directory-end", id, complete };
}

function describe(tree: SourceTree, handle: Directory): Description {
  const stat = handle.stat();
  const attributes = tree.attributes ? handle.readAttributes(undefined) : undefined;
  return attributes === undefined ? { stat } : { stat, attributes };
}

function* listEntries(
  tree: SourceTree,
  handle: Directory,
  { id, path }: { id: number; path: ByteString },
  listener: Listener,
): Generator<SourceRecord | Promise<void>> {
  const expected = new Set(tree.filter.expectedIn(path));
  const batch = new Batch(id, listener);
  for (const { names, damaged } of yield* namesOf(tree, handle, path)) {
    for (const readable of damaged) yield damagedName(tree, path, readable);
    for (const name of names) {
      expected.delete(name);
      const found = lookAt(tree, handle, path, name);
      if (Array.isArray(found)) yield* found;
      else {
        const full = batch.add(found);
        if (full !== undefined) yield full;
        if (found.stat.kind === "directory" && !found.filtered) listener.onDirectory(joinBytes(path, name));
      }
    }
  }
  const rest = batch.take();
  if (rest !== undefined) yield rest;
  for (const name of expected) yield* missing(tree, joinBytes(path, name));
}

/** All names that may take part. Where they cannot be had at once, a promise comes first. */
function* namesOf(
  tree: SourceTree,
  handle: Directory,
  path: ByteString,
): Generator<Promise<void>, Iterable<ListedBatch>> {
  const listed = tree.namesIn(path);
  if (listed !== undefined) return [{ names: listed, damaged: [] }];
  if (!tree.isMirrored || handle.listWhole === undefined) return handle.list();
  const outcome: { batches?: readonly ListedBatch[] | undefined; error?: unknown } = {};
  yield within(handle.listWhole(), LISTING_MS).then(
    (batches) => void (outcome.batches = batches),
    (error) => void (outcome.error = error),
  );
  if (outcome.batches !== undefined) return outcome.batches;
  throw outcome.error ?? fsError("io", "read directory", tree.show(path), undefined, { reason: "it does not answer" });
}

/** Entries of one record. */
class Batch {
  #entries: WireEntry[] = [];
  #bytes = 0;
  #first = 0;

  constructor(readonly id: number, readonly listener: Listener) {}

  /** Adds an entry; returns the record that is complete without it. */
  add(entry: WireEntry): SourceRecord | undefined {
    const bytes = entryBytes(entry);
    const isFull = this.#entries.length >= BATCH_ENTRIES || this.#bytes + bytes > BATCH_BYTES;
    const full = isFull ? this.take() : undefined;
    this.#entries.push(entry);
    this.#bytes += bytes;
    return full;
  }

  /** The record of what is together; `undefined` when that is nothing. */
  take(): SourceRecord | undefined {
    const entries = this.#entries;
    if (entries.length === 0) return undefined;
    const first = this.#first;
    this.listener.onEntries(this.#bytes);
    this.#first += entries.length;
    this.#entries = [];
    this.#bytes = 0;
    return { kind: "entries", directory: this.id, first, entries };
  }
}

/** An entry, or why there is none. */
function lookAt(
  tree: SourceTree,
  handle: Directory,
  parent: ByteString,
  name: ByteString,
): WireEntry | FailureRecord[] {
  try {
    const stat = handle.statEntry(name);
    if (stat === undefined) return missing(tree, joinBytes(parent, name));
    // Without a filter not even a path is put together.
    const admission = tree.filter === admitAll ? "yes" : tree.filter.admits(joinBytes(parent, name), stat);
    if (admission === "walk" && stat.kind !== "directory") return [notOnTheWay(tree, joinBytes(parent, name))];
    const entry = readEntry(tree, handle, name, stat, admission);
    return unsendable(tree, parent, entry) ?? entry;
  } catch (error) {
    return [tree.failure(joinBytes(parent, name), error)];
  }
}

function readEntry(
  tree: SourceTree,
  handle: Directory,
  name: ByteString,
  stat: Stat,
  admission: "yes" | "no" | "walk",
): WireEntry {
  const filtered = admission === "no";
  const walkedOnly = admission === "walk";
  const target = stat.kind === "symlink" ? handle.readLink(name) : undefined;
  // A directory's attributes come with its own record.
  const wantsAttributes = tree.attributes && !filtered && stat.kind !== "directory";
  const attributes = wantsAttributes ? handle.readAttributes(name) : undefined;
  if (filtered && statProblem(stat) !== undefined) {
    return { name, stat: withoutNumbers(stat), filtered, walkedOnly, ...(target !== undefined && { target }) };
  }
  if (target === undefined && attributes === undefined) return { name, stat, filtered, walkedOnly };
  return {
    name,
    stat,
    filtered,
    walkedOnly,
    ...(target !== undefined && { target }),
    ...(attributes !== undefined && { attributes }),
  };
}

/** What a directory is told to be. */
type Description = Pick<WireEntry, "stat" | "attributes">;

/** Why a directory cannot travel, if so: then nothing below it does. */
function directoryProblem(path: ByteString, described: Description): string | undefined {
  return receivedPathProblem(splitPath(path)) ?? descriptionProblem(path, described);
}

/** @param name whatever else is in the record */
function descriptionProblem(name: ByteString, { stat, attributes }: Description): string | undefined {
  const problem = statProblem(stat);
  if (problem !== undefined || attributes === undefined) return problem;
  const bytes = entryBytes({ name, stat, attributes, filtered: false, walkedOnly: false });
  return bytes > MAX_CONTENT_BYTES
    ? "its extended attributes are too large for a record"
    : attributesProblem(attributes);
}

/** What takes no part is only told so that its name is known: numbers that cannot travel are left out. */
function withoutNumbers(stat: Stat): Stat {
  const none = { size: 0, allocatedBytes: 0, nlink: 1, dev: 0, rdev: 0 };
  return { ...stat, ...none, mtimeSeconds: 0, mtimeNanoseconds: 0, ctimeSeconds: 0, ctimeNanoseconds: 0 };
}

/** Why an entry cannot travel, if so: what no record can carry is a failure of that entry, not of the session. */
function unsendable(tree: SourceTree, parent: ByteString, entry: WireEntry): FailureRecord[] | undefined {
  const { name, target } = entry;
  const fail = (code: "invalid-name" | "unsupported", reason: string): FailureRecord[] => [
    tree.failureFor(joinBytes(parent, name), code, "send", reason),
  ];
  const nameProblem = receivedNameProblem(name);
  if (nameProblem !== undefined) return fail("invalid-name", nameProblem);
  const targetProblem = target === undefined ? undefined : receivedTargetProblem(target);
  if (targetProblem !== undefined) return fail("invalid-name", targetProblem);
  const problem = descriptionProblem(name, entry);
  return problem === undefined ? undefined : fail("unsupported", problem);
}

/** An entry that is not there: it vanished since it was listed, or a list names it and what is below it. */
function missing(tree: SourceTree, path: ByteString): FailureRecord[] {
  const listed = tree.filter.listedBelow(path);
  return (listed.length > 0 ? listed : [path])
    .map((each) => tree.failureFor(each, "not-found", "read", "no such file or directory"));
}

function notOnTheWay(tree: SourceTree, path: ByteString): FailureRecord {
  return tree.failureFor(path, "not-directory", "reach what is listed below", "it is not a directory");
}

function damagedName(tree: SourceTree, parent: ByteString, readable: string): FailureRecord {
  const path = joinBytes(parent, asByteString(encodeText(readable)));
  const reason = "its name is not UTF-8, which this file system implementation cannot spell";
  return tree.failureFor(path, "invalid-name", "read", reason);
}
