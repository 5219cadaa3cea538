/**
 * The C library through FFI: symbols, the calling thread's `errno`, and buffers that calls share.
 *
 * A call through V8's fast path costs about 40 ns when its parameters are plain numbers and buffers, so names are written
 * into one buffer per isolate instead of being allocated per call. Everything here is synchronous, and each worker has its
 * own copy of this module, so nothing is shared between threads.
 *
 * @module
 */

import { mapErrno } from "../../errno.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ByteString } from "../../paths/bytes.ts";

const i32 = "i32";
const u32 = "u32";
const u64 = "u64";
const i64 = "i64";
const usize = "usize";
/**
 * A length of less than 2 GiB, where C says `size_t`. V8 calls directly only where no parameter has 64 bits; a number in a 64-bit
 * one takes the general path of Deno's FFI, 140 ns more a call. A 32-bit register write clears the upper half on x86-64 and on
 * aarch64, so the callee sees the same value.
 */
const size = u32;
const buffer = "buffer";

/** What every directory and file needs. Preparing a symbol takes 0.1 ms, in every thread. */
const symbols = {
  openat: { parameters: [i32, buffer, i32, u32], result: i32 },
  close: { parameters: [i32], result: i32 },
  read: { parameters: [i32, buffer, size], result: i32 },
  write: { parameters: [i32, buffer, size], result: i32 },
  statx: { parameters: [i32, buffer, i32, u32, buffer], result: i32 },
  getdents64: { parameters: [i32, buffer, size], result: i32 },
  mkdirat: { parameters: [i32, buffer, u32], result: i32 },
  futimens: { parameters: [i32, buffer], result: i32 },
  flistxattr: { parameters: [i32, buffer, size], result: i32 },
  fgetxattr: { parameters: [i32, buffer, buffer, size], result: i32 },
  geteuid: { parameters: [], result: u32 },
  openat2: { name: "syscall", parameters: [u32, i32, buffer, buffer, size], result: i32 },
  listxattrat: { name: "syscall", parameters: [u32, i32, buffer, u32, buffer, size], result: i32 },
  errnoLocation: { name: "__errno_location", parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What only some entries need: prepared when the first of them is met. */
const rareSymbols = {
  pread: { parameters: [i32, buffer, usize, i64], result: i32 },
  pwrite: { parameters: [i32, buffer, usize, i64], result: i32 },
  lseek: { parameters: [i32, i64, i32], result: i64 },
  readlinkat: { parameters: [i32, buffer, buffer, usize], result: i32 },
  mknodat: { parameters: [i32, buffer, u32, u64], result: i32 },
  symlinkat: { parameters: [buffer, i32, buffer], result: i32 },
  linkat: { parameters: [i32, buffer, i32, buffer, i32], result: i32 },
  renameat: { parameters: [i32, buffer, i32, buffer], result: i32 },
  renameat2: { parameters: [i32, buffer, i32, buffer, u32], result: i32 },
  unlinkat: { parameters: [i32, buffer, i32], result: i32 },
  fchmod: { parameters: [i32, u32], result: i32 },
  fchmodat: { parameters: [i32, buffer, u32, i32], result: i32 },
  fchown: { parameters: [i32, u32, u32], result: i32 },
  fchownat: { parameters: [i32, buffer, u32, u32, i32], result: i32 },
  utimensat: { parameters: [i32, buffer, buffer, i32], result: i32 },
  ftruncate: { parameters: [i32, i64], result: i32 },
  fstatfs: { parameters: [i32, buffer], result: i32 },
  fallocate: { parameters: [i32, i32, i64, i64], result: i32 },
  fdatasync: { parameters: [i32], result: i32 },
  syncfs: { parameters: [i32], result: i32 },
  flock: { parameters: [i32, i32], result: i32 },
  ioctl: { parameters: [i32, u64, i32], result: i32 },
  llistxattr: { parameters: [buffer, buffer, usize], result: i32 },
  lgetxattr: { parameters: [buffer, buffer, buffer, usize], result: i32 },
  fsetxattr: { parameters: [i32, buffer, buffer, usize, i32], result: i32 },
  lsetxattr: { parameters: [buffer, buffer, buffer, usize, i32], result: i32 },
  fremovexattr: { parameters: [i32, buffer], result: i32 },
  lremovexattr: { parameters: [buffer, buffer], result: i32 },
} as const satisfies Deno.ForeignLibraryInterface;

/** Asked once a run, by the main thread, which may need none of the others. */
const factSymbols = {
  statfs: { parameters: [buffer, buffer], result: i32 },
} as const satisfies Deno.ForeignLibraryInterface;

/** Asked where a run is only looked at. */
const accessSymbols = {
  faccessat: { parameters: [i32, buffer, i32, i32], result: i32 },
} as const satisfies Deno.ForeignLibraryInterface;

/** Deno takes numbers for 64-bit parameters as well, and only those are fast; its types ask for a `bigint`. */
type WithNumbers<Parameters extends unknown[]> = {
  [Index in keyof Parameters]: Parameters[Index] extends bigint ? number : Parameters[Index];
};

type Functions<Symbols> = {
  readonly [Name in keyof Symbols]: Symbols[Name] extends (...parameters: infer Parameters) => infer Result
    ? (...parameters: WithNumbers<Parameters>) => Result
    : never;
};

/** The functions of the C library that the native implementation calls. Lengths and offsets are numbers. */
export interface Library extends Functions<Deno.DynamicLibrary<typeof symbols>["symbols"]> {
  /** Functions that are needed now and then. */
  readonly rare: RareLibrary;
  /** Functions that tell about whole file systems. */
  readonly facts: Functions<Deno.DynamicLibrary<typeof factSymbols>["symbols"]>;
  /** Functions that tell what would be allowed. */
  readonly access: Functions<Deno.DynamicLibrary<typeof accessSymbols>["symbols"]>;
}

/** See {@linkcode Library.rare}. */
export type RareLibrary = Functions<Deno.DynamicLibrary<typeof rareSymbols>["symbols"]>;

/** `errno` values that decisions are made on. The numbers are those of Linux on x86-64 and aarch64. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EXDEV: 18,
  EINVAL: 22,
  ERANGE: 34,
  ENOLCK: 37,
  ENOSYS: 38,
  ENODATA: 61,
  EOPNOTSUPP: 95,
} as const;

/** System call numbers, the same on x86-64 and aarch64. */
export const SYSCALL = { openat2: 437, listxattrat: 465 } as const;

const codes: Readonly<Record<number, ErrorCode>> = {
  1: "permission-denied", // EPERM
  2: "not-found", // ENOENT
  5: "io", // EIO
  6: "io", // ENXIO: a FIFO or device without its other end
  13: "permission-denied", // EACCES
  16: "busy", // EBUSY
  17: "exists", // EEXIST
  18: "cross-device", // EXDEV: also an openat2 walk that left its root
  20: "not-directory", // ENOTDIR
  21: "is-directory", // EISDIR
  22: "unsupported", // EINVAL: a name or value that this file system does not take
  26: "busy", // ETXTBSY
  27: "too-large", // EFBIG
  28: "no-space", // ENOSPC
  30: "read-only", // EROFS
  36: "name-too-long", // ENAMETOOLONG
  38: "unsupported", // ENOSYS
  39: "not-empty", // ENOTEMPTY
  40: "loop", // ELOOP: a symbolic link where none may be
  61: "io", // ENODATA: a medium that cannot be read; of an attribute, `attributes.ts` knows that it is not there
  75: "too-large", // EOVERFLOW
  84: "invalid-name", // EILSEQ: the file system cannot encode the name
  95: "unsupported", // EOPNOTSUPP
  122: "quota", // EDQUOT
};

/** The code of an `errno`; whatever is not in the list is an input/output error. */
export function codeOf(errno: number): ErrorCode {
  return codes[errno] ?? "io";
}

/** Words for reasons that their code does not tell. */
export function reasonOf(errno: number): string | undefined {
  switch (errno) {
    case 12:
      return "out of memory"; // ENOMEM
    case 23:
      return "too many open files in the whole system"; // ENFILE
    case 24:
      return "too many open files"; // EMFILE
    default:
      return errno in codes ? undefined : `system error ${errno}`;
  }
}

/** Longest path that one system call takes, in bytes, without its terminating NUL. */
export const MAX_PATH_BYTES = 4095;

let opened: { readonly library: Library | undefined } | undefined;

/** The C library of this process, opened by the first call; `undefined` where it cannot be. */
export function loadLibrary(): Library | undefined {
  if (opened === undefined) {
    opened = { library: openLibrary() };
    if (opened.library !== undefined) errnoCell = mapErrno(opened.library.errnoLocation());
  }
  return opened.library;
}

/** Why the C library is not even tried on this platform with these permissions; `undefined` where it is. */
export function libraryObstacle(): string | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) return `there is none for ${os} on ${arch}`;
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted" ? undefined : "--allow-ffi is not granted";
}

function openLibrary(): Library | undefined {
  if (libraryObstacle() !== undefined) return undefined;
  try {
    let rare: RareLibrary | undefined;
    return {
      ...Deno.dlopen("libc.so.6", symbols).symbols as unknown as Omit<Library, "rare" | "facts" | "access">,
      get rare(): RareLibrary {
        return rare ??= Deno.dlopen("libc.so.6", rareSymbols).symbols as unknown as RareLibrary;
      },
      get facts(): Library["facts"] {
        return Deno.dlopen("libc.so.6", factSymbols).symbols;
      },
      get access(): Library["access"] {
        return Deno.dlopen("libc.so.6", accessSymbols).symbols;
      },
    };
  } catch {
    return undefined; // no glibc or one without these symbols: the portable implementation does the work
  }
}

/**
 * The calling thread's `errno`, read straight from memory. `__errno_location` is called once a thread; after that a read
 * touches no runtime code, so nothing runs on the thread between the failing call and the read that could change it.
 * (Six million failing calls under garbage collection gave no wrong value.)
 */
let errnoCell: Int32Array | undefined;

/** The reason of the call that has just failed on this thread. */
export function lastErrno(): number {
  return errnoCell![0];
}

const first = new Uint8Array(MAX_PATH_BYTES + 1);
const second = new Uint8Array(MAX_PATH_BYTES + 1);
let firstName: ByteString | undefined;

/**
 * Writes a name or path into a shared buffer as a C string; valid until the next call. A longer one is cut after
 * {@linkcode MAX_PATH_BYTES} + 1 characters, which the kernel answers with ENAMETOOLONG.
 */
export function cString(name: ByteString): Uint8Array<ArrayBuffer> {
  // One entry is asked about several times in a row.
  if (name === firstName) return first;
  firstName = name;
  return writeCString(first, name);
}

/** The same in a second buffer, for calls that take two names. */
export function secondCString(name: ByteString): Uint8Array<ArrayBuffer> {
  return writeCString(second, name);
}

function writeCString(target: Uint8Array<ArrayBuffer>, name: ByteString): Uint8Array<ArrayBuffer> {
  const length = name.length;
  if (length > MAX_PATH_BYTES) return target.fill(0x61); // no NUL within PATH_MAX: ENAMETOOLONG
  for (let i = 0; i < length; i++) target[i] = name.charCodeAt(i);
  target[length] = 0;
  return target;
}

/** The empty C string, for calls on a descriptor itself (`AT_EMPTY_PATH`). */
export const emptyCString: Uint8Array<ArrayBuffer> = new Uint8Array(1);
