/**
 * `statx`, and its 256-byte answer as a {@linkcode Stat}.
 *
 * @module
 */

import type { EntryKind, Stat } from "../types.ts";
import { emptyCString, type Library } from "./library.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;

/** Kinds by the type bits of a mode, shifted down by 12. */
const kinds: readonly EntryKind[] = tableOfKinds();

function tableOfKinds(): EntryKind[] {
  const table = new Array<EntryKind>(16).fill("unknown");
  table[1] = "fifo";
  table[2] = "character-device";
  table[4] = "directory";
  table[6] = "block-device";
  table[8] = "file";
  table[10] = "symlink";
  table[12] = "socket";
  return table;
}

/** The type bits of a kind, for `mknod`. */
export function typeBitsOf(kind: EntryKind): number {
  return kinds.indexOf(kind) << 12;
}

/** The kind of an entry in a listing, whose type (`d_type`) is the type bits of its mode. */
export function kindOfTypeBits(bits: number): EntryKind {
  return kinds[bits & 15];
}

const answer = new Uint8Array(256);
const words = new Uint32Array(answer.buffer);
const signedWords = new Int32Array(answer.buffer);

/** Asks for an entry below a directory, never following it; `undefined` when the call fails. */
export function statxEntry(libc: Library, descriptor: number, name: Uint8Array<ArrayBuffer>): Stat | undefined {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  return libc.statx(descriptor, name, flags, STATX_BASIC_STATS, answer) === 0 ? readAnswer() : undefined;
}

/** Asks for an open file or directory; `undefined` when the call fails. */
export function statxSelf(libc: Library, descriptor: number): Stat | undefined {
  return libc.statx(descriptor, emptyCString, AT_EMPTY_PATH, STATX_BASIC_STATS, answer) === 0
    ? readAnswer()
    : undefined;
}

/** Word offsets are those of `struct statx` in `linux/stat.h`, which is the same on every architecture. */
function readAnswer(): Stat {
  const mode = words[7] & 0xffff;
  return {
    kind: kinds[mode >>> 12],
    size: words[10] + words[11] * 0x1_0000_0000,
    mode: mode & 0o7777,
    uid: words[5],
    gid: words[6],
    mtimeSeconds: words[28] + signedWords[29] * 0x1_0000_0000,
    mtimeNanoseconds: words[30],
    ctimeSeconds: words[24] + signedWords[25] * 0x1_0000_0000,
    ctimeNanoseconds: words[26],
    stampNanoseconds: words[26],
    dev: encodeDevice(words[34], words[35]),
    inoHigh: words[9],
    inoLow: words[8],
    nlink: words[4],
    rdev: encodeDevice(words[32], words[33]),
    allocatedBytes: (words[12] + words[13] * 0x1_0000_0000) * 512,
  };
}

/** glibc's `makedev`: the number that `mknod` takes. */
function encodeDevice(major: number, minor: number): number {
  const low = ((major & 0xfff) << 8) | (minor & 0xff);
  const middle = (minor >>> 8) * 0x10_0000;
  return low + middle + (major >>> 12) * 0x1000_0000_0000;
}
