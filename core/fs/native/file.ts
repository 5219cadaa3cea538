/**
 * Open files of the native implementation.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import { fsError } from "../failures.ts";
import type { Attributes, HoldOutcome, SinkFile, SourceFile, Stat, Times } from "../types.ts";
import { AttributeError, readAttributes, writeAttributes } from "./attributes.ts";
import { codeOf, ERRNO, lastErrno, type Library } from "./library.ts";
import { statxSelf } from "./stat.ts";
import { readFacts } from "./statfs.ts";

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const LOCK_SHARED = 1;
const LOCK_EXCLUSIVE = 2;
const LOCK_NONBLOCKING = 4;
/** What file systems without locks say. */
const NO_LOCKS: readonly number[] = [ERRNO.ENOLCK, ERRNO.ENOSYS, ERRNO.EOPNOTSUPP, ERRNO.EINVAL];
/** `_IOW(0x94, 9, int)` of `linux/fs.h`. */
const FICLONE = 0x40049409;
/** Leaves the access time alone (`linux/stat.h`). */
const UTIME_OMIT = 0x3ffffffe;
const ENXIO = 6;
/** The size grows with what is written, so that an interrupted file shows that it is one. */
const FALLOC_FL_KEEP_SIZE = 1;

const timesBuffer = new Uint8Array(32);
const timesWords = new Int32Array(timesBuffer.buffer);
timesWords[2] = UTIME_OMIT;

/** Two `struct timespec`: the access time left alone, the modification time as given. Valid until the next call. */
export function encodeTimes({ mtimeSeconds, mtimeNanoseconds }: Times): Uint8Array<ArrayBuffer> {
  timesWords[4] = mtimeSeconds | 0;
  timesWords[5] = Math.floor(mtimeSeconds / 0x1_0000_0000);
  timesWords[6] = mtimeNanoseconds;
  return timesBuffer;
}

/** An open file. One class serves both roles; the interface a caller holds says which. */
export class NativeFile implements SourceFile, SinkFile {
  #descriptor: number;

  /** Takes over an open descriptor; `path` gives the readable path for errors. */
  constructor(readonly libc: Library, descriptor: number, readonly path: () => string) {
    this.#descriptor = descriptor;
  }

  stat(): Stat {
    return statxSelf(this.libc, this.#descriptor) ?? this.#fail("inspect");
  }

  read(buffer: Uint8Array<ArrayBuffer>, length: number): number {
    for (;;) {
      const count = this.libc.read(this.#descriptor, buffer, length);
      if (count >= 0) return count;
      this.#failUnlessInterrupted("read");
    }
  }

  readAt(buffer: Uint8Array<ArrayBuffer>, length: number, position: number): number {
    for (;;) {
      const count = this.libc.rare.pread(this.#descriptor, buffer, length, position);
      if (count >= 0) return count;
      this.#failUnlessInterrupted("read");
    }
  }

  nextData(position: number): number | undefined {
    const found = Number(this.libc.rare.lseek(this.#descriptor, position, SEEK_DATA));
    if (found >= 0) return found;
    return lastErrno() === ENXIO ? undefined : position;
  }

  nextHole(position: number, size: number): number {
    const found = Number(this.libc.rare.lseek(this.#descriptor, position, SEEK_HOLE));
    return found > position ? Math.min(found, size) : size;
  }

  write(buffer: Uint8Array<ArrayBuffer>, length: number): void {
    let written = this.libc.write(this.#descriptor, buffer, length);
    while (written !== length) {
      if (written < 0) {
        this.#failUnlessInterrupted("write");
        written = 0;
      }
      const rest = buffer.subarray(written, length);
      const count = this.libc.write(this.#descriptor, rest, rest.length);
      if (count >= 0) written += count;
      else this.#failUnlessInterrupted("write");
    }
  }

  writeAt(buffer: Uint8Array<ArrayBuffer>, length: number, position: number): void {
    for (let written = 0; written < length;) {
      const rest = written === 0 ? buffer : buffer.subarray(written, length);
      const count = this.libc.rare.pwrite(this.#descriptor, rest, length - written, position + written);
      if (count >= 0) written += count;
      else this.#failUnlessInterrupted("write");
    }
  }

  cloneFrom(source: SourceFile): boolean {
    return source instanceof NativeFile &&
      this.libc.rare.ioctl(this.#descriptor, FICLONE, source.#descriptor) === 0;
  }

  reserve(sizeBytes: number): void {
    if (sizeBytes === 0 || this.#hasRoomInMemory(sizeBytes)) return;
    if (this.libc.rare.fallocate(this.#descriptor, FALLOC_FL_KEEP_SIZE, 0, sizeBytes) === 0) return;
    const code = codeOf(lastErrno());
    // Anything else means that this file system does not reserve; the writes will tell.
    if (code === "no-space" || code === "quota" || code === "too-large") throw this.#error(code, "write");
  }

  /**
   * Whether this is a tmpfs with room for the rest of a file. To reserve its memory would be to fetch every page of it twice: 2 GB
   * took 1.12 times as long to copy, and as nobody reads a disk in order there, nothing is gained but the look ahead.
   */
  #hasRoomInMemory(sizeBytes: number): boolean {
    const facts = readFacts((answer) => this.libc.rare.fstatfs(this.#descriptor, answer));
    if (facts?.type !== "tmpfs") return false;
    const isUnlimited = facts.totalBytes === 0;
    return isUnlimited || facts.freeBytes >= sizeBytes - this.stat().allocatedBytes;
  }

  truncate(sizeBytes: number): void {
    if (this.libc.rare.ftruncate(this.#descriptor, sizeBytes) !== 0) this.#fail("resize");
  }

  setMode(mode: number): void {
    if (this.libc.rare.fchmod(this.#descriptor, mode) !== 0) this.#fail("set the mode of");
  }

  setOwner(uid: number, gid: number): void {
    if (this.libc.rare.fchown(this.#descriptor, uid, gid) !== 0) this.#fail("set the owner of");
  }

  setTimes(times: Times): void {
    if (this.libc.futimens(this.#descriptor, encodeTimes(times)) !== 0) this.#fail("set the time of");
  }

  readAttributes(): Attributes | undefined {
    return withAttributeErrors("read", this.path, () => readAttributes(this.libc, { descriptor: this.#descriptor }));
  }

  writeAttributes(attributes: Attributes | undefined): void {
    const target = { descriptor: this.#descriptor };
    withAttributeErrors("write", this.path, () => writeAttributes(this.libc, target, attributes));
  }

  holdShared(): void {
    // Without locks on this file system the file is merely unprotected against the clean-up of a concurrent run.
    this.libc.rare.flock(this.#descriptor, LOCK_SHARED | LOCK_NONBLOCKING);
  }

  tryHoldAlone(): HoldOutcome {
    if (this.libc.rare.flock(this.#descriptor, LOCK_EXCLUSIVE | LOCK_NONBLOCKING) === 0) return "held";
    return NO_LOCKS.includes(lastErrno()) ? "unsupported" : "busy";
  }

  flush(): void {
    if (this.libc.rare.fdatasync(this.#descriptor) !== 0) this.#fail("flush");
  }

  close(): void {
    if (this.#descriptor < 0) return;
    const result = this.libc.close(this.#descriptor);
    this.#descriptor = -1;
    // The descriptor is gone whatever it says; EINTR is no failure of what was written.
    if (result !== 0 && lastErrno() !== ERRNO.EINTR) this.#fail("write");
  }

  #error(code: ErrorCode, action: string): Error {
    return fsError(code, action, this.path());
  }

  #fail(action: string): never {
    throw this.#error(codeOf(lastErrno()), action);
  }

  #failUnlessInterrupted(action: string): void {
    if (lastErrno() !== ERRNO.EINTR) this.#fail(action);
  }
}

/** Runs a function of `attributes.ts` and gives its failure the path and the code. */
export function withAttributeErrors<T>(action: "read" | "write", path: () => string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof AttributeError)) throw error;
    const which = error.attribute === "" ? "the extended attributes" : `the extended attribute ${error.attribute}`;
    throw fsError(codeOf(error.errno), `${action} ${which} of`, path(), error);
  }
}
