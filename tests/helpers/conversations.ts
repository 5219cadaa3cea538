/**
 * Conversations on a lane: recorded, changed, and said again.
 *
 * @module
 */

import fc from "fast-check";
import { frame, join, rawFrame, recordsOf } from "../../core/wire/_testing.ts";
import type { Carrier, Role } from "../../core/wire/mod.ts";

const HEADER_BYTES = 9;
const TYPE_AT = 8;

/** A record as it travels, without what only its place in the conversation decides. */
export interface RawRecord {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** What is done to a conversation. Positions count modulo what there is. */
export type Mutation =
  | { readonly kind: "drop" | "double"; readonly at: number }
  | { readonly kind: "swap"; readonly at: number; readonly other: number }
  | { readonly kind: "flip"; readonly at: number; readonly byte: number; readonly mask: number }
  | { readonly kind: "shorten" | "retype"; readonly at: number; readonly to: number }
  | { readonly kind: "lengthen"; readonly at: number; readonly tail: Uint8Array }
  | { readonly kind: "insert"; readonly at: number; readonly record: RawRecord }
  | { readonly kind: "corrupt"; readonly byte: number; readonly mask: number }
  | { readonly kind: "announce"; readonly at: number; readonly length: number }
  | { readonly kind: "cut"; readonly byte: number };

/** A carrier that keeps what is written to it. */
export class RecordingCarrier implements Carrier {
  readonly #parts: Uint8Array[] = [];

  constructor(readonly carrier: Carrier) {}

  get peer(): string {
    return this.carrier.peer;
  }

  /** What was said. */
  get records(): RawRecord[] {
    return split(join(this.#parts));
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.carrier.read(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const count = await this.carrier.write(bytes);
    this.#parts.push(bytes.slice(0, count));
    return count;
  }

  endWriting(): Promise<void> {
    return this.carrier.endWriting();
  }

  close(): void {
    this.carrier.close();
  }
}

/** Mutations of what a role says: records that are lost, doubled, swapped, changed, cut, made up, or of the other role. */
export function mutations(role: Role): fc.Arbitrary<Mutation> {
  const at = fc.nat(1000);
  const mask = fc.integer({ min: 1, max: 255 });
  const made = (maker: Role): fc.Arbitrary<RawRecord> => recordsOf(maker).map((record) => split(frame([record])[0])[0]);
  const others = made(role === "source" ? "sink" : "source");
  const random = fc.record({ type: fc.nat(255), payload: fc.uint8Array({ maxLength: 64 }) });
  return fc.oneof(
    fc.record({ kind: fc.constantFrom("drop" as const, "double" as const), at }),
    fc.record({ kind: fc.constant("swap" as const), at, other: at }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("flip" as const), at, byte: fc.nat(300), mask }) },
    fc.record({ kind: fc.constantFrom("shorten" as const, "retype" as const), at, to: fc.nat(255) }),
    fc.record({ kind: fc.constant("lengthen" as const), at, tail: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("insert" as const), at, record: fc.oneof(made(role), others, random) }),
    },
    fc.record({ kind: fc.constant("corrupt" as const), byte: fc.nat(1_000_000), mask }),
    fc.record({
      kind: fc.constant("announce" as const),
      at,
      length: fc.constantFrom(0, 1, 1_114_112, 1_114_113, 0x7fff_ffff, 0xffff_ffff),
    }),
    fc.record({ kind: fc.constant("cut" as const), byte: fc.nat(1_000_000) }),
  );
}

/** A conversation as bytes, after all that is done to it. Numbers and checksums of the records are right but where they are corrupted. */
export function mutate(conversation: readonly RawRecord[], mutations: readonly Mutation[]): Uint8Array<ArrayBuffer> {
  const records = [...conversation];
  for (const mutation of mutations) mutateRecords(records, mutation);
  const frames = records.map(({ type, payload }, i) => rawFrame(i + 1, type, payload));
  for (const mutation of mutations) {
    const chosen = mutation.kind === "announce" ? frames[mutation.at % frames.length] : undefined;
    if (chosen !== undefined && mutation.kind === "announce") {
      new DataView(chosen.buffer).setUint32(0, mutation.length, true);
    }
  }
  let bytes = join(frames);
  for (const mutation of mutations) {
    if (bytes.length === 0) break;
    if (mutation.kind === "corrupt") bytes[mutation.byte % bytes.length] ^= mutation.mask;
    if (mutation.kind === "cut") bytes = bytes.slice(0, mutation.byte % bytes.length);
  }
  return bytes;
}

function mutateRecords(records: RawRecord[], mutation: Mutation): void {
  if (records.length === 0 || !("at" in mutation)) return;
  const at = mutation.at % records.length;
  const { type, payload } = records[at];
  switch (mutation.kind) {
    case "drop":
      return void records.splice(at, 1);
    case "double":
      return void records.splice(at, 0, records[at]);
    case "swap": {
      const other = mutation.other % records.length;
      [records[at], records[other]] = [records[other], records[at]];
      return;
    }
    case "flip": {
      if (payload.length === 0) return;
      const changed = payload.slice();
      changed[mutation.byte % changed.length] ^= mutation.mask;
      records[at] = { type, payload: changed };
      return;
    }
    case "shorten":
      records[at] = { type, payload: payload.slice(0, Math.floor(payload.length * mutation.to / 256)) };
      return;
    case "retype":
      records[at] = { type: mutation.to, payload };
      return;
    case "lengthen":
      records[at] = { type, payload: join([payload, mutation.tail]) };
      return;
    case "insert":
      return void records.splice(at, 0, mutation.record);
  }
}

function split(bytes: Uint8Array): RawRecord[] {
  const records: RawRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_BYTES + view.getUint32(at, true);
    records.push({ type: bytes[at + TYPE_AT], payload: bytes.slice(at + HEADER_BYTES, end) });
    at = end;
  }
  return records;
}
