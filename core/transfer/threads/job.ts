/**
 * What the main thread and the engines tell each other: the job, its tasks, and what comes back. Plain data throughout, so
 * that all of it can be sent to a worker.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { Difference, EntryAction, Verb } from "../../events.ts";
import type { Directory, EntryKind, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { CompareRules } from "../../plan/compare.ts";
import type { FilterRules } from "../../scan/filter.ts";

/** A directory in a module of a daemon. Whatever is opened is opened beneath the module, and no symbolic link is followed. */
export interface ModulePlace {
  /** The directory that the module exports. */
  readonly root: string;
  /** What people call the module, such as `/media`. */
  readonly shownRoot: string;
  /** From there to the directory. */
  readonly beneath: ByteString;
  /** Opens that directory where its path alone is no wall. The one thing here that no worker can be sent. @default by path */
  readonly openRoot?: (() => Directory) | undefined;
}

/** What an engine does with a decision. */
export type Mode =
  | "write" // carry it out
  | "plan" // report it: a dry run
  | "verify"; // report the differences

/** Everything an engine needs to know; the same for every engine of a run. */
export interface Job {
  readonly verb: Verb;
  readonly mode: Mode;
  /** Directory that holds what is transferred: a path of this machine, absent where the source is on another one. */
  readonly source: string | undefined;
  /** The same for people, task paths are relative to it. A peer may have made it up: never a path to open. */
  readonly shownSource: string;
  /** Directory that receives; absent while it does not exist, in a dry run or a verification. */
  readonly destination: string | undefined;
  /** The module of a daemon that holds the destination, which is then its name for people. */
  readonly module?: ModulePlace;
  /** The names of the one entry, where the root of the transfer is not a directory. */
  readonly single?: { readonly source: ByteString; readonly destination: ByteString };
  readonly rules: CompareRules;
  readonly filter: FilterRules;
  readonly fileSystem: "native" | "portable";
  /** Look for extraneous entries of the destination. */
  readonly mirror: boolean;
  /** What the filter leaves out is extraneous too. */
  readonly deleteExcluded: boolean;
  /** A directory of the destination may be replaced by something else. */
  readonly force: boolean;
  /** Report every entry that is touched. */
  readonly entryEvents: boolean;
  /** When the run began, in seconds since 1970. */
  readonly startedSeconds: number;
  /** Wait for the disk after each file: a move without a way to flush all at once. */
  readonly flushFiles: boolean;
  /** Mode bits that the process takes away from what it creates; absent where asking is not permitted. */
  readonly umask?: number;
  /**
   * Work in small steps: the engine runs on the main thread, which has to look after signals and timers in between.
   */
  readonly smallSteps: boolean;
  /** Files of which something is here already are gone on with. Only where the source is on another machine. */
  readonly resume: boolean;
  /** What the source says of owners, set-id bits and devices is done. */
  readonly isTrusted: boolean;
}

/** A unit of work. It can be done by any engine. */
export type Task =
  /** Everything in one directory. `destination` says what is known of the other side. */
  | { kind: "directory"; path: ByteString; destination: DestinationState }
  /** Some names of one directory. */
  | { kind: "entries"; path: ByteString; destination: DestinationState; names: PairedNames }
  | RangeTask
  /** Other names of files that another engine copied: one pair a link. */
  | { kind: "links"; links: DeferredLink[] }
  /** Extraneous entries: count them, or delete them. */
  | { kind: "delete"; path: ByteString; names: ByteString[]; countOnly: boolean }
  /** Directories whose metadata has to be set after everything else, deepest first. */
  | { kind: "finalize"; paths: ByteString[] }
  /** Waits until the destination is on disk. */
  | { kind: "flush" }
  /** Removes what is confirmed at the destination from the source, except these paths. */
  | { kind: "remove-source"; except: ByteString[] };

/**
 * What is known of the destination of a directory:
 * - `fresh`: this run created it, it is empty
 * - `present`: it exists and must be read
 * - `absent`: it does not exist; in a run that writes it is created when the first entry needs it
 */
export type DestinationState = "fresh" | "present" | "absent";

/** Names of the source, apart by whether the destination has the same name. */
export interface PairedNames {
  readonly present: readonly ByteString[];
  readonly missing: readonly ByteString[];
}

/** A part of a large file. All ranges of a file share a slot that counts those that are not done. */
export interface RangeTask {
  readonly kind: "range";
  readonly path: ByteString;
  readonly name: ByteString;
  readonly destinationName: ByteString;
  readonly temporary: ByteString;
  /** The source as it was when the copying began. */
  readonly source: Stat;
  readonly slot: number;
  readonly start: number;
  readonly end: number;
  /** Something is there and will be replaced. */
  readonly replaces: boolean;
  /** 1 for the first try; a source that changed is copied again once. */
  readonly attempt: number;
}

/** A second name of a file whose first name another engine has, by the file's identity. */
export interface DeferredLink {
  readonly file: string;
  readonly path: ByteString;
  /** Nothing was in its place when it was looked at, or what was there has been dealt with. */
  readonly isFree: boolean;
  /** Its directory is not there, unless something else has needed it since. */
  readonly isHomeless: boolean;
  /** Where the first name is, once known. */
  readonly first?: ByteString;
  /** A dry run would write the first name anew. */
  readonly isRewritten?: boolean;
}

/** The first name of a hard-linked file that an engine has. */
export interface FirstName {
  readonly path: ByteString;
  /** A dry run would write it anew. */
  readonly isRewritten: boolean;
}

/** A failed entry. */
export interface FailureRecord {
  readonly path: ByteString;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Something that happened to an entry, for whoever listens. */
export type EntryRecord =
  | { readonly action: EntryAction; readonly kind: EntryKind; readonly path: ByteString; readonly bytes: number }
  | { readonly differences: Difference[]; readonly kind: EntryKind; readonly path: ByteString };

/** Entries of one directory of the destination that the source does not have. */
export interface Extraneous {
  readonly path: ByteString;
  readonly names: ByteString[];
}

/** What an engine has to say, collected over a batch of entries. */
export interface EngineReport {
  failures?: FailureRecord[];
  entries?: EntryRecord[];
  /** Skipped sockets. */
  sockets?: ByteString[];
  extraneous?: Extraneous[];
  /** Entries that a directory of the destination blocks until the deletions are done. */
  blocked?: { path: ByteString; name: ByteString; kind: EntryKind }[];
  /** Entries of the source that a move does not remove. */
  kept?: ByteString[];
  /** Entries that a counting delete task has found. */
  plannedDeletions?: number;
  /** Directories whose metadata has to be set at the end. */
  finalize?: ByteString[];
  links?: DeferredLink[];
  /** Ends the run: every further write would fail the same way. */
  fatal?: { code: ErrorCode; message: string; path: ByteString };
}

/** From the main thread to a worker. */
export type WorkerRequest =
  | {
    type: "start";
    job: Job;
    shared: SharedArrayBuffer;
    index: number;
    unreadReports: number;
    /** What the roots were when the run began; answered with "opened". */
    roots: RootIdentities;
  }
  | { type: "run"; tasks: Task[] }
  | { type: "find-links"; files: string[] }
  | { type: "close" };

/** The directories that a run is about, whatever comes to be at their paths meanwhile. */
export interface RootIdentities {
  readonly source: Stat | undefined;
  readonly destination: Stat | undefined;
}

/** From a worker to the main thread. */
export type WorkerReply =
  /** It takes part, unless the paths of the roots lead to other directories by now, or nowhere. */
  | { type: "opened"; fits: boolean; error?: { code: ErrorCode; message: string } }
  | { type: "report"; report: EngineReport }
  | { type: "ran" }
  | { type: "closed" }
  | { type: "links"; found: [file: string, first: FirstName][] }
  | { type: "crashed"; code: ErrorCode; message: string };
