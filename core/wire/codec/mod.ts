/**
 * Records as bytes: the number of each kind, who may send it, and how its payload is written and read.
 *
 * @module
 */

import type { Role, WireRecord } from "../records.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import * as content from "./content.ts";
import * as listing from "./listing.ts";
import { MalformedRecord } from "./malformed.ts";
import { readReason, writeReason } from "./parts.ts";
import * as requests from "./requests.ts";

export { ByteReader } from "./byte_reader.ts";
export { ByteWriter } from "./byte_writer.ts";
export { entryBytes } from "./listing.ts";
export { MalformedRecord } from "./malformed.ts";
export { attributesProblem } from "./parts.ts";
export { statProblem } from "./stat.ts";

type Kind = WireRecord["kind"];
type RecordOf<K extends Kind> = Extract<WireRecord, { kind: K }>;

interface Format<K extends Kind> {
  /** The number of the kind; never given to another one. */
  readonly type: number;
  readonly sender: Role | "both";
  /** Writes the payload but for content, which is returned. */
  readonly write: (writer: ByteWriter, record: RecordOf<K>) => Uint8Array | void;
  readonly read: (reader: ByteReader) => RecordOf<K>;
}

const FORMATS: { readonly [K in Kind]: Format<K> } = {
  "keep-alive": {
    type: 0x01,
    sender: "both",
    write: (writer, { patienceSeconds }) => writer.varint(patienceSeconds),
    read: (reader) => ({ kind: "keep-alive", patienceSeconds: reader.varint() }),
  },
  "lane-end": { type: 0x02, sender: "both", write: nothing, read: () => ({ kind: "lane-end" }) },
  "abort": {
    type: 0x03,
    sender: "both",
    write: (writer, { code, message }) => writeReason(writer, code, message),
    read: (reader) => ({ kind: "abort", ...readReason(reader) }),
  },
  "directory": { type: 0x10, sender: "source", write: listing.writeDirectory, read: listing.readDirectory },
  "entries": { type: 0x11, sender: "source", write: listing.writeEntries, read: listing.readEntries },
  "directory-end": { type: 0x12, sender: "source", write: listing.writeDirectoryEnd, read: listing.readDirectoryEnd },
  "failure": { type: 0x13, sender: "source", write: listing.writeFailure, read: listing.readFailure },
  "scan-end": { type: 0x14, sender: "source", write: listing.writeScanEnd, read: listing.readScanEnd },
  "file-data": { type: 0x20, sender: "source", write: content.writeFileData, read: content.readFileData },
  "file-hole": { type: 0x21, sender: "source", write: content.writeFileHole, read: content.readFileHole },
  "file-end": { type: 0x22, sender: "source", write: content.writeFileEnd, read: content.readFileEnd },
  "shard": { type: 0x23, sender: "source", write: content.writeShard, read: content.readShard },
  "file-same": { type: 0x24, sender: "source", write: content.writeRequestOnly, read: content.readFileSame },
  "file-differs": { type: 0x25, sender: "source", write: content.writeRequestOnly, read: content.readFileDiffers },
  "need": { type: 0x40, sender: "sink", write: requests.writeNeed, read: requests.readNeed },
  "directory-done": {
    type: 0x41,
    sender: "sink",
    write: requests.writeDirectoryDone,
    read: requests.readDirectoryDone,
  },
  "credit": { type: 0x42, sender: "sink", write: requests.writeCredit, read: requests.readCredit },
  "confirmed": { type: 0x43, sender: "sink", write: requests.writeConfirmed, read: requests.readConfirmed },
};

const KINDS: (Kind | undefined)[] = [];
for (const [kind, { type }] of Object.entries(FORMATS)) KINDS[type] = kind as Kind;

/** The number of a kind. */
export function typeOf(kind: WireRecord["kind"]): number {
  return FORMATS[kind].type;
}

/** What a number stands for, for messages. */
export function describeType(type: number): string {
  return KINDS[type] ?? `type ${type}`;
}

/**
 * Writes the payload of a record. Content is not copied: it is returned and belongs behind what was written.
 *
 * @throws {RangeError} when the record breaks a bound; the writer may then hold a part of it
 */
export function encodeRecord(writer: ByteWriter, record: WireRecord): Uint8Array | undefined {
  const format = FORMATS[record.kind] as Format<Kind>;
  return format.write(writer, record) ?? undefined;
}

/**
 * Reads the payload of a record. Content stays a view on the bytes of the reader; everything else is a copy.
 *
 * @param sender the role of the peer
 * @throws {MalformedRecord} when the type is unknown or not for this sender to send, or when the payload is not exactly
 *   one record of that type
 */
export function decodeRecord(type: number, reader: ByteReader, sender: Role): WireRecord {
  const kind = KINDS[type];
  if (kind === undefined) throw new MalformedRecord("unknown type");
  const format = FORMATS[kind];
  if (format.sender !== "both" && format.sender !== sender) throw new MalformedRecord(`a ${sender} does not send it`);
  const record = format.read(reader);
  reader.finish();
  return record;
}

function nothing(): void {}
