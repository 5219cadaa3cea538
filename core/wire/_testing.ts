/**
 * What the tests of this folder share: records of every kind, and lanes over real connections.
 *
 * @module
 */

import fc from "fast-check";
import { BlitError, type ErrorCode } from "../errors.ts";
import { asByteString, type ByteString, fromBytes } from "../paths/bytes.ts";
import type { Carrier } from "./carrier.ts";
import { dial, listen } from "./connect.ts";
import { checksum } from "./frames/frame.ts";
import { FrameWriter } from "./frames/frame_writer.ts";
import type { Role, WireEntry, WireRecord, WireRequest, WireStat } from "./records.ts";
import { TcpCarrier } from "./tcp_carrier.ts";

/** The same cases every time in the gate, new ones with `BLIT_FUZZ=<seconds>`. */
export function bounds(numRuns: number): { numRuns: number; interruptAfterTimeLimit: number; seed?: number } {
  const fuzz = Deno.env.get("BLIT_FUZZ");
  return fuzz === undefined
    ? { numRuns, interruptAfterTimeLimit: 20_000, seed: 20_261_121 }
    : { numRuns: 10_000_000, interruptAfterTimeLimit: 1000 * Number(fuzz) };
}

const MAX_UINT32 = 0xffff_ffff;

const uint32 = fc.oneof(fc.constantFrom(0, 1, MAX_UINT32), fc.integer({ min: 0, max: MAX_UINT32 }));
const size = fc.oneof(fc.constantFrom(0, 1, 4096, 2 ** 31, 2 ** 32), fc.maxSafeNat());
const seconds = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 51), max: 2 ** 51 }));
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array));
const hash = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => new Uint8Array(array));

/** Any name of an entry. */
export const names: fc.Arbitrary<ByteString> = fc.oneof(
  fc.constantFrom("a", "-e", "d\nd", "b\\c", "\xff\xfe", "z".repeat(255), "...", " ").map(asByteString),
  fc.uint8Array({ minLength: 1, maxLength: 30 })
    .map((array) => fromBytes(array.map((byte) => byte === 0 || byte === 0x2f ? 0x61 : byte)))
    .filter((name) => name !== "." && name !== ".."),
);

const paths = fc.array(names, { maxLength: 6 });
const attributes = fc.dictionary(names, bytes, { maxKeys: 3, noNullPrototype: true })
  .map((record) => new Map(Object.entries(record)));
const codes = fc.constantFrom<ErrorCode>("io", "not-found", "internal", "protocol", "no-space", "changed");
const reason = fc.record({ code: codes, message: text });

/** Metadata of this kind. */
export function statsOf(kind: fc.Arbitrary<WireStat["kind"]>): fc.Arbitrary<WireStat> {
  return fc.record({
    kind,
    size,
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: uint32,
    gid: uint32,
    mtimeSeconds: seconds,
    mtimeNanoseconds: nanoseconds,
    ctimeSeconds: seconds,
    ctimeNanoseconds: nanoseconds,
    stampNanoseconds: nanoseconds,
    dev: size,
    inoHigh: uint32,
    inoLow: uint32,
    nlink: uint32,
    rdev: size,
    allocatedBytes: size,
  }, { noNullPrototype: true });
}

const otherKinds = fc.constantFrom<WireStat["kind"]>(
  "file",
  "directory",
  "fifo",
  "socket",
  "block-device",
  "character-device",
  "unknown",
);

const entries: fc.Arbitrary<WireEntry> = fc.oneof(
  fc.record({ name: names, stat: statsOf(otherKinds), filtered: fc.boolean(), walkedOnly: fc.boolean() }, {
    noNullPrototype: true,
  }),
  fc.record({
    name: names,
    stat: statsOf(fc.constant("symlink")),
    filtered: fc.boolean(),
    walkedOnly: fc.boolean(),
    target: names,
    attributes,
  }, { noNullPrototype: true }),
);

const modes: fc.Arbitrary<WireRequest["mode"]> = fc.oneof(
  fc.constant({ kind: "whole" as const }),
  fc.tuple(size, size).map(([a, b]) => ({ kind: "range" as const, start: Math.min(a, b), end: Math.max(a, b) })),
  hash.map((hash) => ({ kind: "unless-hash" as const, hash })),
  hash.map((hash) => ({ kind: "compare-hash" as const, hash })),
  fc.tuple(fc.integer({ min: 1024, max: 1 << 26 }), hash, uint32)
    .map(([blockBytes, hashes, start]) => ({ kind: "blocks" as const, start, blockBytes, hashes })),
);

const targets: fc.Arbitrary<WireRequest["target"]> = fc.oneof(
  fc.record({ by: fc.constant("entry" as const), directory: uint32, index: uint32 }, { noNullPrototype: true }),
  fc.record({ by: fc.constant("path" as const), path: paths }, { noNullPrototype: true }),
);

function kindOf<K extends WireRecord["kind"], T extends object>(
  kind: K,
  fields: { [F in keyof T]: fc.Arbitrary<T[F]> },
): fc.Arbitrary<T & { kind: K }> {
  return fc.record(fields, { noNullPrototype: true }).map((record) => ({ kind, ...record }) as T & { kind: K });
}

const shards = fc.array(fc.record({ request: uint32, unchanged: fc.boolean(), content: bytes }), { maxLength: 5 })
  .map((files) => ({
    kind: "shard" as const,
    files: files.map(({ request, unchanged, content }) => ({ request, unchanged, length: content.length })),
    content: new Uint8Array(files.flatMap(({ content }) => [...content])),
  }));

const fileEnds: fc.Arbitrary<WireRecord> = fc.oneof(
  kindOf("file-end", { request: uint32, result: fc.constant({ kind: "whole" as const }), stat: statsOf(otherKinds) }),
  kindOf("file-end", { request: uint32, result: fc.constantFrom({ kind: "changed" as const }) }),
  kindOf("file-end", { request: uint32, result: reason.map((reason) => ({ kind: "failed" as const, ...reason })) }),
);

const commonRecords: fc.Arbitrary<WireRecord> = fc.oneof(
  kindOf("keep-alive", { patienceSeconds: size }),
  fc.constant<WireRecord>({ kind: "lane-end" }),
  kindOf("abort", { code: codes, message: text }),
);

const sourceRecords: fc.Arbitrary<WireRecord> = fc.oneof(
  kindOf("directory", { id: uint32, path: paths, stat: statsOf(fc.constant("directory")) }),
  kindOf("directory", { id: uint32, path: paths, stat: statsOf(fc.constant("directory")), attributes }),
  kindOf("entries", { directory: uint32, first: uint32, entries: fc.array(entries, { maxLength: 8 }) }),
  kindOf("directory-end", { id: uint32, complete: fc.boolean() }),
  kindOf("failure", { path: paths, code: codes, message: text }),
  kindOf("scan-end", { directories: size, entries: size, failures: size }),
  kindOf("file-data", { request: uint32, offset: uint32, content: bytes }),
  kindOf("file-data", { request: uint32, offset: uint32, content: fc.constantFrom(new Uint8Array(100_000).fill(7)) }),
  kindOf("file-hole", { request: uint32, offset: uint32, length: uint32 }),
  fileEnds,
  shards,
  kindOf("file-same", { request: uint32 }),
  kindOf("file-differs", { request: uint32 }),
);

const requests = fc.record({ id: uint32, target: targets, mode: modes }, { noNullPrototype: true });
const confirmed = fc.record({
  name: names,
  kind: fc.oneof(otherKinds, fc.constant("symlink" as const)),
  size,
  mtimeSeconds: seconds,
  mtimeNanoseconds: nanoseconds,
}, { noNullPrototype: true });

const sinkRecords: fc.Arbitrary<WireRecord> = fc.oneof(
  kindOf("need", { requests: fc.array(requests, { maxLength: 5 }) }),
  kindOf("directory-done", { id: uint32, skipSubtree: fc.boolean() }),
  kindOf("credit", { entries: uint32 }),
  kindOf("confirmed", { path: paths, entries: fc.array(confirmed, { maxLength: 4 }) }),
);

/** Any record that this role may send. */
export function recordsOf(role: Role): fc.Arbitrary<WireRecord> {
  return fc.oneof(
    { weight: 1, arbitrary: commonRecords },
    { weight: 9, arbitrary: role === "source" ? sourceRecords : sinkRecords },
  );
}

/** A frame with these contents and a checksum that fits, whatever the contents are. */
export function rawFrame(recordNumber: number, type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  bytes[8] = type;
  bytes.set(payload, 9);
  view.setUint32(4, checksum(recordNumber, bytes.subarray(8)), true);
  return bytes;
}

/** The frames of these records, one array of bytes each. */
export function frame(records: readonly WireRecord[]): Uint8Array<ArrayBuffer>[] {
  const writer = new FrameWriter();
  return records.map((record) => {
    writer.add(record);
    const parts: Uint8Array[] = [];
    for (let piece = writer.take(); piece !== undefined; piece = writer.take()) parts.push(piece.bytes.slice());
    return join(parts);
  });
}

/** The bytes one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A record whose content is its own, to compare with others after the buffer has been used again. */
export function detached<T extends WireRecord>(record: T): T {
  return "content" in record ? { ...record, content: record.content.slice() } : record;
}

/** Two carriers over one loopback connection. */
export async function connectedPair(): Promise<[Carrier & TcpCarrier, Carrier & TcpCarrier]> {
  using listener = listen();
  const connections = listener.connections();
  const [dialled, accepted] = await Promise.all([
    dial({ host: "127.0.0.1", port: listener.address.port }),
    connections.next(),
  ]);
  return [new TcpCarrier(dialled), new TcpCarrier(accepted.value!)];
}

/** The `BlitError` that a promise rejects with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<BlitError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BlitError) return error;
    throw error;
  }
  throw new Error("Expected a rejection");
}
