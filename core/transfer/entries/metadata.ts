/**
 * Owner, attributes, mode and times: in this order, because changing the owner clears set-id bits and capabilities, an ACL
 * changes the mode, and everything changes a time.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { Attributes, Directory, SinkFile, Stat, Times } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { type CompareRules, equalAttributes, sameTime } from "../../plan/compare.ts";
import type { CreationHabits, DirectoryPair } from "../directories/pair.ts";

/** What metadata is set on: an open file, or an entry of a directory. */
export interface MetadataTarget {
  setOwner(uid: number, gid: number): void;
  setMode(mode: number): void;
  setTimes(times: Times): void;
  writeAttributes(attributes: Attributes | undefined): void;
  stat(): Stat | undefined;
}

/** An entry by name, or the directory itself without one. */
export function targetIn(directory: Directory, name: ByteString | undefined): MetadataTarget {
  return {
    setOwner: (uid, gid) => directory.setOwner(name, uid, gid),
    setMode: (mode) => directory.setMode(name, mode),
    setTimes: (times) => directory.setTimes(name, times),
    writeAttributes: (attributes) => directory.writeAttributes(name, attributes),
    stat: () => name === undefined ? directory.stat() : directory.statEntry(name),
  };
}

/**
 * Gives a file that has just been created everything but its content. Every step is tried; the first failure is returned, so
 * that one attribute that cannot be kept does not cost the others.
 */
export function completeNewFile(
  pair: DirectoryPair,
  sink: SinkFile,
  source: Stat,
  attributes: Attributes | undefined,
  requestedMode: number,
): BlitError | undefined {
  const { rules, umask } = pair.engine.job;
  const expectedMode = umask === undefined ? undefined : requestedMode & ~umask;
  const habits = pair.habits ??= learnHabits(sink.stat(), expectedMode);
  const changesOwner = rules.owners && (source.uid !== habits.uid || source.gid !== habits.gid);
  const changesAttributes = attributes !== undefined || pair.inheritsAcl;
  const hasMode = habits.honoursMode && !changesAttributes && source.mode === expectedMode;
  return firstFailure([
    changesOwner ? () => sink.setOwner(source.uid, source.gid) : undefined,
    changesAttributes ? () => sink.writeAttributes(attributes) : undefined,
    rules.modes && !hasMode ? () => sink.setMode(source.mode) : undefined,
    () => setTimes(sink, source, rules),
  ]);
}

/**
 * Makes the metadata of an existing entry that of the source, setting only what differs.
 *
 * @returns the first failure; every step is tried
 */
export function repairMetadata(
  target: MetadataTarget,
  source: Stat,
  current: Stat,
  attributes: { source: Attributes | undefined; current: Attributes | undefined },
  rules: CompareRules,
): BlitError | undefined {
  const changesOwner = rules.owners && (source.uid !== current.uid || source.gid !== current.gid);
  const changesAttributes = !equalAttributes(attributes.source, attributes.current);
  const hasMode = source.mode === current.mode && !changesOwner && !changesAttributes;
  return firstFailure([
    changesOwner ? () => target.setOwner(source.uid, source.gid) : undefined,
    changesAttributes ? () => target.writeAttributes(attributes.source) : undefined,
    rules.modes && source.kind !== "symlink" && !hasMode ? () => target.setMode(source.mode) : undefined,
    sameTime(source, current, rules.timeStepNanoseconds) ? undefined : () => setTimes(target, source, rules),
  ]);
}

/** Seconds that every file system can hold: 32 bits. Beyond, Linux stores the nearest it can and says nothing. */
const SAFE_SECONDS = 0x7fff_ffff;

function setTimes(target: MetadataTarget, source: Stat, rules: CompareRules): void {
  target.setTimes(source);
  if (Math.abs(source.mtimeSeconds) <= SAFE_SECONDS) return;
  const stored = target.stat();
  if (stored !== undefined && !sameTime(source, stored, rules.timeStepNanoseconds)) {
    throw new BlitError(
      "metadata",
      `Cannot keep the time ${timeText(source.mtimeSeconds)}: the file system cannot hold it`,
    );
  }
}

/** JavaScript's dates end in the year 275760; file systems go on. */
function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
}

function learnHabits(created: Stat, expectedMode: number | undefined): CreationHabits {
  return { uid: created.uid, gid: created.gid, honoursMode: created.mode === expectedMode };
}

function firstFailure(steps: readonly ((() => void) | undefined)[]): BlitError | undefined {
  let failure: BlitError | undefined;
  for (const step of steps) {
    if (step === undefined) continue;
    try {
      step();
    } catch (error) {
      failure ??= asMetadataFailure(toBlitError(error));
    }
  }
  return failure;
}

/** The content is in place whatever went wrong here; and an attribute that does not fit does not mean that the disk is full. */
function asMetadataFailure(error: BlitError): BlitError {
  return new BlitError("metadata", error.message, {
    cause: error,
    ...(error.path === undefined ? {} : { path: error.path }),
  });
}
