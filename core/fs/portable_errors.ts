/**
 * Failures of Deno's file system calls as {@linkcode BlitError}s. The only place that reads what Deno throws.
 *
 * @module
 */

import { BlitError, type ErrorCode } from "../errors.ts";
import { fsError } from "./failures.ts";

/** By the name of the `errno`, which most errors carry in `code`. */
const codesByErrno: Readonly<Record<string, ErrorCode>> = {
  EACCES: "permission-denied",
  EBUSY: "busy",
  EDQUOT: "quota",
  EEXIST: "exists",
  EFBIG: "too-large",
  EILSEQ: "invalid-name", // the file system cannot encode the name
  EINVAL: "unsupported", // a name or value that this file system does not take
  EIO: "io",
  EISDIR: "is-directory",
  ELOOP: "loop",
  ENAMETOOLONG: "name-too-long",
  ENOENT: "not-found",
  ENOSPC: "no-space",
  ENOSYS: "unsupported",
  ENOTDIR: "not-directory",
  ENOTEMPTY: "not-empty",
  ENOTSUP: "unsupported",
  ENXIO: "io", // a device without its other end
  EOPNOTSUPP: "unsupported",
  EOVERFLOW: "too-large",
  EPERM: "permission-denied",
  EROFS: "read-only",
  ETXTBSY: "busy",
  EXDEV: "cross-device",
};

/** By class, for errors without an `errno`. */
const codesByClass: Readonly<Record<string, ErrorCode>> = {
  AlreadyExists: "exists",
  Busy: "busy",
  FilesystemLoop: "loop",
  InvalidData: "invalid-name", // text was wanted and the bytes are not UTF-8
  IsADirectory: "is-directory",
  NotADirectory: "not-directory",
  NotCapable: "permission-denied", // Deno's own sandbox
  NotFound: "not-found",
  NotSupported: "unsupported",
  PermissionDenied: "permission-denied",
};

/** Reasons of errors whose code alone would say too little. */
const reasonsByErrno: Readonly<Record<string, string>> = {
  EMFILE: "too many open files",
  ENFILE: "too many open files in the whole system",
  ENOMEM: "out of memory",
};

/** Turns what a call threw into the error `Cannot <action> "<path>": <reason>`. */
export function portableError(thrown: unknown, action: string, path: string): BlitError {
  if (thrown instanceof BlitError) return thrown;
  const { errno, className, message } = describe(thrown);
  if (className === "NotCapable") return sandboxError(thrown, message, action, path);
  if (message.includes("NUL byte")) return fsError("invalid-name", action, path, thrown);
  const code = codesByErrno[errno] ?? codesByClass[className];
  if (code !== undefined) return fsError(code, action, path, thrown);
  return fsError("io", action, path, thrown, { reason: reasonsByErrno[errno] ?? message });
}

/** Whether a call failed because nothing has this name. */
export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof Deno.errors.NotFound;
}

/** The error that writing to a path would end with for lack of Deno's permission; `undefined` where that is granted. */
export function missingWritePermission(action: string, path: string): BlitError | undefined {
  if (Deno.permissions.querySync({ name: "write", path }).state === "granted") return undefined;
  return permissionError("--allow-write", action, path);
}

function sandboxError(thrown: unknown, message: string, action: string, path: string): BlitError {
  if (message.includes("requires unscoped")) {
    return fsError("unsupported", action, path, thrown, {
      reason: "Deno creates symbolic links only with read and write permission for every path",
      hint: "Grant --allow-read and --allow-write without paths, or use -A",
    });
  }
  const flag = message.match(/--allow-[a-z]+/)?.[0];
  return permissionError(flag, action, path, thrown);
}

function permissionError(flag: string | undefined, action: string, path: string, cause?: unknown): BlitError {
  return fsError("permission-denied", action, path, cause, {
    reason: "Deno has no permission for this path",
    ...(flag === undefined ? {} : { hint: hintFor(flag) }),
  });
}

function hintFor(flag: string): string {
  if (flag === "--allow-all") return "Use -A: Deno opens paths such as /proc and /dev only where everything is allowed";
  return `Grant ${flag} for this path, or use -A`;
}

function describe(thrown: unknown): { errno: string; className: string; message: string } {
  if (!(thrown instanceof Error)) return { errno: "", className: "", message: String(thrown) };
  const code: unknown = "code" in thrown ? thrown.code : undefined;
  return { errno: typeof code === "string" ? code : "", className: thrown.name, message: thrown.message };
}
