/**
 * The structured events that every station reports, and the summary that ends them.
 *
 * The library, the progress bar and `--json` read the same events. An event is a plain object that survives
 * `JSON.stringify` and `structuredClone`. `docs/events.md` documents the schema; {@linkcode EVENT_SCHEMA_VERSION} grows
 * when a field changes its meaning or goes away, not when one is added.
 *
 * @module
 */

import type { ErrorCode } from "./errors.ts";
import type { EntryKind } from "./fs/types.ts";
import type { FileSystemProfile } from "./fs/volume.ts";

/** Version of the event schema, sent with the first event of a run. */
export const EVENT_SCHEMA_VERSION = 1;

/** What a user asks for. */
export type Verb = "copy" | "mirror" | "move" | "verify";

/**
 * How a run is carried out. `rename` is a move within one file system, `fast` runs without workers, `remote` has its source on
 * another machine.
 */
export type Route = "rename" | "fast" | "large-file" | "streaming" | "remote";

/** What was done, or in a dry run would be done, to one entry of the destination or, for `remove`, of the source. */
export type EntryAction =
  | "create" // nothing was there
  | "replace" // something else was there
  | "repair" // the content was right, its time, mode, owner or attributes were not
  | "link" // another name of a file that this run copied or found in place
  | "delete" // an extraneous entry of the destination
  | "remove"; // an entry of the source, moved

/** How an entry differs, as `verify` reports it. */
export type Difference =
  | "missing" // only in the source
  | "extra" // only in the destination
  | "kind"
  | "size"
  | "content"
  | "target" // of a symbolic link
  | "device"
  | "time"
  | "mode"
  | "owner"
  | "attributes"
  | "links"; // hard links of one file are different files

/** A path, relative to the root of the transfer, for people and for programs. */
export interface EventPath {
  /** Readable; bytes that are not UTF-8 appear as `\xNN`. Empty for the root. */
  path: string;
  /** The exact bytes in base64, only where `path` is not exact. */
  pathBase64?: string;
}

/** Something that could not be done. It does not end the run. */
export interface Failure extends EventPath {
  /** What went wrong, from a closed list. */
  code: ErrorCode;
  /** The whole sentence, such as `Cannot read "a.txt": permission denied`. */
  message: string;
}

/** Totals so far; they never decrease. */
export interface Counters {
  /** Entries of the source seen so far, directories included. */
  entriesFound: number;
  /** Bytes of the files seen so far. */
  bytesFound: number;
  /** Regular files whose content was written, complete. */
  filesCopied: number;
  /** Content bytes written (or shared by a reflink), never bytes that were skipped; of a resumed file those that have travelled. */
  bytesCopied: number;
  /** Directories that were not there. */
  directoriesCreated: number;
  /** Symbolic links created or replaced. */
  symlinksCopied: number;
  /** FIFOs and device nodes created. */
  specialsCopied: number;
  /** Further names of files that the run copied or found in place. */
  hardLinksCreated: number;
  /** Entries of every kind that needed nothing. */
  unchanged: number;
  /** Entries of which only metadata was set. */
  repaired: number;
  /** Entries that a filter or `ignoreExisting` left out. */
  filtered: number;
  /** Entries of the destination deleted by a mirror. */
  deleted: number;
  /** Entries of the source removed by a move. */
  removed: number;
  /** Entries that differ, found by verify. */
  differences: number;
  /** Entries with a failure. */
  failed: number;
}

/** How a run ended. */
export type RunStatus = "done" | "partial" | "differences" | "interrupted" | "failed";

/** The end of a run, with everything worth knowing about it. */
export interface TransferSummary extends Counters {
  /** What was asked for. */
  verb: Verb;
  /** How the run ended. */
  status: RunStatus;
  /** What the user typed. */
  source: string;
  /** Where the data went, after the trailing-slash rule. */
  destination: string;
  /** Whether the counters tell what would be done rather than what was. */
  dryRun: boolean;
  /** How the run was carried out. */
  route: Route;
  /** Why this route, for `-v`. */
  routeReason: string;
  /** Worker threads that were started; 0 means that the main thread did it alone. */
  workers: number;
  /** The implementation that was used. */
  fileSystem: "native" | "portable";
  /** The file systems of both sides. */
  volumes: {
    /** Type, such as `ext4`, and what holds the data. */
    source: FileSystemProfile;
    destination: FileSystemProfile;
    /** Whether both are certainly on one device. */
    sameDevice: boolean;
  };
  /** From the start until copying could begin, in milliseconds; 0 when it never could, or was a rename. */
  planningMs: number;
  /** From the start to the end, in milliseconds. */
  elapsedMs: number;
  /** The first failures, at most 1,000 of them and 256 KiB of text; `failed` counts all. */
  failures: Failure[];
  /** Things worth saying that are no failures, such as skipped sockets. */
  notices: string[];
}

/** The part that every event has. */
export interface EventBase {
  /** 1 for the first event of a run, then one more for each. */
  sequence: number;
  /** Milliseconds since the run started, monotonic. */
  timeMs: number;
}

/** One event without the part that {@linkcode EventBase} adds. */
export type EventBody =
  | {
    type: "started";
    schema: number;
    verb: Verb;
    source: string;
    destination: string;
    dryRun: boolean;
    fileSystem: "native" | "portable";
  }
  | { type: "route"; route: Route; workers: number; reason: string }
  | ({ type: "progress"; scanComplete: boolean; currentPath: string } & Counters)
  | ({ type: "entry"; action: EntryAction; kind: EntryKind; bytes: number } & EventPath)
  | ({ type: "difference"; kind: EntryKind; difference: Difference[] } & EventPath)
  | ({ type: "failed" } & Failure)
  | { type: "notice"; message: string }
  | { type: "retry"; try: number; of: number; waitMs: number; code: ErrorCode; message: string }
  | { type: "finished"; summary: TransferSummary };

/** One event of a run. */
export type TransferEvent = EventBase & EventBody;

/** Counters with nothing counted. */
export function zeroCounters(): Counters {
  return {
    entriesFound: 0,
    bytesFound: 0,
    filesCopied: 0,
    bytesCopied: 0,
    directoriesCreated: 0,
    symlinksCopied: 0,
    specialsCopied: 0,
    hardLinksCreated: 0,
    unchanged: 0,
    repaired: 0,
    filtered: 0,
    deleted: 0,
    removed: 0,
    differences: 0,
    failed: 0,
  };
}

/** Whether anything was written, deleted or removed. */
export function changedAnything(counters: Counters): boolean {
  return counters.filesCopied + counters.directoriesCreated + counters.symlinksCopied + counters.specialsCopied +
      counters.hardLinksCreated + counters.repaired + counters.deleted + counters.removed > 0;
}
