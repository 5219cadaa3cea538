/**
 * The directory task: both sides are listed, each entry is decided and carried out, then the directory itself is finished.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Difference } from "../../events.ts";
import type { Directory, Stat } from "../../fs/types.ts";
import { type ByteString, displayPath, encodeText } from "../../paths/bytes.ts";
import { equalAttributes, isSameFile, metadataDifferences } from "../../plan/compare.ts";
import { destinationNames, sourceBatches } from "../../scan/batches.ts";
import type { Engine } from "../threads/engine.ts";
import { canStayOpen, completeDirectory } from "./finalize_directory.ts";
import type { DestinationState, PairedNames } from "../threads/job.ts";
import { appearedMeanwhile } from "../entries/name_collision.ts";
import { DirectoryPair } from "./pair.ts";
import { asReadFailure, isGone } from "./read_failure.ts";
import { reportMissing } from "../entries/missing.ts";
import { processEntry } from "../entries/process_entry.ts";
import { isTemporaryName, removeAbandoned } from "../files/temporary.ts";

/** Entries between two publications of the counters. */
const ENTRIES_PER_PUBLICATION = 64;
/** Entries of one step on the main thread: a few milliseconds. With 32, workers waited for the next that it had to offer. */
const SMALL_STEP_ENTRIES = 128;

/** Does everything in one directory; its subdirectories become tasks. */
export function processDirectory(engine: Engine, path: ByteString, state: DestinationState): void {
  engine.enter(path);
  const pair = openPair(engine, path, state);
  if (pair === undefined) return;
  const work = DirectoryWork.begin(pair);
  try {
    const { handedOver, complete } = processBatches(work);
    work.settle(complete);
    work.finish(handedOver);
  } finally {
    work.close();
  }
}

/**
 * One directory while its entries are done: begun, given names in batches, settled, finished, closed. Where a single entry is
 * transferred, the directories around it are none of its business.
 */
export class DirectoryWork {
  /** Names of the destination that no name of the source has met yet; `undefined` for a directory that was not there. */
  readonly #names: Set<ByteString> | undefined;
  /** What the destination was; `undefined` where it was not there. */
  readonly #before: Stat | undefined;

  private constructor(readonly pair: DirectoryPair) {
    const isSingle = pair.engine.job.single !== undefined;
    if (isSingle && !pair.engine.job.resume) sweepRemnants(pair);
    const isPresent = pair.state === "present" && !isSingle;
    this.#before = isPresent ? reportOwnDifferences(pair) : undefined;
    this.#names = isPresent ? listDestination(pair) : undefined;
  }

  /** Compares the directories themselves and lists the destination. Closes the pair when that fails. */
  static begin(pair: DirectoryPair): DirectoryWork {
    try {
      return new DirectoryWork(pair);
    } catch (error) {
      pair.close();
      throw error;
    }
  }

  /** Tells the names that the destination has from the others, and takes them out of those that only the destination has. */
  pairNames(names: readonly ByteString[]): PairedNames {
    const { single } = this.pair.engine.job;
    if (single !== undefined && this.pair.statDestination(single.destination)) return { present: names, missing: [] };
    const present = this.#names;
    if (present === undefined || present.size === 0) return { present: [], missing: names };
    const paired = { present: [] as ByteString[], missing: [] as ByteString[] };
    for (const name of names) (present.delete(name) ? paired.present : paired.missing).push(name);
    return paired;
  }

  /** Does these names now. */
  process(names: PairedNames): void {
    processNames(this.pair, names);
  }

  /** Deals with what only the destination has, unless the listing was not whole: then nobody knows what that is. */
  settle(complete: boolean): void {
    if (this.#names !== undefined && complete) settleLeftovers(this.pair, this.#names);
  }

  /** Completes the directory itself, or leaves that for later. */
  finish(handedOver: boolean): void {
    const { job, stopped } = this.pair.engine;
    // Until now one of them could still be gone on with.
    if (job.single !== undefined && job.resume && !stopped) sweepRemnants(this.pair);
    if (job.single !== undefined) return;
    finishPair(this.pair, this.#before, handedOver);
  }

  close(): void {
    this.pair.close();
  }
}

/** Does some entries of a directory that another engine has listed, or that had to wait. */
export function processNamedEntries(
  engine: Engine,
  path: ByteString,
  state: DestinationState,
  names: PairedNames,
): void {
  engine.enter(path);
  const pair = openPair(engine, path, state);
  if (pair === undefined) return;
  try {
    engine.remote?.keepDirectory(path);
    if (engine.job.single !== undefined && !engine.job.resume) sweepRemnants(pair);
    processNames(pair, names);
    if (pair.touched && engine.job.single === undefined) engine.finalizeLater(path);
  } finally {
    pair.close();
  }
}

function openPair(engine: Engine, path: ByteString, state: DestinationState): DirectoryPair | undefined {
  try {
    return DirectoryPair.open(engine, path, engine.job.mode !== "write" && state === "fresh" ? "planned" : state);
  } catch (error) {
    engine.handleFailure(path, error);
    return undefined;
  }
}

function listDestination(pair: DirectoryPair): Set<ByteString> {
  const { names, damaged } = destinationNames(pair.destination!, () => pair.engine.checkStopped());
  if (pair.engine.job.mirror) reportDamaged(pair, damaged, pair.engine.job.destination ?? "");
  return names;
}

/** Handles every name of the source. Returns whether part of them went to other engines, and whether the listing was whole. */
function processBatches(work: DirectoryWork): { handedOver: boolean; complete: boolean } {
  const { pair } = work;
  const { engine, path } = pair;
  let handedOver = false;
  let complete = false;
  try {
    const expected = new Set(engine.filter.expectedIn(path));
    for (const batch of sourceBatches(pair.source, path, engine.filter)) {
      engine.checkStopped();
      if (expected.size > 0) batch.names.forEach((name) => expected.delete(name));
      reportDamaged(pair, batch.damaged, engine.job.shownSource);
      const names = work.pairNames(batch.names);
      const task = { kind: "entries", path, destination: pair.state as DestinationState, names } as const;
      if (engine.job.smallSteps && batch.names.length > SMALL_STEP_ENTRIES) {
        for (const part of inParts(names)) engine.scheduler.push({ ...task, names: part });
        handedOver = true;
      } else if (batch.names.length > 1 && engine.scheduler.handOver(task)) handedOver = true;
      else work.process(names);
    }
    for (const name of expected) reportMissing(pair, name);
    complete = true;
  } catch (error) {
    engine.handleFailure(path, isGone(pair.source) ? error : asReadFailure(error));
  }
  return { handedOver, complete };
}

function* inParts({ present, missing }: PairedNames): Generator<PairedNames> {
  const size = SMALL_STEP_ENTRIES;
  for (let start = 0; start < present.length; start += size) {
    yield { present: present.slice(start, start + size), missing: [] };
  }
  for (let start = 0; start < missing.length; start += size) {
    yield { present: [], missing: missing.slice(start, start + size) };
  }
}

function processNames(pair: DirectoryPair, { present, missing }: PairedNames): void {
  processEach(pair, present, true);
  processEach(pair, missing, false);
}

function processEach(pair: DirectoryPair, names: readonly ByteString[], isPresent: boolean): void {
  const { engine } = pair;
  let count = 0;
  for (const name of names) {
    if (engine.stopped) return;
    engine.at(name);
    try {
      processEntry(pair, name, isPresent);
    } catch (error) {
      if (!isPresent && appearedMeanwhile(pair, name, error)) processAgain(pair, name);
      else engine.handleFailure(pair.pathOf(name), error);
    }
    if (++count % ENTRIES_PER_PUBLICATION === 0) {
      engine.publish();
      engine.scheduler.share();
      engine.copySomethingEarly();
    }
  }
}

function processAgain(pair: DirectoryPair, name: ByteString): void {
  const { counters } = pair.engine.outbox;
  const { entriesFound, bytesFound } = counters;
  try {
    processEntry(pair, name, true);
  } catch (error) {
    pair.engine.handleFailure(pair.pathOf(name), error);
  }
  Object.assign(counters, { entriesFound, bytesFound }); // it was counted the first time
}

/** A name that exists and cannot be spelled can be neither copied nor deleted. */
function reportDamaged(pair: DirectoryPair, damaged: readonly string[], root: string): void {
  for (const readable of damaged) {
    const path = pair.pathOf(encodeText(readable));
    const shown = displayPath(root, path);
    const message = `Cannot read "${shown}": its name is not UTF-8, which this file system implementation cannot spell`;
    pair.engine.outbox.failure(path, new BlitError("invalid-name", message, { path: shown }));
  }
}

/** Removes remnants of crashes beside a single entry, whose directory is not listed otherwise. */
function sweepRemnants(pair: DirectoryPair): void {
  const { destination, engine } = pair;
  if (destination === undefined || engine.job.mode !== "write") return;
  for (const batch of destination.list()) {
    for (const name of batch.names) {
      if (isTemporaryName(name)) removeAbandoned(destination, name, engine.job.startedSeconds);
    }
  }
}

/** Deals with the names that only the destination has: remnants of crashes go, the rest is extraneous to a mirror. */
function settleLeftovers(pair: DirectoryPair, names: Set<ByteString>): void {
  const { engine, path } = pair;
  if (engine.stopped) return;
  const { mode, mirror } = engine.job;
  for (const name of names) {
    if (!isTemporaryName(name)) continue;
    // Blit never makes a directory of such a name.
    if (pair.statDestination(name)?.kind === "directory") continue;
    if (mode === "write" && removeAbandoned(pair.destination!, name, engine.job.startedSeconds)) pair.touched = true;
    names.delete(name); // one that is alive belongs to a concurrent run
  }
  if (mirror) engine.outbox.extraneous(path, [...names]);
}

/** Compares the directories themselves before anything in them moves their times. Returns what the destination was. */
function reportOwnDifferences(pair: DirectoryPair): Stat {
  const { engine, path } = pair;
  const { mode, rules } = engine.job;
  const source = pair.source.stat();
  const before = pair.destination!.stat();
  // Numbers of devices and inodes mean nothing on another machine.
  if (mode !== "verify" && engine.remote === undefined && isSameFile(source, before)) {
    const shown = displayPath(engine.job.shownSource, path);
    throw new BlitError(
      "refused",
      `Cannot ${engine.job.verb} "${shown}": source and destination are one directory here`,
      {
        path: shown,
      },
    );
  }
  const differences: Difference[] = metadataDifferences(source, before, rules);
  if (
    rules.metadata &&
    !equalAttributes(pair.source.readAttributes(undefined), pair.destination!.readAttributes(undefined))
  ) {
    differences.push("attributes");
  }
  if (differences.length === 0) engine.outbox.counters.unchanged++;
  else if (mode === "verify") engine.outbox.difference(differences, "directory", path);
  else {
    engine.outbox.counters.repaired++;
    engine.outbox.entry("repair", "directory", () => path);
    pair.touched = true;
  }
  if (mode === "write") openForWriting(pair, before);
  return before;
}

/** A user who is not root cannot write into a directory of his own without write permission; it is given back at the end. */
function openForWriting(pair: DirectoryPair, before: Stat): void {
  const destination: Directory = pair.destination!;
  if (canStayOpen(pair.engine, before.mode)) return;
  destination.setMode(undefined, before.mode | 0o700);
  pair.engine.finalizeLater(pair.path);
}

function finishPair(pair: DirectoryPair, before: Stat | undefined, handedOver: boolean): void {
  const { engine, path } = pair;
  if (engine.job.mode !== "write" || pair.destination === undefined || engine.stopped) return;
  const source = pair.source.stat();
  const isNew = before === undefined;
  if (!isNew && !pair.touched && !handedOver) return;
  // With entries still on their way, or a mode that would lock this user out of subdirectories, it has to wait.
  if (handedOver || !canStayOpen(engine, source.mode)) return engine.finalizeLater(path);
  completeDirectory(pair, source);
}
