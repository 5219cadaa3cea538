/**
 * Metadata on the wire. Most of it is as it was for the entry before (owner, mode, device) or follows from another field, so
 * a mask says what is written at all: fewer than 30 bytes an entry instead of 120.
 *
 * @module
 */

import type { WireKind, WireStat } from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MalformedRecord } from "./malformed.ts";

const KINDS: readonly WireKind[] = [
  "file",
  "directory",
  "symlink",
  "fifo",
  "socket",
  "block-device",
  "character-device",
  "unknown",
];

const KIND_NUMBERS = new Map(KINDS.map((kind, number) => [kind, number]));

/** A kind alone. */
export function writeKind(writer: ByteWriter, kind: WireKind): void {
  writer.uint8(KIND_NUMBERS.get(kind)!);
}

/** @throws {MalformedRecord} for a number that stands for none */
export function readKind(reader: ByteReader): WireKind {
  const number = reader.uint8();
  const kind = KINDS[number];
  if (kind === undefined) throw new MalformedRecord(`unknown kind ${number} of an entry`);
  return kind;
}

/** What the first entry of a record is compared with. */
export const FIRST: WireStat = {
  kind: "file",
  size: 0,
  mode: 0,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  ctimeSeconds: 0,
  ctimeNanoseconds: 0,
  stampNanoseconds: 0,
  dev: 0,
  inoHigh: 0,
  inoLow: 0,
  nlink: 1,
  rdev: 0,
  allocatedBytes: 0,
};

/** Low bits of the first byte: the kind. */
const KIND_MASK = 0x07;
/** In the first byte: `allocatedBytes` is not `size` rounded up to a whole block. */
const ALLOCATED = 0x08;
/** Bits of the first byte that are free for whoever writes the stat. */
export const FREE_BITS = 0x70;
const RESERVED = 0x80;

/** The second byte: which fields follow. */
const FIELD = {
  mode: 0x01,
  owner: 0x02,
  dev: 0x04,
  inoHigh: 0x08,
  nlink: 0x10,
  rdev: 0x20,
  ctime: 0x40,
  stamp: 0x80,
} as const;

const BLOCK_BYTES = 4096;
const MAX_UINT32 = 0xffff_ffff;

/** Fields that are written as they are, with what people call them. */
const NUMBERS = [
  ["size", "size"],
  ["allocatedBytes", "space on disk"],
  ["nlink", "link count"],
  ["dev", "device"],
  ["rdev", "device number"],
] as const;

/** Why metadata cannot be written, as the rest of a sentence: a file system may tell numbers that no record has room for. */
export function statProblem(stat: WireStat): string | undefined {
  const { size, allocatedBytes, nlink, dev, rdev, mtimeSeconds, ctimeSeconds } = stat;
  // Every entry comes here: the fields are named once more only where one does not fit.
  if (isWritable(size) && isWritable(allocatedBytes) && isWritable(nlink) && isWritable(dev) && isWritable(rdev)) {
    return secondsProblem(mtimeSeconds) ?? secondsProblem(ctimeSeconds);
  }
  const [field, name] = NUMBERS.find(([field]) => !isWritable(stat[field]))!;
  return `its ${name} (${stat[field]}) has more than the 53 bits of a record`;
}

function isWritable(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The sign of a time takes one bit. */
function secondsProblem(seconds: number): string | undefined {
  if (Number.isSafeInteger(2 * Math.abs(seconds) + 1)) return undefined;
  return `its time (${seconds} seconds since 1970) has more than the 53 bits of a record`;
}

/**
 * Writes metadata.
 *
 * @param before what the previous one in this record was, {@linkcode FIRST} for the first
 * @param bits goes into the {@linkcode FREE_BITS} of the first byte
 */
export function writeStat(writer: ByteWriter, stat: WireStat, before: WireStat, bits: number): void {
  const hasAllocated = stat.allocatedBytes !== roundUp(stat.size);
  const fields = fieldsOf(stat, before);
  writer.uint8(KIND_NUMBERS.get(stat.kind)! | (hasAllocated ? ALLOCATED : 0) | bits);
  writer.uint8(fields);
  writer.varint(stat.size);
  writeTime(writer, stat.mtimeSeconds, stat.mtimeNanoseconds);
  writer.signed(stat.inoLow - before.inoLow);
  if (fields & FIELD.mode) writer.varint(stat.mode);
  if (fields & FIELD.owner) {
    writer.varint(stat.uid);
    writer.varint(stat.gid);
  }
  if (fields & FIELD.dev) writer.varint(stat.dev);
  if (fields & FIELD.inoHigh) writer.varint(stat.inoHigh);
  if (fields & FIELD.nlink) writer.varint(stat.nlink);
  if (fields & FIELD.rdev) writer.varint(stat.rdev);
  if (fields & FIELD.ctime) writeTime(writer, stat.ctimeSeconds, stat.ctimeNanoseconds);
  if (fields & FIELD.stamp) writer.uint32(stat.stampNanoseconds);
  if (hasAllocated) writer.varint(stat.allocatedBytes);
}

/** Reads metadata; the bits of whoever wrote it are in the second element. */
export function readStat(reader: ByteReader, before: WireStat): [stat: WireStat, bits: number] {
  const head = reader.uint8();
  if (head & RESERVED) throw new MalformedRecord("a reserved bit of an entry is set");
  const fields = reader.uint8();
  const size = reader.varint();
  const mtimeSeconds = reader.signed();
  const mtimeNanoseconds = readNanoseconds(reader);
  const inoLow = before.inoLow + reader.signed();
  if (inoLow < 0 || inoLow > MAX_UINT32) throw new MalformedRecord("an inode number has more than 64 bits");
  const mode = fields & FIELD.mode ? reader.varintUpTo(0o7777, "mode") : before.mode;
  const uid = fields & FIELD.owner ? reader.varintUpTo(MAX_UINT32, "owner") : before.uid;
  const gid = fields & FIELD.owner ? reader.varintUpTo(MAX_UINT32, "group") : before.gid;
  const dev = fields & FIELD.dev ? reader.varint() : before.dev;
  const inoHigh = fields & FIELD.inoHigh ? reader.varintUpTo(MAX_UINT32, "inode number") : before.inoHigh;
  const nlink = fields & FIELD.nlink ? reader.varint() : 1;
  const rdev = fields & FIELD.rdev ? reader.varint() : 0;
  const ctimeSeconds = fields & FIELD.ctime ? reader.signed() : mtimeSeconds;
  const ctimeNanoseconds = fields & FIELD.ctime ? readNanoseconds(reader) : mtimeNanoseconds;
  const stampNanoseconds = fields & FIELD.stamp ? readNanoseconds(reader) : ctimeNanoseconds;
  const allocatedBytes = head & ALLOCATED ? reader.varint() : roundUp(size);
  return [{
    kind: KINDS[head & KIND_MASK],
    size,
    mode,
    uid,
    gid,
    mtimeSeconds,
    mtimeNanoseconds,
    ctimeSeconds,
    ctimeNanoseconds,
    stampNanoseconds,
    dev,
    inoHigh,
    inoLow,
    nlink,
    rdev,
    allocatedBytes,
  }, head & FREE_BITS];
}

/** Writes seconds and nanoseconds. */
export function writeTime(writer: ByteWriter, seconds: number, nanoseconds: number): void {
  writer.signed(seconds);
  writer.uint32(nanoseconds);
}

/** Reads a fraction of a second. */
export function readNanoseconds(reader: ByteReader): number {
  const value = reader.uint32();
  if (value > 999_999_999) throw new MalformedRecord(`a time has ${value} nanoseconds`);
  return value;
}

function fieldsOf(stat: WireStat, before: WireStat): number {
  let fields = 0;
  if (stat.mode !== before.mode) fields |= FIELD.mode;
  if (stat.uid !== before.uid || stat.gid !== before.gid) fields |= FIELD.owner;
  if (stat.dev !== before.dev) fields |= FIELD.dev;
  if (stat.inoHigh !== before.inoHigh) fields |= FIELD.inoHigh;
  if (stat.nlink !== 1) fields |= FIELD.nlink;
  if (stat.rdev !== 0) fields |= FIELD.rdev;
  if (stat.ctimeSeconds !== stat.mtimeSeconds || stat.ctimeNanoseconds !== stat.mtimeNanoseconds) {
    fields |= FIELD.ctime;
  }
  if (stat.stampNanoseconds !== stat.ctimeNanoseconds) fields |= FIELD.stamp;
  return fields;
}

function roundUp(size: number): number {
  const rest = size % BLOCK_BYTES;
  return rest === 0 ? size : size - rest + BLOCK_BYTES;
}
