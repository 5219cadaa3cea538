/**
 * The interface that both file systems implement: synchronous, relative to a directory handle, names as bytes.
 *
 * It is made for workers, where a blocking call is the fastest call. Every method that fails throws a `BlitError` whose
 * code says why and whose message has the form `Cannot <do something> "<path>": <reason>`.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { FileSystemFacts } from "./facts.ts";
import type { ByteString } from "../paths/bytes.ts";

/** What an entry of a directory is. */
export type EntryKind =
  | "file"
  | "directory"
  | "symlink"
  | "fifo"
  | "socket"
  | "block-device"
  | "character-device"
  | "unknown";

/** What the file system knows of an entry, without following a symbolic link. */
export interface Stat {
  readonly kind: EntryKind;
  /** Bytes; 0 for everything but files and symbolic links. */
  readonly size: number;
  /** The twelve permission bits (`0o7777`), without the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970, negative before. */
  readonly mtimeSeconds: number;
  /** 0 to 999,999,999, to be added to the seconds. */
  readonly mtimeNanoseconds: number;
  /** Time of the last change of anything, content or metadata; the same units as mtime. */
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  /**
   * The fraction of a second in a time that the file system itself stamped. Zero together with a zero in `mtimeNanoseconds`
   * is evidence that the file system keeps no fractions.
   */
  readonly stampNanoseconds: number;
  /** Device and inode, exact: equal for two entries that are the same file. */
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  readonly nlink: number;
  /** Of a device node; major and minor in one number as the platform encodes them, 0 for other kinds. */
  readonly rdev: number;
  /** Bytes allocated on disk; fewer than `size` in a sparse file. */
  readonly allocatedBytes: number;
}

/** Extended attributes by name (as bytes), POSIX ACLs among them in their `system.posix_acl_*` form. */
export type Attributes = ReadonlyMap<string, Uint8Array>;

/** Times, in the units of {@linkcode Stat}. Access time is never kept; it is set to the modification time or left. */
export interface Times {
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

/** What an implementation can do on this platform with these permissions. Decides routes, never correctness. */
export interface FileSystemCapabilities {
  /** Names that are not UTF-8 can be read and created. */
  readonly byteNames: boolean;
  /** Finest time step that {@linkcode Stat} shows and `setTimes` keeps, in nanoseconds. */
  readonly timeStepNanoseconds: number;
  /** Extended attributes and ACLs can be read and written. */
  readonly attributes: boolean;
  /** FIFOs and device nodes can be created. */
  readonly specialFiles: boolean;
  /** Whether a whole file system can be flushed at once; otherwise each file is flushed as it is written. */
  readonly flushAll: boolean;
  /** Modes and owners mean something on this platform (not on Windows). */
  readonly unixModes: boolean;
  /** Owner and group of anything can be set: the process runs as root. */
  readonly owners: boolean;
}

/** One of the two implementations. */
export interface FileSystem {
  readonly name: "native" | "portable";
  readonly capabilities: FileSystemCapabilities;
  /**
   * Opens a directory by the path that the user typed. Symbolic links on the way and at its end are followed: the user
   * chose them.
   *
   * @param shown what messages call it, for a path that is nobody's business @default the path
   */
  openRoot(path: string, shown?: string): Directory;
  /** The file system that a path is on; `undefined` where that cannot be told. Follows symbolic links. */
  factsOf(path: string): FileSystemFacts | undefined;
  /**
   * Why nothing can be created in an existing directory: `permission-denied` or `read-only`, say. `undefined` where nothing
   * speaks against it, or it cannot be told without writing, as by the portable implementation.
   */
  writeObstacle(path: string): ErrorCode | undefined;
}

/** A handle on a directory. Close it with `using` or {@linkcode Directory.close}; closing twice does nothing. */
export interface Directory {
  /** The directory itself. */
  stat(): Stat;
  /** An entry, without following a symbolic link; `undefined` where there is none. */
  statEntry(name: ByteString): Stat | undefined;
  /**
   * All names but `.` and `..`, in batches of up to a few thousand in the directory's own order. Names that this implementation
   * cannot spell are listed apart.
   */
  list(): Iterable<ListedBatch>;
  /**
   * The same for whoever would do harm for want of a name: it rejects where not everything could be read. Only where {@linkcode list}
   * may take an error in the middle of a directory for its end.
   */
  listWhole?(): Promise<readonly ListedBatch[]>;
  /** The same with what each entry is, without looking at the entries themselves. */
  listKinds(): Iterable<KindBatch>;
  /**
   * Opens a directory below, in one step or several (`a/b/c`); a symbolic link anywhere on the way is an error. The empty path
   * opens this directory once more.
   */
  openDirectory(path: ByteString): Directory;
  /** The target of a symbolic link. */
  readLink(name: ByteString): ByteString;
  /**
   * Opens a file for reading, never through a symbolic link, never blocking on a FIFO.
   *
   * @param known what {@linkcode Directory.statEntry} said a moment ago. It spares the portable implementation a look; when
   *   another file has taken the place since, the first `read` or `stat` throws `changed`.
   */
  openFile(name: ByteString, known?: Stat): SourceFile;

  /** Creates a file that does not exist yet and opens it for writing. The mode is subject to the umask. */
  createFile(name: ByteString, mode: number): SinkFile;
  /** Opens an existing file for writing at positions. */
  openForUpdate(name: ByteString): SinkFile;
  createDirectory(name: ByteString, mode: number): void;
  createSymlink(name: ByteString, target: ByteString): void;
  /** Creates a FIFO, socket or device node. */
  createSpecial(name: ByteString, kind: EntryKind, mode: number, rdev: number): void;
  /** Creates `name` here as another name of `existingName` in `existing`. */
  createHardLink(existing: Directory, existingName: ByteString, name: ByteString): void;
  /** Renames within this directory, replacing what is there atomically. */
  rename(from: ByteString, to: ByteString): void;
  /** Moves an entry from another directory to a name that must be free here; throws `cross-device` between file systems. */
  moveHere(from: Directory, fromName: ByteString, name: ByteString): void;
  removeFile(name: ByteString): void;
  /** Removes an empty directory. */
  removeDirectory(name: ByteString): void;

  /** Sets permission bits of a file or directory; `name` undefined means the directory itself. */
  setMode(name: ByteString | undefined, mode: number): void;
  /** Sets owner and group, of the link itself where it is one. */
  setOwner(name: ByteString | undefined, uid: number, gid: number): void;
  /** Sets the modification time, of the link itself where it is one. */
  setTimes(name: ByteString | undefined, times: Times): void;
  /** Extended attributes; `undefined` where there are none. `name` undefined means the directory itself. */
  readAttributes(name: ByteString | undefined): Attributes | undefined;
  /** Makes the attributes exactly these: sets those that differ, removes the others. */
  writeAttributes(name: ByteString | undefined, attributes: Attributes | undefined): void;
  /** Whether new entries inherit an ACL from this directory. */
  hasDefaultAcl(): boolean;

  /** Waits until everything written to this file system is on disk; does nothing without `flushAll`. */
  flush(): void;
  close(): void;
  [Symbol.dispose](): void;
}

/** What a transfer asks of a directory of the source. */
export type SourceDirectory = Pick<
  Directory,
  | "stat"
  | "statEntry"
  | "list"
  | "openDirectory"
  | "readLink"
  | "readAttributes"
  | "openFile"
  | "removeFile"
  | "removeDirectory"
  | "close"
  | typeof Symbol.dispose
>;

/** A batch of names from {@linkcode Directory.list}. */
export interface ListedBatch {
  readonly names: readonly ByteString[];
  /** Readable forms of names that exist but cannot be spelled by this implementation. Usually empty. */
  readonly damaged: readonly string[];
}

/** A batch of names from {@linkcode Directory.listKinds}. */
export interface KindBatch extends ListedBatch {
  /** What each of the names is; `unknown` where only {@linkcode Directory.statEntry} tells. */
  readonly kinds: readonly EntryKind[];
}

/**
 * What came of holding a file alone:
 * - `held`: nobody else holds it, so whoever wrote it is gone, unless that was this handle
 * - `busy`: somebody else holds it, or that cannot be told
 * - `unsupported`: nobody can hold it, because there are no locks on its file system
 */
export type HoldOutcome = "held" | "busy" | "unsupported";

/** A file that is open for reading. */
export interface SourceFile {
  /** What the open file is now. */
  stat(): Stat;
  /** Reads at the file's own position, up to `length` bytes into the start of `buffer`; 0 means the end. */
  read(buffer: Uint8Array, length: number): number;
  /** Reads at a position, up to `length` bytes into the start of `buffer`; 0 means the end. */
  readAt(buffer: Uint8Array, length: number, position: number): number;
  /** Start of the next data at or after `position`, or `undefined` when only a hole follows. Without support: `position`. */
  nextData(position: number): number | undefined;
  /** Start of the next hole at or after `position`; at the latest the end of the file. Without support: the end. */
  nextHole(position: number, size: number): number;
  /** Extended attributes; `undefined` where there are none. */
  readAttributes(): Attributes | undefined;
  /** See {@linkcode SinkFile.tryHoldAlone}. */
  tryHoldAlone(): HoldOutcome;
  close(): void;
}

/** A file that is open for writing. */
export interface SinkFile {
  stat(): Stat;
  /** Writes the first `length` bytes of `buffer` at the file's own position, all of them or an error. */
  write(buffer: Uint8Array, length: number): void;
  /** Writes the first `length` bytes of `buffer` at a position, all of them or an error. */
  writeAt(buffer: Uint8Array, length: number, position: number): void;
  /** Makes the whole file share the source's blocks (reflink); `false` where the file system cannot. */
  cloneFrom(source: SourceFile): boolean;
  /**
   * Reserves space where that is supported, so that a full disk shows before the copying starts. In memory nothing is kept for it: one
   * look tells whether there is room now, which other files may still take.
   */
  reserve(sizeBytes: number): void;
  truncate(sizeBytes: number): void;
  setMode(mode: number): void;
  setOwner(uid: number, gid: number): void;
  setTimes(times: Times): void;
  writeAttributes(attributes: Attributes | undefined): void;
  /**
   * Marks the file as being written by a living process, until it is closed. Advisory, shared between the workers of a
   * run; does nothing where the file system has no locks.
   */
  holdShared(): void;
  /**
   * Takes the file for this handle alone, until it is closed: no other handle, of this process neither, can hold it, not even
   * shared. Never waits. Advisory: others can still open and write it. Once it is held, asking again changes nothing.
   */
  tryHoldAlone(): HoldOutcome;
  /** Waits until the content is on disk. */
  flush(): void;
  close(): void;
}
