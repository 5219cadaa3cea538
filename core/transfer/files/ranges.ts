/**
 * Large files: several engines copy parts of one file at once.
 *
 * The engine that meets the file creates it under a temporary name and makes each range a task. Whoever does the last range
 * checks the source, completes the file and puts it in its place. A slot in the shared state counts what is left: the number
 * of ranges plus one for that last step, so that the slot stays taken until the file is in place.
 *
 * @module
 */

import type { BlitError } from "../../errors.ts";
import type { SinkFile, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { isUntouched } from "../../plan/compare.ts";
import { copyAt, copySparse, reflink } from "./copy_content.ts";
import { copyWhole } from "./copy_whole_file.ts";
import { removeQuietly } from "../entries/create_node.ts";
import type { Engine } from "../threads/engine.ts";
import type { Entry } from "../entries/entry.ts";
import type { RangeTask } from "../threads/job.ts";
import { completeNewFile } from "../entries/metadata.ts";
import { appearedMeanwhile } from "../entries/name_collision.ts";
import { DirectoryPair } from "../directories/pair.ts";
import { closeWritten, COPY_ATTEMPTS, countCopied, putInPlace, sourceChanged, withFinalName } from "./place_file.ts";

/** Files of at least this size are split: below, handing over costs more than it gains. */
const SPLIT_BYTES = 64 * 1024 * 1024;
/** Bytes of a range: about 10 ms of work, so that engines end together. */
const RANGE_BYTES = 32 * 1024 * 1024;
/** The same on the main thread: about as much as may pass before it looks after signals. */
const SMALL_STEP_BYTES = 16 * 1024 * 1024;
/** Files from this size on are a step of their own there. */
const SMALL_STEP_FILE_BYTES = 2 * 1024 * 1024;
/** Most ranges of one file; a larger file gets larger ranges. */
const MOST_RANGES = 4096;

/** A temporary file that is being filled. */
interface HeldFile {
  readonly sink: SinkFile;
  readonly path: ByteString;
  readonly temporary: ByteString;
}

/**
 * Temporary files that this engine has created for ranges, by slot. Their handles carry the lock that says that the writer lives;
 * there are never more of them than slots.
 */
export class RangedFiles {
  readonly #held = new Map<number, HeldFile>();

  constructor(readonly engine: Engine) {}

  /** Keeps a handle open until its file is in place. */
  hold(slot: number, file: HeldFile): void {
    for (const held of this.#held.keys()) {
      // A slot that was given away again belongs to a file that is done.
      if (held === slot || Atomics.load(this.engine.shared!.rangesLeft, held) === 0) this.#drop(held);
    }
    this.#held.set(slot, file);
  }

  /** Closes the handles and removes what was left unfinished; a file that is in place no longer has its temporary name. */
  release(): void {
    for (const slot of this.#held.keys()) this.#drop(slot);
  }

  #drop(slot: number): void {
    const { sink, path, temporary } = this.#held.get(slot)!;
    this.#held.delete(slot);
    try {
      sink.close();
    } catch {
      // The handle was only held for its lock; those that wrote have closed theirs and said what they had to say.
    }
    try {
      using directory = this.engine.openDestination(path);
      removeQuietly(directory, temporary);
    } catch {
      // The directory is gone, and the file with it.
    }
  }
}

/** Splits a file into range tasks; `false` when it is to be copied as a whole. */
export function startRanges(pair: DirectoryPair, entry: Entry, attempt = 1): boolean {
  const { engine } = pair;
  const { size } = entry.source;
  const { smallSteps } = engine.job;
  if (size < (smallSteps ? SMALL_STEP_FILE_BYTES : SPLIT_BYTES)) return false;
  const rangeBytes = Math.max(smallSteps ? SMALL_STEP_BYTES : RANGE_BYTES, Math.ceil(size / MOST_RANGES));
  const count = Math.ceil(size / rangeBytes);
  const slot = engine.shared?.takeRangeSlot(count + 1);
  if (slot === undefined) return false;

  const temporary = engine.temporaryNames.next();
  try {
    if (createTemporary(pair, entry, temporary, slot)) {
      // A reflink has copied everything already: one empty range completes the file.
      engine.shared!.rangesLeft[slot] = 2;
      pushRanges(pair, entry, { slot, temporary, attempt, rangeBytes: size, from: size });
    } else {
      pushRanges(pair, entry, { slot, temporary, attempt, rangeBytes, from: 0 });
    }
  } catch (error) {
    Atomics.store(engine.shared!.rangesLeft, slot, 0);
    removeQuietly(pair.ensureDestination(), temporary);
    throw withFinalName(error, temporary, entry.destinationName);
  }
  if (entry.source.nlink > 1) engine.links.markUnfinished(entry.source);
  return true;
}

/** Copies one range, and completes the file if it was the last. */
export function copyRange(engine: Engine, task: RangeTask): void {
  const shared = engine.shared!;
  engine.enter(task.path);
  engine.at(task.name);
  let pair: DirectoryPair | undefined;
  try {
    pair = DirectoryPair.open(engine, task.path, "present");
    if (Atomics.load(shared.rangesFailed, task.slot) === 0) fillRange(pair, task);
  } catch (error) {
    fail(engine, task, error);
  } finally {
    if (Atomics.sub(shared.rangesLeft, task.slot, 1) === 2) {
      if (pair !== undefined) completeRanged(pair, task);
      Atomics.store(shared.rangesLeft, task.slot, 0);
    }
    pair?.close();
  }
}

function createTemporary(pair: DirectoryPair, entry: Entry, temporary: ByteString, slot: number): boolean {
  const { engine } = pair;
  const { source } = entry;
  const file = pair.source.openFile(entry.name);
  try {
    const sink = pair.ensureDestination().createFile(temporary, 0o600);
    engine.ranged.hold(slot, { sink, path: pair.path, temporary });
    sink.holdShared();
    if (reflink(engine, file, sink, source)) return true;
    if (source.allocatedBytes >= source.size) sink.reserve(source.size);
    sink.truncate(source.size);
    return false;
  } finally {
    file.close();
  }
}

function pushRanges(
  pair: DirectoryPair,
  { name, destinationName, source, destination }: Entry,
  plan: { slot: number; temporary: ByteString; attempt: number; rangeBytes: number; from: number },
): void {
  const { slot, temporary, attempt, rangeBytes, from } = plan;
  const common = { path: pair.path, name, destinationName, temporary, slot, attempt, source };
  const replaces = destination !== undefined;
  // The last range first: the scheduler takes the newest task, so the file is written from its start.
  const starts: number[] = [];
  for (let start = from; start < source.size || start === from; start += rangeBytes) starts.push(start);
  for (const start of starts.reverse()) {
    const end = Math.min(source.size, start + rangeBytes);
    pair.engine.scheduler.push({ kind: "range", ...common, replaces, start, end });
  }
}

function fillRange(pair: DirectoryPair, task: RangeTask): void {
  const { engine } = pair;
  const { start, end, source } = task;
  if (start >= end) return;
  const from = pair.source.openFile(task.name);
  try {
    const sink = pair.destination!.openForUpdate(task.temporary);
    try {
      const isSparse = source.allocatedBytes < source.size;
      const copied = isSparse
        ? copySparse(engine, from, sink, start, end, source.size)
        : copyAt(engine, from, sink, start, end);
      if (copied < end - start) throw sourceChanged(engine, pair.pathOf(task.name));
    } finally {
      closeWritten(engine, sink, end - start);
    }
  } finally {
    from.close();
  }
}

/** The last step of a file: everything is copied, or something has failed. */
function completeRanged(pair: DirectoryPair, task: RangeTask): void {
  const { engine } = pair;
  const shared = engine.shared!;
  const directory = pair.destination!;
  let placed = false;
  try {
    const failure = Atomics.load(shared.rangesFailed, task.slot);
    if (engine.stopped || failure === FAILURE.reported) return;
    const source = pair.source.statEntry(task.name);
    if (failure === FAILURE.changed || source === undefined || !isUntouched(task.source, source)) {
      return copyAgain(pair, task, source);
    }
    completeTemporary(pair, task);
    placeTemporary(pair, task);
    placed = true;
    countCopied(engine, pair, asEntry(task, source), task.source.size);
    if (engine.job.single === undefined) engine.finalizeLater(task.path);
  } catch (error) {
    fail(engine, task, error, true);
  } finally {
    if (!placed) removeQuietly(directory, task.temporary);
  }
}

/** Puts the file in its place; over one of the same name that another program has created meanwhile. */
function placeTemporary(pair: DirectoryPair, { temporary, destinationName, replaces }: RangeTask): void {
  const directory = pair.destination!;
  try {
    putInPlace(pair, directory, temporary, destinationName, replaces);
  } catch (error) {
    if (!appearedMeanwhile(pair, destinationName, error)) throw error;
    putInPlace(pair, directory, temporary, destinationName, true);
  }
}

function completeTemporary(pair: DirectoryPair, task: RangeTask): void {
  const { engine } = pair;
  const sink = pair.destination!.openForUpdate(task.temporary);
  try {
    // Learned from another file this would not hold: the temporary was created closed to others.
    pair.habits = undefined;
    const failure = completeNewFile(pair, sink, task.source, pair.source.readAttributes(task.name), 0o600);
    if (failure !== undefined) engine.handleFailure(pair.pathOf(task.name), failure);
    if (engine.job.flushFiles) engine.inSlowCall(() => sink.flush());
  } finally {
    closeWritten(engine, sink, task.source.size);
  }
}

function copyAgain(pair: DirectoryPair, task: RangeTask, source: Stat | undefined): void {
  const { engine } = pair;
  const changed = sourceChanged(engine, pair.pathOf(task.name));
  if (source?.kind !== "file" || task.attempt >= COPY_ATTEMPTS) throw changed;
  if (!startRanges(pair, asEntry(task, source), task.attempt + 1)) copyWhole(pair, asEntry(task, source));
}

function asEntry(task: RangeTask, source: Stat): Entry {
  const { name, destinationName, replaces } = task;
  return { name, destinationName, source, destination: replaces ? source : undefined };
}

/** Why the other ranges of a file have nothing left to do. */
const FAILURE = { none: 0, reported: 1, changed: 2 } as const;

/** The first failure of a file is reported; a source that changed is copied again, by whoever comes last. */
function fail(engine: Engine, task: RangeTask, thrown: unknown, isLast = false): void {
  const error: BlitError = withFinalName(thrown, task.temporary, task.destinationName);
  const kind = error.code === "changed" && !isLast ? FAILURE.changed : FAILURE.reported;
  const before = Atomics.exchange(engine.shared!.rangesFailed, task.slot, kind);
  if (before === FAILURE.reported) Atomics.store(engine.shared!.rangesFailed, task.slot, FAILURE.reported);
  if (kind === FAILURE.changed) return;
  const isFirst = before !== FAILURE.reported;
  const path = (task.path === "" ? task.name : `${task.path}/${task.name}`) as ByteString;
  if (isFirst) engine.handleFailure(path, error);
}
