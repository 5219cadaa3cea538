/**
 * Directories that the source tells of: each becomes work of the engine, and is given back when that and every content in it is done.
 *
 * ```text
 * directory       both sides of it are compared as far as they are known
 * entries         each is decided and carried out; contents are asked for
 * directory-end   what only the destination has is settled; finished when the last content is there
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Stat } from "../../fs/types.ts";
import { joinPath } from "../../paths/byte_path.ts";
import { type ByteString, joinBytes } from "../../paths/bytes.ts";
import type {
  CreditRecord,
  DirectoryDoneRecord,
  DirectoryEndRecord,
  DirectoryRecord,
  EntriesRecord,
} from "../../wire/mod.ts";
import { DirectoryPair, type PairState } from "../directories/pair.ts";
import { DirectoryWork } from "../directories/process_directory.ts";
import type { Engine } from "../threads/engine.ts";
import type { DestinationState } from "../threads/job.ts";
import { AskedDirectory } from "./asked_directory.ts";
import type { KeptEntries } from "./kept_entries.ts";
import type { OpenPairs } from "./open_pairs.ts";
import type { PlannedRemovals } from "./planned_removals.ts";
import { type DirectoryMetadata, ReceivedDirectory } from "./received_directory.ts";
import type { Untrusted } from "./untrusted.ts";

/** A directory that has not been given back. */
interface Told {
  readonly asked: AskedDirectory;
  readonly work: DirectoryWork;
  /** Everything in it was told. */
  isTold: boolean;
  /** And that is all there is. */
  isWhole: boolean;
}

/** What {@linkcode ToldDirectories} works with. */
export interface ToldDirectoriesOptions {
  readonly engine: Engine;
  readonly kept: KeptEntries;
  readonly open: OpenPairs;
  /** Absent where everything is taken as the source says. */
  readonly untrusted: Untrusted | undefined;
  /** Told of every entry, where somebody wants to know what a move would remove. */
  readonly removals: PlannedRemovals | undefined;
}

/** Directories from their first record until they are given back. */
export class ToldDirectories {
  readonly #options: ToldDirectoriesOptions;
  readonly #byId = new Map<number, Told | "skipped">();
  readonly #byPath = new Map<ByteString, Told>();
  /** Those that take part and have not been told yet. */
  readonly #expected = new Map<ByteString, DestinationState>();
  #done: DirectoryDoneRecord[] = [];
  /** Entries of the directory that is being listed that nothing is to be done about any more. */
  #credit = 0;

  constructor(options: ToldDirectoriesOptions) {
    this.#options = options;
  }

  /** A directory takes part, and will be told. */
  expect(path: ByteString, state: DestinationState): void {
    this.#expected.set(path, state);
  }

  /** The one that this pair belongs to, unless it has been given back. */
  at(pair: DirectoryPair): AskedDirectory | undefined {
    const told = this.#byPath.get(pair.path);
    return told?.work.pair === pair ? told.asked : undefined;
  }

  /** What the source says of a directory that has not been given back. */
  metadataOf(path: ByteString): DirectoryMetadata | undefined {
    return this.#byPath.get(path)?.asked.received.metadata;
  }

  /** What gives directories and entries back. */
  takeReplies(): (DirectoryDoneRecord | CreditRecord)[] {
    const replies: (DirectoryDoneRecord | CreditRecord)[] = this.#done.splice(0);
    if (this.#credit > 0) replies.push({ kind: "credit", entries: this.#credit });
    this.#credit = 0;
    return replies;
  }

  /** Throws "protocol" for an id that is in use. */
  begin({ id, path: components, stat, attributes }: DirectoryRecord): void {
    if (this.#byId.has(id)) throw new BlitError("protocol", `Cannot begin directory ${id} twice`);
    const { engine, kept, open } = this.#options;
    const path = joinPath(components);
    const state = this.#expected.get(path);
    this.#expected.delete(path);
    if (state === undefined) return this.#skip(id);
    engine.enter(path);
    const received = new ReceivedDirectory(this.#metadata(stat, attributes), id);
    // It is created, with its metadata to be set at the end, when something below needs it.
    if (state === "absent") kept.addDirectory(path, received.metadata);
    try {
      const pair = DirectoryPair.open(engine, path, this.#pairState(state), received);
      const asked = new AskedDirectory(pair, received, () => {
        if (!told.isTold) this.#credit++;
        this.#finishIfDone(told);
      });
      const told: Told = { asked, work: DirectoryWork.begin(pair), isTold: false, isWhole: false };
      this.#byId.set(id, told);
      this.#byPath.set(path, told);
      open.use(pair);
    } catch (error) {
      engine.handleFailure(path, error);
      this.#skip(id);
    }
  }

  /** Throws "protocol" where the directory was not begun. */
  take({ directory: id, first, entries }: EntriesRecord): void {
    const told = this.#find(id);
    if (told === "skipped") return;
    const { engine, open, removals, untrusted } = this.#options;
    const { work, asked: { pair, received } } = told;
    this.#credit += entries.length;
    engine.enter(pair.path);
    open.use(pair);
    const names = received.replaceEntries(first, entries, untrusted);
    this.#keepUntaken(pair.path, entries, names);
    removals?.add(pair.path, entries);
    const before = told.asked.pending;
    // What is left out here is known at the destination all the same.
    const known = work.pairNames(entries.map(({ name }) => name));
    const isTaken = (name: ByteString): boolean => names.has(name);
    work.process({ present: known.present.filter(isTaken), missing: known.missing.filter(isTaken) });
    // Entries whose content is on its way count until it is here.
    this.#credit -= told.asked.pending - before;
    engine.publish();
  }

  /** Throws "protocol" where the directory was not begun. */
  end({ id, complete }: DirectoryEndRecord): void {
    const told = this.#find(id);
    if (told === "skipped") {
      this.#byId.delete(id);
      return;
    }
    told.isTold = true;
    told.isWhole = complete;
    // `directory-done` gives back the rest.
    this.#credit = 0;
    if (!complete) this.#options.removals?.keep(told.asked.pair.path);
    this.#finishIfDone(told);
  }

  /** Closes what has not been given back. */
  close(): void {
    for (const told of this.#byId.values()) if (told !== "skipped") told.work.close();
    this.#byId.clear();
  }

  #metadata(stat: Stat, attributes: Attributes | undefined): DirectoryMetadata {
    const { untrusted } = this.#options;
    if (untrusted === undefined) return { stat, attributes };
    return { stat: untrusted.stat(stat), attributes: untrusted.attributes(attributes) };
  }

  #pairState(state: DestinationState): PairState {
    return this.#options.engine.job.mode !== "write" && state === "fresh" ? "planned" : state;
  }

  #skip(id: number): void {
    this.#byId.set(id, "skipped");
    this.#done.push({ kind: "directory-done", id, skipSubtree: true });
  }

  /** What this side does not take is not safe here, whatever has its name. */
  #keepUntaken(path: ByteString, entries: EntriesRecord["entries"], taken: Pick<Set<ByteString>, "has">): void {
    const { job, outbox } = this.#options.engine;
    if (job.verb !== "move") return;
    for (const { name } of entries) if (!taken.has(name)) outbox.keepSource(joinBytes(path, name));
  }

  #finishIfDone({ asked, work, isTold, isWhole }: Told): void {
    if (!isTold || asked.pending > 0) return;
    const { engine, open } = this.#options;
    const { pair, received: { id } } = asked;
    try {
      open.use(pair);
      // Not before: what an interrupted run has left of a file is gone on with, not removed.
      work.settle(isWhole);
      work.finish(false);
    } catch (error) {
      engine.handleFailure(pair.path, error);
    }
    open.forget(pair);
    work.close();
    this.#byPath.delete(pair.path);
    this.#byId.delete(id!);
    this.#done.push({ kind: "directory-done", id: id!, skipSubtree: false });
    engine.publish();
  }

  #find(id: number): Told | "skipped" {
    const told = this.#byId.get(id);
    if (told === undefined) throw new BlitError("protocol", `Cannot go on with directory ${id}: it was not begun`);
    return told;
  }
}
