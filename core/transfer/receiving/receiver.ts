/**
 * The sink side of a lane: what the source tells becomes work of an engine, and what that needs is asked for.
 *
 * ```text
 * directory       both sides of it are compared as far as they are known
 * entries         each is decided and carried out; contents are asked for
 * directory-end   what only the destination has is settled; finished when the last content is there
 * scan-end        every directory was told
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, SourceDirectory, Stat } from "../../fs/types.ts";
import { joinPath, splitPath } from "../../paths/byte_path.ts";
import { type ByteString, joinBytes } from "../../paths/bytes.ts";
import type { DirectoryRecord, EntriesRecord, RequestTarget, SinkRecord, SourceRecord } from "../../wire/mod.ts";
import { DirectoryPair, type PairState } from "../directories/pair.ts";
import { DirectoryWork } from "../directories/process_directory.ts";
import type { Entry } from "../entries/entry.ts";
import { targetIn } from "../entries/metadata.ts";
import type { Engine } from "../threads/engine.ts";
import type { DestinationState } from "../threads/job.ts";
import type { RemoteSource } from "../threads/remote_source.ts";
import { hasKept, KEPT_BYTES } from "../files/kept_file.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import type { IncomingRanges } from "./incoming_ranges.ts";
import { Inquiries } from "./inquiries.ts";
import { KeptEntries } from "./kept_entries.ts";
import { PlannedRemovals } from "./planned_removals.ts";
import { OpenPairs } from "./open_pairs.ts";
import type { Question } from "./question.ts";
import type { RangeLanes } from "./range_messages.ts";
import { type DirectoryMetadata, ReceivedDirectory } from "./received_directory.ts";
import { Untrusted } from "./untrusted.ts";

/** Smaller files with another time are compared as a whole first: many of them can be asked about at once. */
const COMPARED_IN_BLOCKS_BYTES = 4 * 1024 * 1024;

/** A directory that is being received. */
interface Receiving {
  readonly path: ByteString;
  readonly received: ReceivedDirectory;
  readonly work: DirectoryWork;
  /** Files whose content is on its way. */
  pending: number;
  /** Everything in it was told. */
  isTold: boolean;
  /** And that is all there is. */
  isWhole: boolean;
}

/** Turns records into work. Create the engine with it as its remote source, then call {@linkcode Receiver.attach}. */
export class Receiver implements RemoteSource {
  #engine!: Engine;
  #untrusted: Untrusted | undefined;
  #removals: PlannedRemovals | undefined;
  #inquiries!: Inquiries;
  readonly #directories = new Map<number, Receiving | "skipped">();
  readonly #byPath = new Map<ByteString, Receiving>();
  /** Directories that take part and have not been told yet. */
  readonly #expected = new Map<ByteString, DestinationState>();
  readonly #kept = new KeptEntries();
  readonly #open = new OpenPairs();
  #replies: SinkRecord[] = [];
  #credit = 0;
  #isScanned = false;

  /** @param lanes further lanes that may be had for large files */
  constructor(readonly hasher: Xxh128, readonly lanes?: RangeLanes) {}

  /** The engine that does the work. */
  attach(engine: Engine): void {
    this.#engine = engine;
    if (!engine.job.isTrusted) this.#untrusted = new Untrusted(engine.fileSystem.capabilities.owners);
    if (engine.job.verb === "move" && engine.job.mode === "plan") this.#removals = new PlannedRemovals();
    const { hasher: hash, lanes } = this;
    this.#inquiries = new Inquiries({ engine, hash, lanes, onUse: (pair) => this.#open.use(pair) });
  }

  /** Whether the source has told everything and nothing is on its way. */
  get isQuiet(): boolean {
    return this.#isScanned && this.#inquiries.count === 0;
  }

  /** Whether the source has told everything. */
  get isScanned(): boolean {
    return this.#isScanned;
  }

  /** Large files that helpers take part in, where there are helpers. */
  get ranges(): IncomingRanges | undefined {
    return this.#inquiries.ranges;
  }

  /** Takes in a record. Throws "protocol" for what makes no sense; what fails locally is reported by the engine. */
  take(record: SourceRecord): void {
    switch (record.kind) {
      case "directory":
        return this.#begin(record);
      case "entries":
        return this.#process(record);
      case "directory-end":
        return this.#told(record.id, record.complete);
      case "failure":
        return this.#engine.outbox.failure(joinPath(record.path), new BlitError(record.code, record.message));
      case "scan-end":
        this.#isScanned = true;
        return;
      default:
        return this.#inquiries.take(record);
    }
  }

  /** Things worth saying that are no failures. */
  notices(): string[] {
    return this.#untrusted?.notices() ?? [];
  }

  /** Reports what a move would remove from the source, in its dry run. */
  reportRemovals(except: ReadonlySet<ByteString>): void {
    const { outbox } = this.#engine;
    this.#removals?.report(except, (path, kind) => {
      outbox.counters.removed++;
      outbox.entry("remove", kind, () => path);
    });
  }

  /** What is to be sent now. */
  takeReplies(): SinkRecord[] {
    const replies = [...this.#inquiries.takeRecords(), ...this.#replies.splice(0)];
    if (this.#credit > 0) replies.push({ kind: "credit", entries: this.#credit });
    this.#credit = 0;
    return replies;
  }

  /** Whether files of the destination wait to be hashed, and nothing has to come first. */
  get canHash(): boolean {
    return this.#inquiries.canHash;
  }

  /** Hashes for a few milliseconds, and asks. */
  hash(): void {
    this.#inquiries.hash();
  }

  /**
   * Closes everything; what is unfinished goes.
   *
   * @param keep leave what a later run can go on with
   */
  close(keep: boolean): void {
    this.#inquiries.abandon(keep);
    for (const directory of this.#directories.values()) if (directory !== "skipped") directory.work.close();
    this.#directories.clear();
  }

  // What the engine asks.

  openDirectory(path: ByteString): SourceDirectory {
    return this.#kept.open(path, () => this.#metadataOf(path));
  }

  expectDirectory(path: ByteString, state: DestinationState): void {
    this.#expected.set(path, state);
  }

  keepEntry(pair: DirectoryPair, name: ByteString): void {
    const entry = pair.source instanceof ReceivedDirectory ? pair.source.entry(name) : undefined;
    if (entry !== undefined) this.#kept.add(pair.path, entry);
  }

  keepDirectory(path: ByteString): void {
    if (!this.#kept.hasDirectory(path)) this.#kept.addDirectory(path, this.#metadataOf(path));
  }

  copy(pair: DirectoryPair, entry: Entry): void {
    const question = this.#questionOf(pair, entry);
    if (this.#mayResume(pair, entry)) this.#inquiries.resume(question, { isCompared: false });
    else this.#inquiries.copy(question);
  }

  compare(pair: DirectoryPair, entry: Entry): void {
    const { job, links } = this.#engine;
    const mayResume = job.mode === "write" && this.#mayResume(pair, entry);
    // Of what has another time each block is compared at once. What is only checked is most likely the same, and not copied for that.
    if (mayResume && entry.source.size >= COMPARED_IN_BLOCKS_BYTES && job.rules.content !== "checksum") {
      return this.#inquiries.resume(this.#questionOf(pair, entry), { isCompared: true });
    }
    const directory = this.#directoryOf(pair);
    if (directory !== undefined) {
      directory.pending++;
      directory.received.hold(entry.name);
    }
    if (entry.source.nlink > 1) links.markUnfinished(entry.source);
    const own = directory === undefined ? this.#reopen(pair) : pair;
    const onDone = (): void => directory === undefined ? this.#closeOwn(own) : this.#settle(own);
    // What differs is resumed; and only a run that writes has any use for the content.
    const kind = job.mode === "write" && !mayResume ? "unless-hash" : "compare-hash";
    this.#inquiries.hashFirst({
      pair: own,
      entry,
      onHash: (hash) => {
        this.#inquiries.askByHash(this.#questionOf(own, entry), { kind, hash });
        onDone();
      },
      onFailed: (error) => {
        this.#engine.handleFailure(own.pathOf(entry.name), error);
        if (this.#directoryOf(own)?.isTold === false) this.#credit++;
        directory?.received.release(entry.name);
        onDone();
      },
    });
  }

  /** Whether there is enough of a file here to go on with. */
  #mayResume(pair: DirectoryPair, { source, destination, destinationName }: Entry): boolean {
    if (!this.#engine.job.resume || source.size < KEPT_BYTES || this.#directoryOf(pair) === undefined) return false;
    if (destination?.kind === "file" && destination.size >= KEPT_BYTES) return true;
    return pair.state === "present" && hasKept(pair.destination!, destinationName);
  }

  #begin({ id, path: components, stat, attributes }: DirectoryRecord): void {
    if (this.#directories.has(id)) throw new BlitError("protocol", `Cannot begin directory ${id} twice`);
    const path = joinPath(components);
    const state = this.#expected.get(path);
    this.#expected.delete(path);
    if (state === undefined) return this.#skip(id);
    this.#engine.enter(path);
    const received = new ReceivedDirectory(this.#metadata(stat, attributes), id);
    // It is created, with its metadata to be set at the end, when something below needs it.
    if (state === "absent") this.#kept.addDirectory(path, received.metadata);
    try {
      const pair = DirectoryPair.open(this.#engine, path, this.#pairState(state), received);
      const receiving = { path, received, work: DirectoryWork.begin(pair), pending: 0, isTold: false, isWhole: false };
      this.#directories.set(id, receiving);
      this.#byPath.set(path, receiving);
      this.#open.use(pair);
    } catch (error) {
      this.#engine.handleFailure(path, error);
      this.#skip(id);
    }
  }

  #metadata(stat: Stat, attributes: Attributes | undefined): DirectoryMetadata {
    const untrusted = this.#untrusted;
    if (untrusted === undefined) return { stat, attributes };
    return { stat: untrusted.stat(stat), attributes: untrusted.attributes(attributes) };
  }

  #pairState(state: DestinationState): PairState {
    return this.#engine.job.mode !== "write" && state === "fresh" ? "planned" : state;
  }

  #skip(id: number): void {
    this.#directories.set(id, "skipped");
    this.#replies.push({ kind: "directory-done", id, skipSubtree: true });
  }

  #process({ directory: id, first, entries }: EntriesRecord): void {
    const receiving = this.#find(id);
    if (receiving === "skipped") return;
    this.#credit += entries.length;
    const { work, received } = receiving;
    this.#engine.enter(receiving.path);
    this.#open.use(work.pair);
    const names = received.replaceEntries(first, entries, this.#untrusted);
    this.#keepUntaken(receiving.path, entries, names);
    this.#removals?.add(receiving.path, entries);
    const before = receiving.pending;
    // What is left out here is known at the destination all the same.
    const known = work.pairNames(entries.map(({ name }) => name));
    const isTaken = (name: ByteString): boolean => names.has(name);
    work.process({ present: known.present.filter(isTaken), missing: known.missing.filter(isTaken) });
    // Entries whose content is on its way count until it is here.
    this.#credit -= receiving.pending - before;
    this.#engine.publish();
  }

  /** What this side does not take is not safe here, whatever has its name. */
  #keepUntaken(path: ByteString, entries: EntriesRecord["entries"], taken: Pick<Set<ByteString>, "has">): void {
    if (this.#engine.job.verb !== "move") return;
    for (const { name } of entries) if (!taken.has(name)) this.#engine.outbox.keepSource(joinBytes(path, name));
  }

  #told(id: number, complete: boolean): void {
    const receiving = this.#find(id);
    if (receiving === "skipped") {
      this.#directories.delete(id);
      return;
    }
    receiving.isTold = true;
    receiving.isWhole = complete;
    // `directory-done` gives back the rest.
    this.#credit = 0;
    if (!complete) this.#removals?.keep(receiving.path);
    this.#finishIfDone(receiving);
  }

  #finishIfDone(receiving: Receiving): void {
    if (!receiving.isTold || receiving.pending > 0) return;
    const { path, received, work, isWhole } = receiving;
    try {
      this.#open.use(work.pair);
      // Not before: what an interrupted run has left of a file is gone on with, not removed.
      work.settle(isWhole);
      work.finish(false);
    } catch (error) {
      this.#engine.handleFailure(path, error);
    }
    this.#open.forget(work.pair);
    work.close();
    this.#byPath.delete(path);
    this.#directories.delete(received.id!);
    this.#replies.push({ kind: "directory-done", id: received.id!, skipSubtree: false });
    this.#engine.publish();
  }

  /** Asking about an entry. It counts from now on, until everything about it is done. */
  #questionOf(pair: DirectoryPair, entry: Entry): Question {
    const { name } = entry;
    const attributes = pair.source.readAttributes(name);
    const directory = this.#directoryOf(pair);
    if (directory === undefined) {
      return { entry, attributes, attempt: 1, target: targetByPath(pair, name), ...this.#onOwnPair(pair) };
    }
    const { received } = directory;
    const index = received.indexOf(name);
    directory.pending++;
    received.hold(name);
    return {
      pair,
      entry,
      attributes,
      target: index === undefined ? targetByPath(pair, name) : { by: "entry", directory: received.id!, index },
      attempt: 1,
      onDone: () => {
        if (!directory.isTold) this.#credit++;
        received.release(name);
        this.#settle(pair);
      },
    };
  }

  /** Something that had to wait: its directory has been given back, and its pair is the caller's. */
  #onOwnPair(pair: DirectoryPair): Pick<Question, "pair" | "onDone"> {
    const own = this.#reopen(pair);
    return {
      pair: own,
      onDone: () => {
        if (own.touched) this.#engine.finalizeLater(own.path);
        this.#closeOwn(own);
      },
    };
  }

  #closeOwn(pair: DirectoryPair): void {
    this.#open.forget(pair);
    pair.close();
  }

  #reopen(pair: DirectoryPair): DirectoryPair {
    const source = this.openDirectory(pair.path);
    return DirectoryPair.open(this.#engine, pair.path, pair.state === "planned" ? "optional" : "present", source);
  }

  /** One content less is on its way. */
  #settle(pair: DirectoryPair): void {
    const directory = this.#directoryOf(pair);
    if (directory === undefined) return;
    directory.pending--;
    this.#finishIfDone(directory);
  }

  #directoryOf(pair: DirectoryPair): Receiving | undefined {
    const receiving = this.#byPath.get(pair.path);
    return receiving?.work.pair === pair ? receiving : undefined;
  }

  #find(id: number): Receiving | "skipped" {
    const receiving = this.#directories.get(id);
    if (receiving === undefined) throw new BlitError("protocol", `Cannot go on with directory ${id}: it was not begun`);
    return receiving;
  }

  /** What a directory has to be at the end: what the source says of it, or, once it is finished, what it is. */
  #metadataOf(path: ByteString): DirectoryMetadata {
    const receiving = this.#byPath.get(path);
    if (receiving !== undefined) return receiving.received.metadata;
    using directory = this.#engine.openDestination(path);
    return { stat: targetIn(directory, undefined).stat()!, attributes: directory.readAttributes(undefined) };
  }
}

/** For what has no place in a listing that the source still knows. */
function targetByPath(pair: DirectoryPair, name: ByteString): RequestTarget {
  return { by: "path", path: splitPath(pair.pathOf(name)) };
}
