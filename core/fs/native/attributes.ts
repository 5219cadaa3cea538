/**
 * Extended attributes and POSIX ACLs.
 *
 * What is kept follows `rsync -AX`: everything but `system.*` as root, `user.*` otherwise, and the two ACL attributes in any
 * case. An open file is asked through its descriptor. An entry by name is listed with `listxattrat` (Linux 6.13) where it
 * exists; everything else goes through `/proc/self/fd/<directory>/<name>`, which no rename of a parent can redirect.
 *
 * @module
 */

import { asByteString, type ByteString } from "../../paths/bytes.ts";
import type { Attributes } from "../types.ts";
import { cString, ERRNO, lastErrno, type Library, secondCString, SYSCALL } from "./library.ts";

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux: no list and no value is larger. */
const MAX_BYTES = 65_536;
/** Room offered at first. The kernel allocates what is offered, and 64 KiB for each file would cost more than all else. */
const USUAL_BYTES = 256;
const AT_SYMLINK_NOFOLLOW = 0x100;

const listBuffer = new Uint8Array(MAX_BYTES);
const valueBuffer = new Uint8Array(MAX_BYTES);
const ACL_ACCESS = "system.posix_acl_access";
const ACL_DEFAULT = "system.posix_acl_default";

/** What attributes belong to: an open file, or an entry of an open directory. */
export interface AttributeTarget {
  readonly descriptor: number;
  /** Absent for the open file itself. */
  readonly name?: ByteString;
}

/** A failing call; the caller knows the path and turns it into a message. */
export class AttributeError extends Error {
  constructor(readonly errno: number, readonly attribute: string) {
    super(`errno ${errno} for attribute ${attribute}`);
  }
}

/** Reads the attributes that are kept, by name; `undefined` where there are none. */
export function readAttributes(libc: Library, target: AttributeTarget): Attributes | undefined {
  const length = list(libc, target);
  if (length === 0) return undefined;
  const result = new Map<string, Uint8Array>();
  for (const name of keptNames(libc, length)) {
    const value = get(libc, target, name);
    if (value !== undefined) result.set(name, value);
  }
  return result.size === 0 ? undefined : result;
}

/** Sets what differs and removes what is not wanted. */
export function writeAttributes(libc: Library, target: AttributeTarget, wanted: Attributes | undefined): void {
  const present = readAttributes(libc, target);
  for (const name of present?.keys() ?? []) {
    if (!wanted?.has(name)) remove(libc, target, name);
  }
  for (const [name, value] of wanted ?? []) {
    const old = present?.get(name);
    if (old === undefined || !equalBytes(old, value)) set(libc, target, name, value);
  }
}

/** Whether entries created in this directory inherit an ACL. */
export function hasDefaultAcl(libc: Library, descriptor: number): boolean {
  return libc.fgetxattr(descriptor, secondCString(asByteString(ACL_DEFAULT)), valueBuffer, USUAL_BYTES) >= 0 ||
    lastErrno() === ERRNO.ERANGE;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

let listsByName = true;

/** Fills the list buffer; returns the length of the list, 0 where the file system has no attributes. */
function list(libc: Library, target: AttributeTarget): number {
  const length = tryList(libc, target, USUAL_BYTES);
  if (length >= 0) return length;
  const errno = lastErrno();
  if (errno === ERRNO.EOPNOTSUPP) return 0;
  const wholeLength = errno === ERRNO.ERANGE ? tryList(libc, target, MAX_BYTES) : length;
  if (wholeLength < 0) throw new AttributeError(lastErrno(), "");
  return wholeLength;
}

function tryList(libc: Library, { descriptor, name }: AttributeTarget, room: number): number {
  if (name === undefined) return libc.flistxattr(descriptor, listBuffer, room);
  if (!listsByName) return libc.rare.llistxattr(entryPath(descriptor, name), listBuffer, room);
  const { listxattrat } = SYSCALL;
  const length = libc.listxattrat(listxattrat, descriptor, cString(name), AT_SYMLINK_NOFOLLOW, listBuffer, room);
  if (length >= 0) return length;
  const errno = lastErrno();
  // EPERM: a sandbox that knows the older calls only.
  if (errno !== ERRNO.ENOSYS && errno !== ERRNO.EPERM) return length;
  listsByName = false;
  return tryList(libc, { descriptor, name }, room);
}

function keptNames(libc: Library, length: number): string[] {
  const isRoot = libc.geteuid() === 0;
  const names: string[] = [];
  for (let start = 0; start < length;) {
    const end = listBuffer.indexOf(0, start);
    const name = String.fromCharCode(...listBuffer.subarray(start, end));
    if (isKept(name, isRoot)) names.push(name);
    start = end + 1;
  }
  return names;
}

function isKept(name: string, isRoot: boolean): boolean {
  if (name === ACL_ACCESS || name === ACL_DEFAULT) return true;
  return isRoot ? !name.startsWith("system.") : name.startsWith("user.");
}

function get(libc: Library, target: AttributeTarget, attribute: string): Uint8Array | undefined {
  let length = tryGet(libc, target, attribute, USUAL_BYTES);
  if (length < 0 && lastErrno() === ERRNO.ERANGE) length = tryGet(libc, target, attribute, MAX_BYTES);
  if (length >= 0) return valueBuffer.slice(0, length);
  const errno = lastErrno();
  if (errno === ERRNO.ENODATA) return undefined; // removed since it was listed
  throw new AttributeError(errno, attribute);
}

function tryGet(libc: Library, { descriptor, name }: AttributeTarget, attribute: string, room: number): number {
  const key = secondCString(asByteString(attribute));
  return name === undefined
    ? libc.fgetxattr(descriptor, key, valueBuffer, room)
    : libc.rare.lgetxattr(entryPath(descriptor, name), key, valueBuffer, room);
}

function set(libc: Library, { descriptor, name }: AttributeTarget, attribute: string, value: Uint8Array): void {
  const key = secondCString(asByteString(attribute));
  const bytes = new Uint8Array(value);
  const result = name === undefined
    ? libc.rare.fsetxattr(descriptor, key, bytes, bytes.length, 0)
    : libc.rare.lsetxattr(entryPath(descriptor, name), key, bytes, bytes.length, 0);
  if (result !== 0) throw new AttributeError(lastErrno(), attribute);
}

function remove(libc: Library, { descriptor, name }: AttributeTarget, attribute: string): void {
  const key = secondCString(asByteString(attribute));
  const result = name === undefined
    ? libc.rare.fremovexattr(descriptor, key)
    : libc.rare.lremovexattr(entryPath(descriptor, name), key);
  if (result === 0) return;
  const errno = lastErrno();
  if (errno !== ERRNO.ENODATA) throw new AttributeError(errno, attribute);
}

function entryPath(descriptor: number, name: ByteString): Uint8Array<ArrayBuffer> {
  return cString(asByteString(`/proc/self/fd/${descriptor}/${name}`));
}
