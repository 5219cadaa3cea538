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
import { asByteString, type ByteString, joinBytes } from "../../paths/bytes.ts";
import type { DirectoryRecord, EntriesRecord, SinkRecord, SourceRecord } from "../../wire/mod.ts";
import { DirectoryPair, type PairState } from "../directories/pair.ts";
import { DirectoryWork } from "../directories/process_directory.ts";
import type { Entry } from "../entries/entry.ts";
import { targetIn } from "../entries/metadata.ts";
import type { Engine } from "../threads/engine.ts";
import type { DestinationState } from "../threads/job.ts";
import type { RemoteSource } from "../threads/remote_source.ts";
import { Contents } from "./contents.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import { hashFile } from "./hash_file.ts";
import { KeptEntries } from "./kept_entries.ts";
import { PlannedRemovals } from "./planned_removals.ts";
import { type DirectoryMetadata, ReceivedDirectory } from "./received_directory.ts";
import { Untrusted } from "./untrusted.ts";

/** Directories of the destination that stay open at once. Contents come in the order of the requests, so few are in use. */
const MOST_OPEN_DIRECTORIES = 64;

/** A directory that is being received. */
interface Receiving {
  readonly path: ByteString;
  readonly received: ReceivedDirectory;
  readonly work: DirectoryWork;
  /** Files whose content is on its way. */
  pending: number;
  /** Everything in it was told. */
  isTold: boolean;
}

/** A file of the destination whose content is to be hashed before anything is asked. */
interface ToHash {
  readonly pair: DirectoryPair;
  readonly entry: Entry;
}

/** Turns records into work. Create the engine with it as its remote source, then call {@linkcode Receiver.attach}. */
export class Receiver implements RemoteSource {
  #engine!: Engine;
  #untrusted: Untrusted | undefined;
  #removals: PlannedRemovals | undefined;
  #contents!: Contents;
  readonly #directories = new Map<number, Receiving | "skipped">();
  readonly #byPath = new Map<ByteString, Receiving>();
  /** Directories that take part and have not been told yet. */
  readonly #expected = new Map<ByteString, DestinationState>();
  readonly #kept = new KeptEntries();
  /** Open directories of the destination, the one used last at the end. */
  readonly #open = new Set<DirectoryPair>();
  readonly #toHash: ToHash[] = [];
  #replies: SinkRecord[] = [];
  #credit = 0;
  #isScanned = false;

  constructor(readonly hash: Xxh128) {}

  /** The engine that does the work. */
  attach(engine: Engine): void {
    this.#engine = engine;
    if (!engine.job.isTrusted) this.#untrusted = new Untrusted(engine.fileSystem.capabilities.owners);
    if (engine.job.verb === "move" && engine.job.mode === "plan") this.#removals = new PlannedRemovals();
    this.#contents = new Contents(engine, (pair) => this.#use(pair));
  }

  /** Whether the source has told everything and nothing is on its way. */
  get isQuiet(): boolean {
    return this.#isScanned && this.#contents.count === 0 && this.#toHash.length === 0;
  }

  /** Whether the source has told everything. */
  get isScanned(): boolean {
    return this.#isScanned;
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
      case "file-data":
        return this.#contents.data(record);
      case "file-hole":
        return this.#contents.hole(record);
      case "file-end":
        return this.#contents.end(record);
      case "shard":
        return this.#contents.shard(record);
      case "file-same":
        return this.#contents.same(record.request);
      case "file-differs":
        return this.#contents.differs(record.request);
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
    const requests = this.#contents.takeUnsent();
    const replies = this.#replies.splice(0);
    if (requests.length > 0) replies.unshift({ kind: "need", requests });
    if (this.#credit > 0) replies.push({ kind: "credit", entries: this.#credit });
    this.#credit = 0;
    return replies;
  }

  /** Hashes a file of the destination that waits for it, if there is one, and asks. Gives way to other work in between. */
  async hashNext(): Promise<boolean> {
    const next = this.#toHash.shift();
    if (next === undefined) return false;
    const { pair, entry } = next;
    try {
      this.#use(pair);
      const hash = await hashFile(this.#engine, pair, entry, this.hash);
      // Only a run that writes has any use for the content.
      const kind = this.#engine.job.mode === "write" ? "unless-hash" : "compare-hash";
      this.#ask(pair, entry, { kind, hash });
    } catch (error) {
      this.#engine.handleFailure(pair.pathOf(entry.name), error);
      if (this.#directoryOf(pair)?.isTold === false) this.#credit++;
    }
    this.#settle(pair);
    return true;
  }

  /** Closes everything; what is unfinished goes. */
  close(): void {
    this.#contents.abandon();
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
    this.#ask(pair, entry, { kind: "whole" });
  }

  compare(pair: DirectoryPair, entry: Entry): void {
    const directory = this.#directoryOf(pair);
    if (directory !== undefined) directory.pending++;
    if (entry.source.nlink > 1) this.#engine.links.markUnfinished(entry.source);
    this.#toHash.push({ pair: directory === undefined ? this.#reopen(pair) : pair, entry });
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
      const receiving = { path, received, work: DirectoryWork.begin(pair), pending: 0, isTold: false };
      this.#directories.set(id, receiving);
      this.#byPath.set(path, receiving);
      this.#use(pair);
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
    this.#use(work.pair);
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
    // `directory-done` gives back the rest.
    this.#credit = 0;
    if (!complete) this.#removals?.keep(receiving.path);
    this.#use(receiving.work.pair);
    try {
      receiving.work.settle(complete);
    } catch (error) {
      this.#engine.handleFailure(receiving.path, error);
    }
    this.#finishIfDone(receiving);
  }

  #finishIfDone(receiving: Receiving): void {
    if (!receiving.isTold || receiving.pending > 0) return;
    const { path, received, work } = receiving;
    try {
      this.#use(work.pair);
      work.finish(false);
    } catch (error) {
      this.#engine.handleFailure(path, error);
    }
    this.#open.delete(work.pair);
    work.close();
    this.#byPath.delete(path);
    this.#directories.delete(received.id!);
    this.#replies.push({ kind: "directory-done", id: received.id!, skipSubtree: false });
    this.#engine.publish();
  }

  #ask(pair: DirectoryPair, entry: Entry, mode: Parameters<Contents["ask"]>[0]["mode"]): void {
    const attributes = pair.source.readAttributes(entry.name);
    const directory = this.#directoryOf(pair);
    if (directory === undefined) return this.#askByPath(pair, entry, attributes, mode);
    const index = directory.received.entry(entry.name)?.index;
    directory.pending++;
    this.#contents.ask({
      pair,
      entry,
      attributes,
      mode,
      target: index === undefined
        ? { by: "path", path: split(pair.pathOf(entry.name)) }
        : { by: "entry", directory: directory.received.id!, index },
      onDone: () => {
        if (!directory.isTold) this.#credit++;
        this.#settle(pair);
      },
    });
  }

  /** Something that had to wait: its directory has been given back, and its pair is the caller's. */
  #askByPath(
    pair: DirectoryPair,
    entry: Entry,
    attributes: ReturnType<SourceDirectory["readAttributes"]>,
    mode: Parameters<Contents["ask"]>[0]["mode"],
  ): void {
    const own = this.#reopen(pair);
    const target = { by: "path", path: split(pair.pathOf(entry.name)) } as const;
    this.#contents.ask({
      pair: own,
      entry,
      attributes,
      mode,
      target,
      onDone: () => {
        if (own.touched) this.#engine.finalizeLater(own.path);
        this.#open.delete(own);
        own.close();
      },
    });
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

  /** Keeps few directories open: the one that was used longest ago gives its handle back. */
  #use(pair: DirectoryPair): void {
    this.#open.delete(pair);
    this.#open.add(pair);
    if (this.#open.size <= MOST_OPEN_DIRECTORIES) return;
    const [oldest] = this.#open;
    this.#open.delete(oldest);
    oldest.suspend();
  }
}

function joinPath(components: readonly ByteString[]): ByteString {
  return asByteString(components.join("/"));
}

function split(path: ByteString): ByteString[] {
  return path === "" ? [] : path.split("/").map(asByteString);
}
