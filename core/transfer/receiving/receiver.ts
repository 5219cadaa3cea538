/**
 * The sink side of a lane: what the source tells becomes work of an engine, and what that needs is asked for.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Xxh128 } from "../../hash/xxh128.ts";
import { joinPath } from "../../paths/byte_path.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { SinkRecord, SourceRecord } from "../../wire/mod.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import { targetIn } from "../entries/metadata.ts";
import { hasKept, KEPT_BYTES } from "../files/kept_file.ts";
import type { Engine } from "../threads/engine.ts";
import type { DestinationState } from "../threads/job.ts";
import type { RemoteSource } from "../threads/remote_source.ts";
import type { IncomingRanges } from "./incoming_ranges.ts";
import { Inquiries } from "./inquiries.ts";
import { KeptEntries } from "./kept_entries.ts";
import { OpenPairs } from "./open_pairs.ts";
import { PlannedRemovals } from "./planned_removals.ts";
import type { Question } from "./question.ts";
import type { RangeLanes } from "./range_messages.ts";
import { type DirectoryMetadata, ReceivedDirectory } from "./received_directory.ts";
import { ReopenedDirectories } from "./reopened_directories.ts";
import { ToldDirectories } from "./told_directories.ts";
import { Untrusted } from "./untrusted.ts";

/** Smaller files with another time are compared as a whole first: many of them can be asked about at once. */
const COMPARED_IN_BLOCKS_BYTES = 4 * 1024 * 1024;

/** Turns records into work. Create the engine with it as its remote source, then call {@linkcode Receiver.attach}. */
export class Receiver implements RemoteSource {
  #engine!: Engine;
  #untrusted: Untrusted | undefined;
  #removals: PlannedRemovals | undefined;
  #inquiries!: Inquiries;
  #told!: ToldDirectories;
  #reopened!: ReopenedDirectories;
  readonly #kept = new KeptEntries();
  #isScanned = false;

  /** @param lanes further lanes that may be had for large files */
  constructor(readonly hasher: Xxh128, readonly lanes?: RangeLanes) {}

  /** The engine that does the work. */
  attach(engine: Engine): void {
    this.#engine = engine;
    if (!engine.job.isTrusted) this.#untrusted = new Untrusted(engine.fileSystem.capabilities.owners);
    if (engine.job.verb === "move" && engine.job.mode === "plan") this.#removals = new PlannedRemovals();
    const { hasher: hash, lanes } = this;
    const open = new OpenPairs();
    this.#inquiries = new Inquiries({ engine, hash, lanes, onUse: (pair) => open.use(pair) });
    this.#reopened = new ReopenedDirectories(engine, open);
    const [untrusted, removals] = [this.#untrusted, this.#removals];
    this.#told = new ToldDirectories({ engine, kept: this.#kept, open, untrusted, removals });
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
        return this.#told.begin(record);
      case "entries":
        return this.#told.take(record);
      case "directory-end":
        return this.#told.end(record);
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
    // What is asked about in a directory comes before it is given back.
    return [...this.#inquiries.takeRecords(), ...this.#told.takeReplies()];
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
    this.#reopened.close();
    this.#told.close();
  }

  // What the engine asks.

  openDirectory(path: ByteString): ReceivedDirectory {
    return this.#kept.open(path, () => this.#metadataOf(path));
  }

  expectDirectory(path: ByteString, state: DestinationState): void {
    this.#told.expect(path, state);
  }

  keepEntry(pair: DirectoryPair, name: ByteString): void {
    const entry = pair.source instanceof ReceivedDirectory ? pair.source.entry(name) : undefined;
    if (entry === undefined) return;
    this.#kept.add(pair.path, entry);
    // Of what is only planned nothing can be asked later.
    if (pair.state === "planned") this.#kept.addDirectory(pair.path, this.#metadataOf(pair.path));
  }

  keepDirectory(path: ByteString): void {
    if (!this.#kept.hasDirectory(path)) this.#kept.addDirectory(path, this.#metadataOf(path));
  }

  copy(pair: DirectoryPair, entry: Entry): void {
    const mayResume = this.#mayResume(pair, entry);
    const question = this.#ask(pair, entry);
    if (mayResume) this.#inquiries.resume(question, { isCompared: false });
    else this.#inquiries.copy(question);
  }

  compare(pair: DirectoryPair, entry: Entry): void {
    const { mode, rules } = this.#engine.job;
    const mayResume = mode === "write" && this.#mayResume(pair, entry);
    const question = this.#ask(pair, entry);
    // Of what has another time each block is compared at once. What is only checked is most likely the same, and not copied for that.
    if (mayResume && entry.source.size >= COMPARED_IN_BLOCKS_BYTES && rules.content !== "checksum") {
      return this.#inquiries.resume(question, { isCompared: true });
    }
    // What differs is resumed; and only a run that writes has any use for the content.
    this.#inquiries.compare(question, mode === "write" && !mayResume ? "unless-hash" : "compare-hash");
  }

  /** Whether there is enough of a file here to go on with. */
  #mayResume(pair: DirectoryPair, { source, destination, destinationName }: Entry): boolean {
    if (!this.#engine.job.resume || source.size < KEPT_BYTES || this.#told.at(pair) === undefined) return false;
    if (destination?.kind === "file" && destination.size >= KEPT_BYTES) return true;
    return pair.state === "present" && hasKept(pair.destination!, destinationName);
  }

  /** Begins to ask about an entry of a pair, which may be closed before the answer comes. */
  #ask(pair: DirectoryPair, entry: Entry): Question {
    const directory = this.#told.at(pair) ?? this.#reopened.at(pair, () => this.openDirectory(pair.path));
    return directory.ask(entry, pair);
  }

  /** What a directory has to be at the end: what the source says of it, or, once it is finished, what it is. */
  #metadataOf(path: ByteString): DirectoryMetadata {
    const told = this.#told.metadataOf(path);
    if (told !== undefined) return told;
    using directory = this.#engine.openDestination(path);
    return { stat: targetIn(directory, undefined).stat()!, attributes: directory.readAttributes(undefined) };
  }
}
