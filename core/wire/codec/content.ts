/**
 * Records of the source that carry content. Encoders write what describes the content; the content itself follows from the
 * caller's buffer.
 *
 * @module
 */

import { MAX_CONTENT_BYTES, MAX_ITEMS } from "../limits.ts";
import type {
  FileDataRecord,
  FileDiffersRecord,
  FileEndRecord,
  FileHoleRecord,
  FileResult,
  FileSameRecord,
  ShardFile,
  ShardRecord,
} from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MalformedRecord } from "./malformed.ts";
import { readReason, writeCount, writeReason } from "./parts.ts";
import { FIRST, readStat, writeStat } from "./stat.ts";

const RESULT = { whole: 0, changed: 1, failed: 2 } as const;
/** Bytes of the smallest file in a shard's table. */
const SMALLEST_SHARD_FILE = 6;

export function writeFileData(writer: ByteWriter, record: FileDataRecord): Uint8Array {
  checkContent(record.content);
  ensureSafeEnd(record.offset, record.content.length, RangeError);
  writer.uint32(record.request);
  writer.uint64(record.offset);
  return record.content;
}

export function readFileData(reader: ByteReader): FileDataRecord {
  const request = reader.uint32();
  const offset = reader.uint64();
  if (reader.remaining > MAX_CONTENT_BYTES) throw new MalformedRecord(`${reader.remaining} bytes of content`);
  ensureSafeEnd(offset, reader.remaining, MalformedRecord);
  return { kind: "file-data", request, offset, content: reader.view(reader.remaining) };
}

export function writeFileHole(writer: ByteWriter, record: FileHoleRecord): void {
  ensureSafeEnd(record.offset, record.length, RangeError);
  writer.uint32(record.request);
  writer.uint64(record.offset);
  writer.uint64(record.length);
}

export function readFileHole(reader: ByteReader): FileHoleRecord {
  const record = {
    kind: "file-hole",
    request: reader.uint32(),
    offset: reader.uint64(),
    length: reader.uint64(),
  } as const;
  ensureSafeEnd(record.offset, record.length, MalformedRecord);
  return record;
}

export function writeFileEnd(writer: ByteWriter, { request, result, stat }: FileEndRecord): void {
  writer.uint32(request);
  writer.uint8(RESULT[result.kind]);
  if (result.kind === "failed") writeReason(writer, result.code, result.message);
  writer.uint8(stat ? 1 : 0);
  if (stat) writeStat(writer, stat, FIRST, 0);
}

export function readFileEnd(reader: ByteReader): FileEndRecord {
  const request = reader.uint32();
  const result = readResult(reader);
  if (!reader.boolean("presence of metadata")) return { kind: "file-end", request, result };
  const [stat, bits] = readStat(reader, FIRST);
  if (bits !== 0) throw new MalformedRecord("the end of a file carries flags of an entry");
  return { kind: "file-end", request, result, stat };
}

export function writeShard(writer: ByteWriter, { files, content }: ShardRecord): Uint8Array {
  checkContent(content);
  let total = 0;
  writeCount(writer, files.length);
  for (const file of files) {
    writer.uint32(file.request);
    writer.uint8(file.unchanged ? 1 : 0);
    writer.varint(file.length);
    total += file.length;
  }
  if (total !== content.length) {
    throw new RangeError(`Cannot encode a shard of ${content.length} bytes: its files have ${total}`);
  }
  return content;
}

export function readShard(reader: ByteReader): ShardRecord {
  const count = reader.count(SMALLEST_SHARD_FILE, "files", MAX_ITEMS);
  const files: ShardFile[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const file = {
      request: reader.uint32(),
      unchanged: reader.boolean("state of a file"),
      length: reader.varintUpTo(MAX_CONTENT_BYTES, "size of a file in a shard"),
    };
    files.push(file);
    total += file.length;
  }
  if (total !== reader.remaining || total > MAX_CONTENT_BYTES) {
    throw new MalformedRecord(`files of ${total} bytes come with ${reader.remaining} bytes`);
  }
  return { kind: "shard", files, content: reader.view(total) };
}

export function writeRequestOnly(writer: ByteWriter, record: FileSameRecord | FileDiffersRecord): void {
  writer.uint32(record.request);
}

export function readFileSame(reader: ByteReader): FileSameRecord {
  return { kind: "file-same", request: reader.uint32() };
}

export function readFileDiffers(reader: ByteReader): FileDiffersRecord {
  return { kind: "file-differs", request: reader.uint32() };
}

function readResult(reader: ByteReader): FileResult {
  const number = reader.uint8();
  switch (number) {
    case RESULT.whole:
      return { kind: "whole" };
    case RESULT.changed:
      return { kind: "changed" };
    case RESULT.failed:
      return { kind: "failed", ...readReason(reader) };
    default:
      throw new MalformedRecord(`unknown result ${number} of a file`);
  }
}

function checkContent(content: Uint8Array): void {
  if (content.length > MAX_CONTENT_BYTES) {
    throw new RangeError(`Cannot encode ${content.length} bytes of content: at most ${MAX_CONTENT_BYTES} are allowed`);
  }
}

/** An end beyond 53 bits would lose its last bits in the receiver's sum. */
function ensureSafeEnd(offset: number, length: number, Kind: new (message: string) => Error): void {
  if (offset + length > Number.MAX_SAFE_INTEGER) throw new Kind(`content ends at ${offset + length}`);
}
