/**
 * What two ends of a lane say to each other.
 *
 * A session has a *source* side, which lists and reads a tree, and a *sink* side, which compares, decides and writes. Source
 * records and sink records travel in opposite directions; `keep-alive`, `lane-end` and `abort` in both. Which side has
 * dialled plays no part. The bytes are described in `docs/protocol.md`.
 *
 * Numbers that the peer is to repeat (directory ids, request ids) are chosen by the side that introduces them, unsigned 32
 * bits, and live until they are given back: a directory id until `directory-done`, a request id until its last answer.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { ByteString } from "../paths/bytes.ts";

/** Kind of an entry; the same words as in the file system interface, which this folder does not know. */
export type WireKind =
  | "file"
  | "directory"
  | "symlink"
  | "fifo"
  | "socket"
  | "block-device"
  | "character-device"
  | "unknown";

/** Metadata of an entry, field by field that of the file system interface. */
export interface WireStat {
  readonly kind: WireKind;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  readonly stampNanoseconds: number;
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  readonly nlink: number;
  readonly rdev: number;
  readonly allocatedBytes: number;
}

/** Extended attributes by name (as bytes). */
export type WireAttributes = ReadonlyMap<string, Uint8Array>;

/** An entry of a directory, as the source sees it. */
export interface WireEntry {
  readonly name: ByteString;
  readonly stat: WireStat;
  /** Of a symbolic link, and only of one. */
  readonly target?: ByteString;
  readonly attributes?: WireAttributes;
  /** A filter leaves it out: it is told so that a mirror keeps what the destination has under this name. */
  readonly filtered: boolean;
  /** A directory that a filter does not take, but that may lead to something it takes. */
  readonly walkedOnly: boolean;
}

/** A directory is about to be listed. Its entries follow in any number of `entries`, closed by one `directory-end`. */
export interface DirectoryRecord {
  readonly kind: "directory";
  readonly id: number;
  /** Components below the root of the transfer; none is the root itself. */
  readonly path: readonly ByteString[];
  readonly stat: WireStat;
  readonly attributes?: WireAttributes;
}

/** Some entries of a directory. */
export interface EntriesRecord {
  readonly kind: "entries";
  readonly directory: number;
  /** Index of the first of them in the directory; the others count on from it. */
  readonly first: number;
  readonly entries: readonly WireEntry[];
}

/** A directory has been listed; incompletely, when its listing failed in the middle (a `failure` says why). */
export interface DirectoryEndRecord {
  readonly kind: "directory-end";
  readonly id: number;
  readonly complete: boolean;
}

/** Something below the source's root could not be read. The message is for people and is cleaned by whoever prints it. */
export interface FailureRecord {
  readonly kind: "failure";
  readonly path: readonly ByteString[];
  readonly code: ErrorCode;
  readonly message: string;
}

/** The source has listed everything that it was to list, on all lanes. The totals let the sink see that nothing was lost. */
export interface ScanEndRecord {
  readonly kind: "scan-end";
  readonly directories: number;
  readonly entries: number;
  readonly failures: number;
}

/** A piece of a file. */
export interface FileDataRecord {
  readonly kind: "file-data";
  readonly request: number;
  readonly offset: number;
  /** At most `MAX_CONTENT_BYTES`. When received: a view that holds until the next `read` of its lane. */
  readonly content: Uint8Array;
}

/** A hole in a file: nothing to write. */
export interface FileHoleRecord {
  readonly kind: "file-hole";
  readonly request: number;
  readonly offset: number;
  readonly length: number;
}

/** How the answer to a request for content ended. */
export type FileResult =
  | { readonly kind: "whole" } // everything asked for was sent, and the file stayed as it was
  | { readonly kind: "changed" } // the file changed while it was read
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };

/** The answer to a request is complete. */
export interface FileEndRecord {
  readonly kind: "file-end";
  readonly request: number;
  readonly result: FileResult;
  /** What the file was after it had been read, where that could be told. */
  readonly stat?: WireStat;
}

/** One file in a shard. */
export interface ShardFile {
  readonly request: number;
  /** The file was the same before and after reading; otherwise its content counts as changed. */
  readonly unchanged: boolean;
  /** Bytes of it in the shard's content. */
  readonly length: number;
}

/** Complete answers to several requests for small files: their contents, one after the other without gaps. */
export interface ShardRecord {
  readonly kind: "shard";
  readonly files: readonly ShardFile[];
  /** At most `MAX_CONTENT_BYTES`. When received: a view that holds until the next `read` of its lane. */
  readonly content: Uint8Array;
}

/** The answer to a request with a hash: the file has exactly this content. */
export interface FileSameRecord {
  readonly kind: "file-same";
  readonly request: number;
}

/** The answer to a request to compare by hash: the file has another content, which is not sent. */
export interface FileDiffersRecord {
  readonly kind: "file-differs";
  readonly request: number;
}

/** What a request is about. */
export type RequestTarget =
  | { readonly by: "entry"; readonly directory: number; readonly index: number }
  /** For ranges that another lane sends than the one that listed the file. */
  | { readonly by: "path"; readonly path: readonly ByteString[] };

/** What is wanted of it. Hashes are XXH128 with seed 0, 16 bytes, the most significant first. */
export type RequestMode =
  | { readonly kind: "whole" }
  /** Bytes `start` to `end`, without `end`. */
  | { readonly kind: "range"; readonly start: number; readonly end: number }
  /** The content, unless it has this hash: then `file-same`. */
  | { readonly kind: "unless-hash"; readonly hash: Uint8Array }
  /** Only whether the content has this hash: `file-same` or `file-differs`. */
  | { readonly kind: "compare-hash"; readonly hash: Uint8Array }
  /** From `start`, as many blocks as there are hashes: only blocks with another content are sent. */
  | {
    readonly kind: "blocks";
    readonly start: number;
    readonly blockBytes: number;
    /** 16 bytes a block. */
    readonly hashes: Uint8Array;
  };

/** One request. */
export interface WireRequest {
  readonly id: number;
  readonly target: RequestTarget;
  readonly mode: RequestMode;
}

/** The sink wants content. */
export interface NeedRecord {
  readonly kind: "need";
  readonly requests: readonly WireRequest[];
}

/** The sink will ask for nothing more of this directory; the source may forget it. */
export interface DirectoryDoneRecord {
  readonly kind: "directory-done";
  readonly id: number;
  /** Nothing below is wanted either: subdirectories not listed yet are left out. */
  readonly skipSubtree: boolean;
}

/** The source may send this many more entries. */
export interface CreditRecord {
  readonly kind: "credit";
  readonly entries: number;
}

/** An entry that is safe at the destination, and which version of it. */
export interface ConfirmedEntry {
  readonly name: ByteString;
  /** What it is here; something else of the same name at the source is not what was copied. */
  readonly kind: WireKind;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

/** For a move: these entries of a directory are flushed to disk at the destination and may be removed. */
export interface ConfirmedRecord {
  readonly kind: "confirmed";
  readonly path: readonly ByteString[];
  readonly entries: readonly ConfirmedEntry[];
}

/** Nothing to say, but still there. Handled inside the lane. */
export interface KeepAliveRecord {
  readonly kind: "keep-alive";
  /** For so many seconds more the sender may be silent, because it is about to be busy in one long call; 0 as a rule. */
  readonly patienceSeconds: number;
}

/** The last record of a side that is done. Handled inside the lane. */
export interface LaneEndRecord {
  readonly kind: "lane-end";
}

/** The last record of a side that gives up: why. Handled inside the lane, where it becomes an error. */
export interface AbortRecord {
  readonly kind: "abort";
  readonly code: ErrorCode;
  readonly message: string;
}

/** What both sides send. */
export type CommonRecord = KeepAliveRecord | LaneEndRecord | AbortRecord;

/** What a source sends and a sink reads. */
export type SourceRecord =
  | DirectoryRecord
  | EntriesRecord
  | DirectoryEndRecord
  | FailureRecord
  | ScanEndRecord
  | FileDataRecord
  | FileHoleRecord
  | FileEndRecord
  | ShardRecord
  | FileSameRecord
  | FileDiffersRecord;

/** What a sink sends and a source reads. */
export type SinkRecord = NeedRecord | DirectoryDoneRecord | CreditRecord | ConfirmedRecord;

/** Any record. */
export type WireRecord = CommonRecord | SourceRecord | SinkRecord;

/** The two roles in a session. */
export type Role = "source" | "sink";

/** What this role sends. */
export type Sent<R extends Role> = R extends "source" ? SourceRecord : SinkRecord;

/** What this role reads. */
export type Received<R extends Role> = R extends "source" ? SinkRecord : SourceRecord;

/** The content of each file of a shard, as views on its content. */
export function* shardContents(shard: ShardRecord): Generator<[file: ShardFile, content: Uint8Array]> {
  let start = 0;
  for (const file of shard.files) {
    yield [file, shard.content.subarray(start, start + file.length)];
    start += file.length;
  }
}
