/**
 * Directories of the native implementation: a descriptor, and calls relative to it.
 *
 * @module
 */

import type { BlitError } from "../../errors.ts";
import { asByteString, type ByteString, displayPath, joinBytes } from "../../paths/bytes.ts";
import { fsError } from "../failures.ts";
import { asciiText, latin1Text } from "../memory.ts";
import type { Attributes, Directory, EntryKind, KindBatch, ListedBatch, Stat, Times } from "../types.ts";
import { hasDefaultAcl, readAttributes, writeAttributes } from "./attributes.ts";
import { encodeTimes, NativeFile, withAttributeErrors } from "./file.ts";
import { codeOf, cString, ERRNO, lastErrno, type Library, reasonOf, secondCString } from "./library.ts";
import { openBeneath } from "./open_beneath.ts";
import { kindOfTypeBits, statxEntry, statxSelf, typeBitsOf } from "./stat.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** `O_NOFOLLOW` has another value on aarch64. */
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;

/**
 * Bytes of one `getdents64` answer: about a thousand names, so that a batch is worth handing to another worker and a
 * directory of any size needs no more memory than this.
 */
const LIST_BYTES = 32_768;
const LONGEST_TARGET_BYTES = 4096;

/** `.`, as a byte. */
const DOT = 0x2e;
/** The names of one answer, which are shorter than it. */
const listedNames = new Uint8Array(LIST_BYTES);
const targetBuffer = new Uint8Array(LONGEST_TARGET_BYTES);
/** Buffers of listings that have ended, for the next ones. */
const freeListBuffers: Uint8Array<ArrayBuffer>[] = [];

/** An open directory. */
export class NativeDirectory implements Directory {
  #descriptor: number;
  #listed = false;

  /** Takes over an open descriptor. `root` is what the user typed, `path` leads from there to here. */
  constructor(readonly libc: Library, descriptor: number, readonly root: string, readonly path: ByteString) {
    this.#descriptor = descriptor;
  }

  stat(): Stat {
    return statxSelf(this.libc, this.#descriptor) ?? this.#fail("inspect");
  }

  statEntry(name: ByteString): Stat | undefined {
    const stat = statxEntry(this.libc, this.#descriptor, cString(name));
    if (stat !== undefined) return stat;
    const errno = lastErrno();
    if (errno === ERRNO.ENOENT) return undefined;
    throw this.#error(errno, "inspect", name);
  }

  *list(): Generator<ListedBatch> {
    for (const { buffer, length } of this.#readListing()) yield { names: parseListing(buffer, length), damaged: [] };
  }

  *listKinds(): Generator<KindBatch> {
    for (const { buffer, length } of this.#readListing()) {
      const kinds: EntryKind[] = [];
      yield { names: parseListing(buffer, length, kinds), kinds, damaged: [] };
    }
  }

  openDirectory(path: ByteString): Directory {
    const descriptor = openBeneath(this.libc, this.#descriptor, path === "" ? asByteString(".") : path);
    if (descriptor < 0) throw this.#error(lastErrno(), "open directory", path);
    return new NativeDirectory(this.libc, descriptor, this.root, path === "" ? this.path : joinBytes(this.path, path));
  }

  readLink(name: ByteString): ByteString {
    const length = this.libc.rare.readlinkat(this.#descriptor, cString(name), targetBuffer, LONGEST_TARGET_BYTES);
    if (length < 0) this.#fail("read symbolic link", name);
    return asByteString(latin1Text(targetBuffer, length));
  }

  openFile(name: ByteString): NativeFile {
    // O_NONBLOCK has no effect on files, and keeps a FIFO that took a file's place from blocking the worker.
    return this.#open(name, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, "open");
  }

  createFile(name: ByteString, mode: number): NativeFile {
    return this.#open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode, "create");
  }

  openForUpdate(name: ByteString): NativeFile {
    return this.#open(name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, "open");
  }

  createDirectory(name: ByteString, mode: number): void {
    if (this.libc.mkdirat(this.#descriptor, cString(name), mode) !== 0) this.#fail("create directory", name);
  }

  createSymlink(name: ByteString, target: ByteString): void {
    const result = this.libc.rare.symlinkat(secondCString(target), this.#descriptor, cString(name));
    if (result !== 0) this.#fail("create symbolic link", name);
  }

  createSpecial(name: ByteString, kind: EntryKind, mode: number, rdev: number): void {
    const result = this.libc.rare.mknodat(this.#descriptor, cString(name), typeBitsOf(kind) | mode, rdev);
    if (result !== 0) this.#fail(`create ${kind}`, name);
  }

  createHardLink(existing: Directory, existingName: ByteString, name: ByteString): void {
    const from = (existing as NativeDirectory).#descriptor;
    const result = this.libc.rare.linkat(from, secondCString(existingName), this.#descriptor, cString(name), 0);
    if (result !== 0) this.#fail("create hard link", name);
  }

  rename(from: ByteString, to: ByteString): void {
    const result = this.libc.rare.renameat(this.#descriptor, secondCString(from), this.#descriptor, cString(to));
    if (result !== 0) this.#fail("rename to", to);
  }

  moveHere(from: Directory, fromName: ByteString, name: ByteString): void {
    const source = (from as NativeDirectory).#descriptor;
    const [oldName, newName] = [secondCString(fromName), cString(name)];
    if (this.libc.rare.renameat2(source, oldName, this.#descriptor, newName, RENAME_NOREPLACE) === 0) return;
    const errno = lastErrno();
    if (errno !== ERRNO.EINVAL && errno !== ERRNO.ENOSYS) throw this.#error(errno, "move to", name);
    // This file system cannot exclude replacing; looking first leaves a window that only a concurrent writer can hit.
    if (this.statEntry(name) !== undefined) throw fsError("exists", "move to", this.#display(name));
    if (this.libc.rare.renameat(source, oldName, this.#descriptor, cString(name)) !== 0) this.#fail("move to", name);
  }

  removeFile(name: ByteString): void {
    if (this.libc.rare.unlinkat(this.#descriptor, cString(name), 0) !== 0) this.#fail("remove", name);
  }

  removeDirectory(name: ByteString): void {
    const result = this.libc.rare.unlinkat(this.#descriptor, cString(name), AT_REMOVEDIR);
    if (result !== 0) this.#fail("remove directory", name);
  }

  setMode(name: ByteString | undefined, mode: number): void {
    const result = name === undefined
      ? this.libc.rare.fchmod(this.#descriptor, mode)
      : this.libc.rare.fchmodat(this.#descriptor, cString(name), mode, AT_SYMLINK_NOFOLLOW);
    if (result !== 0) this.#fail("set the mode of", name);
  }

  setOwner(name: ByteString | undefined, uid: number, gid: number): void {
    const result = name === undefined
      ? this.libc.rare.fchown(this.#descriptor, uid, gid)
      : this.libc.rare.fchownat(this.#descriptor, cString(name), uid, gid, AT_SYMLINK_NOFOLLOW);
    if (result !== 0) this.#fail("set the owner of", name);
  }

  setTimes(name: ByteString | undefined, times: Times): void {
    const result = name === undefined
      ? this.libc.futimens(this.#descriptor, encodeTimes(times))
      : this.libc.rare.utimensat(this.#descriptor, cString(name), encodeTimes(times), AT_SYMLINK_NOFOLLOW);
    if (result !== 0) this.#fail("set the time of", name);
  }

  readAttributes(name: ByteString | undefined): Attributes | undefined {
    const target = { descriptor: this.#descriptor, name };
    return withAttributeErrors("read", () => this.#display(name), () => readAttributes(this.libc, target));
  }

  writeAttributes(name: ByteString | undefined, attributes: Attributes | undefined): void {
    const target = { descriptor: this.#descriptor, name };
    withAttributeErrors("write", () => this.#display(name), () => writeAttributes(this.libc, target, attributes));
  }

  hasDefaultAcl(): boolean {
    return hasDefaultAcl(this.libc, this.#descriptor);
  }

  flush(): void {
    if (this.libc.rare.syncfs(this.#descriptor) !== 0) this.#fail("flush the file system of");
  }

  close(): void {
    if (this.#descriptor < 0) return;
    this.libc.close(this.#descriptor);
    this.#descriptor = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The answers of `getdents64`, each valid until the next one. */
  *#readListing(): Generator<{ buffer: Uint8Array<ArrayBuffer>; length: number }> {
    // The descriptor keeps its position; most directories are listed once.
    if (this.#listed) this.libc.rare.lseek(this.#descriptor, 0, 0);
    this.#listed = true;
    const buffer = freeListBuffers.pop() ?? new Uint8Array(LIST_BYTES);
    try {
      for (;;) {
        const length = this.libc.getdents64(this.#descriptor, buffer, LIST_BYTES);
        if (length < 0) this.#fail("read directory");
        if (length === 0) return;
        yield { buffer, length };
      }
    } finally {
      freeListBuffers.push(buffer);
    }
  }

  #open(name: ByteString, flags: number, mode: number, action: string): NativeFile {
    const descriptor = this.libc.openat(this.#descriptor, cString(name), flags, mode);
    if (descriptor < 0) this.#fail(action, name);
    return new NativeFile(this.libc, descriptor, () => this.#display(name));
  }

  #display(name?: ByteString): string {
    return displayPath(this.root, name === undefined ? this.path : joinBytes(this.path, name));
  }

  #error(errno: number, action: string, name?: ByteString): BlitError {
    const reason = reasonOf(errno);
    return fsError(codeOf(errno), action, this.#display(name), undefined, reason === undefined ? {} : { reason });
  }

  #fail(action: string, name?: ByteString): never {
    throw this.#error(lastErrno(), action, name);
  }
}

/**
 * Names in a `getdents64` answer. Layout of a record (`linux_dirent64`): 8 bytes inode, 8 bytes position, 2 bytes
 * record length, 1 byte type, then the name with a NUL.
 *
 * @param kinds filled with what the names are, where that is wanted
 */
function parseListing(buffer: Uint8Array<ArrayBuffer>, length: number, kinds?: EntryKind[]): ByteString[] {
  // The names alone, one after the other: one conversion for all, and each is a slice of it.
  const ends: number[] = [];
  let end = 0;
  let allBits = 0;
  for (let start = 0; start < length; start += buffer[start + 16] | (buffer[start + 17] << 8)) {
    const first = end;
    for (let i = start + 19; buffer[i] !== 0; i++) {
      allBits |= buffer[i];
      listedNames[end++] = buffer[i];
    }
    if (listedNames[first] === DOT && (end - first === 1 || (end - first === 2 && listedNames[first + 1] === DOT))) {
      end = first;
      continue;
    }
    ends.push(end);
    kinds?.push(kindOfTypeBits(buffer[start + 18]));
  }
  const text = (allBits < 128 ? asciiText : latin1Text)(listedNames, end);
  return ends.map((nameEnd, i) => asByteString(text.slice(i === 0 ? 0 : ends[i - 1], nameEnd)));
}
