/**
 * Opening a directory that lies below another one, so that no symbolic link on the way is followed.
 *
 * `openat2` (Linux 5.6) resolves a whole path in one call under that rule. Without it, or where a sandbox forbids it, each
 * component is opened with `O_NOFOLLOW`. Paths longer than the kernel takes at once are opened piece by piece.
 *
 * @module
 */

import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { cString, ERRNO, lastErrno, type Library, MAX_PATH_BYTES, SYSCALL } from "./library.ts";

const O_CLOEXEC = 0o2000000;
/** These two have other values on aarch64. */
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;

/** `struct open_how`: flags, mode, resolve; 8 bytes each. */
const how = new Uint8Array(24);
const howWords = new Uint32Array(how.buffer);
howWords[0] = O_DIRECTORY | O_CLOEXEC;
howWords[4] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

let resolvesBeneath = true;

/** The descriptor of a directory below, or -1 with the reason in `errno`. */
export function openBeneath(libc: Library, descriptor: number, path: ByteString): number {
  let current = descriptor;
  for (const piece of piecesOf(path, resolvesBeneath ? MAX_PATH_BYTES : 0)) {
    const next = openPiece(libc, current, piece);
    if (current !== descriptor) libc.close(current); // a successful close leaves errno alone
    if (next < 0) return next;
    current = next;
  }
  return current;
}

function openPiece(libc: Library, descriptor: number, piece: ByteString): number {
  if (!resolvesBeneath) return libc.openat(descriptor, cString(piece), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  const result = libc.openat2(SYSCALL.openat2, descriptor, cString(piece), how, how.length);
  if (result >= 0) return result;
  const errno = lastErrno();
  if (errno !== ERRNO.ENOSYS && errno !== ERRNO.EPERM) return result;
  resolvesBeneath = false;
  return openBeneath(libc, descriptor, piece);
}

/** Cuts a path at slashes into pieces of at most `limit` bytes; into single components where the limit is 0. */
function piecesOf(path: ByteString, limit: number): ByteString[] {
  const pieces: ByteString[] = [];
  let start = 0;
  while (start < path.length) {
    let end = path.length - start <= limit ? path.length : path.lastIndexOf("/", start + limit);
    if (end <= start) end = path.indexOf("/", start);
    if (end < 0) end = path.length;
    pieces.push(asByteString(path.slice(start, end)));
    start = end + 1;
  }
  return pieces;
}
