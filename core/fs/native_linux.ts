/**
 * The native implementation: the C library through `Deno.dlopen`, on Linux x86-64 and aarch64.
 *
 * It exists for what Deno's API cannot do: names as bytes, nanoseconds, calls relative to a directory, reflinks, holes,
 * attributes and ACLs, special files. It is used when FFI is granted; the parts are in `native/`.
 *
 * @module
 */

import { BlitError, type ErrorCode } from "../errors.ts";
import { asByteString, cleanText, encodeText } from "../paths/bytes.ts";
import type { FileSystemFacts } from "./facts.ts";
import { fsError } from "./failures.ts";
import { NativeDirectory } from "./native/directory.ts";
import { codeOf, cString, lastErrno, type Library, loadLibrary } from "./native/library.ts";
import { readFacts } from "./native/statfs.ts";
import type { Directory, FileSystem, FileSystemCapabilities } from "./types.ts";

const AT_FDCWD = -100;
const W_OK = 2;
/** Asks for the effective user, who is the one that writes. */
const AT_EACCESS = 0x200;
const O_CLOEXEC = 0o2000000;
/** `O_DIRECTORY` has another value on aarch64. */
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;

const commonCapabilities = {
  byteNames: true,
  timeStepNanoseconds: 1,
  attributes: true,
  specialFiles: true,
  flushAll: true,
  unixModes: true,
} as const;

/** The native file system, or `undefined` where the platform or the permissions do not allow it. */
export function createNativeFileSystem(): FileSystem | undefined {
  const library = loadLibrary();
  if (library === undefined) return undefined;
  const capabilities: FileSystemCapabilities = { ...commonCapabilities, owners: library.geteuid() === 0 };
  return {
    name: "native",
    capabilities,
    openRoot: (path, shown) => openRoot(library, path, shown),
    factsOf: (path) => factsOf(library, path),
    writeObstacle: (path) => writeObstacle(library, path),
  };
}

function writeObstacle(library: Library, path: string): ErrorCode | undefined {
  const { faccessat } = library.access;
  return faccessat(AT_FDCWD, cString(encodeText(path)), W_OK, AT_EACCESS) === 0 ? undefined : codeOf(lastErrno());
}

function factsOf(library: Library, path: string): FileSystemFacts | undefined {
  return readFacts((answer) => library.facts.statfs(cString(encodeText(path)), answer));
}

function openRoot(library: Library, path: string, shown: string = path): Directory {
  if (path.includes("\0")) {
    throw new BlitError("invalid-name", `Cannot open directory "${cleanText(path)}": the path contains a NUL`);
  }
  const descriptor = library.openat(AT_FDCWD, cString(encodeText(path)), O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) throw fsError(codeOf(lastErrno()), "open directory", shown);
  return new NativeDirectory(library, descriptor, shown, asByteString(""));
}
