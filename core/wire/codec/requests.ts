/**
 * Records of the sink.
 *
 * @module
 */

import { MAX_BLOCK_BYTES, MAX_ITEMS, MAX_PAYLOAD_BYTES, MIN_BLOCK_BYTES } from "../limits.ts";
import type {
  ConfirmedEntry,
  ConfirmedRecord,
  CreditRecord,
  DirectoryDoneRecord,
  NeedRecord,
  RequestMode,
  RequestTarget,
  WireRequest,
} from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MalformedRecord } from "./malformed.ts";
import { readName, readPath, writeCount, writeName, writePath } from "./parts.ts";
import { readKind, readNanoseconds, writeKind, writeTime } from "./stat.ts";

/** Bytes of an XXH128. */
export const HASH_BYTES = 16;

const TARGET = { entry: 0, path: 1 } as const;
const MODE = { "whole": 0, "range": 1, "unless-hash": 2, "compare-hash": 3, "blocks": 4 } as const;
/** Bytes of the smallest request: a whole file by path of no component. */
const SMALLEST_REQUEST = 7;
/** Bytes of the smallest confirmed entry. */
const SMALLEST_CONFIRMED = 9;

export function writeNeed(writer: ByteWriter, { requests }: NeedRecord): void {
  writeCount(writer, requests.length);
  for (const { id, target, mode } of requests) {
    writer.uint32(id);
    writeTarget(writer, target);
    writeMode(writer, mode);
  }
}

export function readNeed(reader: ByteReader): NeedRecord {
  const count = reader.count(SMALLEST_REQUEST, "requests", MAX_ITEMS);
  const requests: WireRequest[] = [];
  for (let i = 0; i < count; i++) {
    requests.push({ id: reader.uint32(), target: readTarget(reader), mode: readMode(reader) });
  }
  return { kind: "need", requests };
}

export function writeDirectoryDone(writer: ByteWriter, record: DirectoryDoneRecord): void {
  writer.uint32(record.id);
  writer.uint8(record.skipSubtree ? 1 : 0);
}

export function readDirectoryDone(reader: ByteReader): DirectoryDoneRecord {
  return { kind: "directory-done", id: reader.uint32(), skipSubtree: reader.boolean("skipping of a subtree") };
}

export function writeCredit(writer: ByteWriter, record: CreditRecord): void {
  writer.uint32(record.entries);
}

export function readCredit(reader: ByteReader): CreditRecord {
  return { kind: "credit", entries: reader.uint32() };
}

export function writeConfirmed(writer: ByteWriter, { path, entries }: ConfirmedRecord): void {
  writePath(writer, path);
  writeCount(writer, entries.length);
  for (const entry of entries) {
    writeName(writer, entry.name);
    writeKind(writer, entry.kind);
    writer.varint(entry.size);
    writeTime(writer, entry.mtimeSeconds, entry.mtimeNanoseconds);
  }
}

export function readConfirmed(reader: ByteReader): ConfirmedRecord {
  const path = readPath(reader);
  const count = reader.count(SMALLEST_CONFIRMED, "confirmed entries", MAX_ITEMS);
  const entries: ConfirmedEntry[] = [];
  for (let i = 0; i < count; i++) {
    entries.push({
      name: readName(reader),
      kind: readKind(reader),
      size: reader.varint(),
      mtimeSeconds: reader.signed(),
      mtimeNanoseconds: readNanoseconds(reader),
    });
  }
  return { kind: "confirmed", path, entries };
}

function writeTarget(writer: ByteWriter, target: RequestTarget): void {
  writer.uint8(TARGET[target.by]);
  if (target.by === "path") return writePath(writer, target.path);
  writer.uint32(target.directory);
  writer.varint(target.index);
}

function readTarget(reader: ByteReader): RequestTarget {
  const number = reader.uint8();
  switch (number) {
    case TARGET.entry:
      return { by: "entry", directory: reader.uint32(), index: reader.varint() };
    case TARGET.path:
      return { by: "path", path: readPath(reader) };
    default:
      throw new MalformedRecord(`unknown target ${number} of a request`);
  }
}

function writeMode(writer: ByteWriter, mode: RequestMode): void {
  const problem = modeProblem(mode);
  if (problem !== undefined) throw new RangeError(`Cannot encode: ${problem}`);
  writer.uint8(MODE[mode.kind]);
  switch (mode.kind) {
    case "range":
      writer.varint(mode.start);
      writer.varint(mode.end);
      return;
    case "unless-hash":
    case "compare-hash":
      writer.bytes(mode.hash);
      return;
    case "blocks":
      writer.varint(mode.start);
      writer.varint(mode.blockBytes);
      writer.varint(mode.hashes.length / HASH_BYTES);
      writer.bytes(mode.hashes);
  }
}

function readMode(reader: ByteReader): RequestMode {
  const mode = readUncheckedMode(reader);
  const problem = modeProblem(mode);
  if (problem !== undefined) throw new MalformedRecord(problem);
  return mode;
}

function readUncheckedMode(reader: ByteReader): RequestMode {
  const number = reader.uint8();
  switch (number) {
    case MODE.whole:
      return { kind: "whole" };
    case MODE.range:
      return { kind: "range", start: reader.varint(), end: reader.varint() };
    case MODE["unless-hash"]:
      return { kind: "unless-hash", hash: reader.copy(HASH_BYTES) };
    case MODE["compare-hash"]:
      return { kind: "compare-hash", hash: reader.copy(HASH_BYTES) };
    case MODE.blocks: {
      const start = reader.varint();
      const blockBytes = reader.varint();
      const count = reader.count(HASH_BYTES, "block hashes", MAX_PAYLOAD_BYTES);
      return { kind: "blocks", start, blockBytes, hashes: reader.copy(count * HASH_BYTES) };
    }
    default:
      throw new MalformedRecord(`unknown mode ${number} of a request`);
  }
}

function modeProblem(mode: RequestMode): string | undefined {
  if (mode.kind === "whole") return undefined;
  if (mode.kind === "range") {
    return mode.end < mode.start ? `a range from ${mode.start} to ${mode.end}` : undefined;
  }
  if (mode.kind !== "blocks") {
    return mode.hash.length === HASH_BYTES ? undefined : `a hash of ${mode.hash.length} bytes`;
  }
  const { start, blockBytes, hashes } = mode;
  if (!(blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES)) return `blocks of ${blockBytes} bytes`;
  if (hashes.length === 0 || hashes.length % HASH_BYTES !== 0) return `block hashes of ${hashes.length} bytes`;
  const end = start + hashes.length / HASH_BYTES * blockBytes;
  return end > Number.MAX_SAFE_INTEGER ? `blocks up to ${end}` : undefined;
}
