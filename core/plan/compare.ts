/**
 * Whether an entry of the destination is what the source says. Pure: what needs reading is asked for, not done.
 *
 * @module
 */

import type { Difference } from "../events.ts";
import type { Attributes, Stat, Times } from "../fs/types.ts";

/** What decides that two files of the same kind have the same content. */
export type ContentRule = "size-and-time" | "checksum" | "size-only" | "ignore-times" | "ignore-existing";

/** What {@linkcode decide} needs to know beyond the two entries. */
export interface CompareRules {
  readonly content: ContentRule;
  /** The coarsest time step of the file system interface in use, in nanoseconds. */
  readonly timeStepNanoseconds: number;
  /** Anything besides the content counts at all. */
  readonly metadata: boolean;
  /** Owners count: they can be set, or a verification wants to see them. */
  readonly owners: boolean;
  /** Modes count. */
  readonly modes: boolean;
}

/** What is to be done with an entry, as far as its metadata tells. */
export type Decision =
  | "create" // nothing is there
  | "replace" // something else is there
  | "enter" // both are directories
  | "replace-by-directory" // the source is a directory, the destination is not
  | "blocked" // the destination is a directory, the source is not
  | "leave" // something is there, and the rule says that whatever is there stays
  | "compare-content" // two files of one size: their bytes decide
  | "compare-target" // two symbolic links: their targets decide
  | "same"; // the content is the same; metadata may differ

/** Decides about one entry. */
export function decide(source: Stat, destination: Stat | undefined, rules: CompareRules): Decision {
  if (destination === undefined) return "create";
  if (source.kind === "directory") return destination.kind === "directory" ? "enter" : "replace-by-directory";
  if (rules.content === "ignore-existing") return "leave";
  if (destination.kind === "directory") return "blocked";
  if (source.kind !== destination.kind) return "replace";
  switch (source.kind) {
    case "file":
      return decideFile(source, destination, rules);
    case "symlink":
      return "compare-target";
    case "block-device":
    case "character-device":
      return source.rdev === destination.rdev ? "same" : "replace";
    default:
      return "same";
  }
}

function decideFile(source: Stat, destination: Stat, rules: CompareRules): Decision {
  if (rules.content === "ignore-times" || source.size !== destination.size) return "replace";
  if (rules.content === "size-only") return "same";
  if (rules.content === "checksum") return "compare-content";
  // Another time and the same size is no evidence of another content, and reading is cheaper than writing.
  return sameTime(source, destination, rules.timeStepNanoseconds) ? "same" : "compare-content";
}

/** What differs besides the content; empty when nothing does. Attributes are compared by {@linkcode equalAttributes}. */
export function metadataDifferences(source: Stat, destination: Stat, rules: CompareRules): Difference[] {
  if (!rules.metadata) return [];
  const differences: Difference[] = [];
  if (!sameTime(source, destination, rules.timeStepNanoseconds)) differences.push("time");
  if (rules.modes && source.kind !== "symlink" && source.mode !== destination.mode) differences.push("mode");
  if (rules.owners && (source.uid !== destination.uid || source.gid !== destination.gid)) differences.push("owner");
  return differences;
}

/** Whether {@linkcode metadataDifferences} would be empty, without allocating. */
export function sameMetadata(source: Stat, destination: Stat, rules: CompareRules): boolean {
  if (!rules.metadata) return true;
  return sameTime(source, destination, rules.timeStepNanoseconds) &&
    (!rules.modes || source.mode === destination.mode || source.kind === "symlink") &&
    (!rules.owners || (source.uid === destination.uid && source.gid === destination.gid));
}

/**
 * Whether two modification times are the same, at the coarser resolution of the two sides.
 *
 * @param stepNanoseconds the time step of the interface that both were read through
 */
export function sameTime(a: Stat, b: Stat, stepNanoseconds: number): boolean {
  if (a.mtimeSeconds === b.mtimeSeconds && a.mtimeNanoseconds === b.mtimeNanoseconds) return true;
  const step = Math.max(stepNanoseconds, resolutionOf(a, stepNanoseconds), resolutionOf(b, stepNanoseconds));
  const seconds = a.mtimeSeconds - b.mtimeSeconds;
  if (Math.abs(seconds) > 3) return false;
  return Math.abs(seconds * 1e9 + a.mtimeNanoseconds - b.mtimeNanoseconds) < step;
}

/**
 * The time step of the file system that holds this entry, in nanoseconds, as far as the entry shows it. A step is believed
 * only when the time that the file system stamped itself is a multiple of it too: 2 s (FAT), 1 s (HFS+, ext3), 10 ms
 * (exFAT), 1 ms, 1 us, 100 ns (NTFS). Through an interface that shows milliseconds only, one time in ten is a multiple of 10 ms by
 * chance; there nothing below a second is believed.
 */
export function resolutionOf(stat: Stat, stepNanoseconds: number): number {
  const { mtimeSeconds, mtimeNanoseconds, stampNanoseconds } = stat;
  if (mtimeNanoseconds === 0 && stampNanoseconds === 0) return mtimeSeconds % 2 === 0 ? 2e9 : 1e9;
  if (stepNanoseconds > 1) return stepNanoseconds;
  for (const step of [1e7, 1e6, 1e3, 100]) {
    if (mtimeNanoseconds % step === 0 && stampNanoseconds % step === 0) return step;
  }
  return 1;
}

/** Whether a file looks untouched between two looks at it. */
export function isUntouched(before: Stat, after: Stat): boolean {
  return before.size === after.size && sameInstant(before, after) && before.ctimeSeconds === after.ctimeSeconds &&
    before.ctimeNanoseconds === after.ctimeNanoseconds && isSameFile(before, after);
}

/** Whether two entries are names of one file. */
export function isSameFile(a: Stat, b: Stat): boolean {
  return a.inoLow === b.inoLow && a.inoHigh === b.inoHigh && a.dev === b.dev;
}

/** Whether two sets of attributes are the same. */
export function equalAttributes(a: Attributes | undefined, b: Attributes | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || other.length !== value.length) return false;
    if (!value.every((byte, i) => byte === other[i])) return false;
  }
  return true;
}

function sameInstant(a: Times, b: Times): boolean {
  return a.mtimeSeconds === b.mtimeSeconds && a.mtimeNanoseconds === b.mtimeNanoseconds;
}
