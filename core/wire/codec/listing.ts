/**
 * Records of the source about its tree.
 *
 * @module
 */

import { MAX_ITEMS } from "../limits.ts";
import type {
  DirectoryEndRecord,
  DirectoryRecord,
  EntriesRecord,
  FailureRecord,
  ScanEndRecord,
  WireEntry,
  WireStat,
} from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MalformedRecord } from "./malformed.ts";
import {
  readAttributes,
  readName,
  readPath,
  readReason,
  readTarget,
  writeAttributes,
  writeCount,
  writeName,
  writePath,
  writeReason,
  writeTarget,
} from "./parts.ts";
import { FIRST, readStat, writeStat } from "./stat.ts";

/** Bits of an entry beside its metadata. */
const BIT = { filtered: 0x10, walkedOnly: 0x20, attributes: 0x40 } as const;
/** Bytes of the smallest entry: a name of one byte, metadata without any optional field. */
const SMALLEST_ENTRY = 11;

export function writeDirectory(writer: ByteWriter, record: DirectoryRecord): void {
  writer.uint32(record.id);
  writePath(writer, record.path);
  writeStat(writer, record.stat, FIRST, record.attributes ? BIT.attributes : 0);
  if (record.attributes) writeAttributes(writer, record.attributes);
}

export function readDirectory(reader: ByteReader): DirectoryRecord {
  const id = reader.uint32();
  const path = readPath(reader);
  const [stat, bits] = readStat(reader, FIRST);
  if (bits & ~BIT.attributes) throw new MalformedRecord("a directory carries flags of an entry");
  if (stat.kind !== "directory") throw new MalformedRecord(`a directory is a ${stat.kind}`);
  if (!(bits & BIT.attributes)) return { kind: "directory", id, path, stat };
  return { kind: "directory", id, path, stat, attributes: readAttributes(reader) };
}

export function writeEntries(writer: ByteWriter, record: EntriesRecord): void {
  writer.uint32(record.directory);
  writer.varint(record.first);
  writeCount(writer, record.entries.length);
  let before = FIRST;
  for (const entry of record.entries) {
    writeEntry(writer, entry, before);
    before = entry.stat;
  }
}

export function readEntries(reader: ByteReader): EntriesRecord {
  const directory = reader.uint32();
  const first = reader.varint();
  const count = reader.count(SMALLEST_ENTRY, "entries", MAX_ITEMS);
  const entries: WireEntry[] = [];
  let before = FIRST;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(reader, before);
    entries.push(entry);
    before = entry.stat;
  }
  return { kind: "entries", directory, first, entries };
}

/**
 * The most bytes that this entry takes in an `entries` record, within 100 bytes of what it takes. A record holds entries
 * up to `MAX_PAYLOAD_BYTES` less 20 bytes; an entry that does not fit alone (by its attributes) cannot travel.
 */
export function entryBytes(entry: WireEntry): number {
  let bytes = 110 + entry.name.length + (entry.target?.length ?? 0);
  if (entry.attributes === undefined) return bytes;
  for (const [name, value] of entry.attributes) bytes += 5 + name.length + value.length;
  return bytes;
}

export function writeDirectoryEnd(writer: ByteWriter, record: DirectoryEndRecord): void {
  writer.uint32(record.id);
  writer.uint8(record.complete ? 1 : 0);
}

export function readDirectoryEnd(reader: ByteReader): DirectoryEndRecord {
  return { kind: "directory-end", id: reader.uint32(), complete: reader.boolean("completeness of a listing") };
}

export function writeFailure(writer: ByteWriter, record: FailureRecord): void {
  writePath(writer, record.path);
  writeReason(writer, record.code, record.message);
}

export function readFailure(reader: ByteReader): FailureRecord {
  return { kind: "failure", path: readPath(reader), ...readReason(reader) };
}

export function writeScanEnd(writer: ByteWriter, record: ScanEndRecord): void {
  writer.varint(record.directories);
  writer.varint(record.entries);
  writer.varint(record.failures);
}

export function readScanEnd(reader: ByteReader): ScanEndRecord {
  return {
    kind: "scan-end",
    directories: reader.varint(),
    entries: reader.varint(),
    failures: reader.varint(),
  };
}

function writeEntry(writer: ByteWriter, entry: WireEntry, before: WireStat): void {
  if ((entry.target !== undefined) !== (entry.stat.kind === "symlink")) {
    throw new RangeError(
      `Cannot encode a ${entry.stat.kind} ${entry.target === undefined ? "without" : "with"} a target`,
    );
  }
  writeName(writer, entry.name);
  const bits = (entry.filtered ? BIT.filtered : 0) | (entry.walkedOnly ? BIT.walkedOnly : 0) |
    (entry.attributes ? BIT.attributes : 0);
  writeStat(writer, entry.stat, before, bits);
  if (entry.target !== undefined) writeTarget(writer, entry.target);
  if (entry.attributes) writeAttributes(writer, entry.attributes);
}

function readEntry(reader: ByteReader, before: WireStat): WireEntry {
  const name = readName(reader);
  const [stat, bits] = readStat(reader, before);
  const filtered = (bits & BIT.filtered) !== 0;
  const walkedOnly = (bits & BIT.walkedOnly) !== 0;
  const target = stat.kind === "symlink" ? readTarget(reader) : undefined;
  const attributes = bits & BIT.attributes ? readAttributes(reader) : undefined;
  if (target === undefined && attributes === undefined) return { name, stat, filtered, walkedOnly };
  return {
    name,
    stat,
    filtered,
    walkedOnly,
    ...(target !== undefined && { target }),
    ...(attributes && { attributes }),
  };
}
