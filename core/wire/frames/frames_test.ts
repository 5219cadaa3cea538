import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BlitError } from "../../errors.ts";
import { BufferBudget } from "../buffer_budget.ts";
import { bounds, detached, frame, join, rawFrame, recordsOf } from "../_testing.ts";
import { entryBytes } from "../codec/mod.ts";
import { MAX_CONTENT_BYTES, MAX_PAYLOAD_BYTES } from "../limits.ts";
import { asByteString } from "../../paths/bytes.ts";
import type { Role, WireRecord } from "../records.ts";
import { FrameReader } from "./frame_reader.ts";
import { FrameWriter } from "./frame_writer.ts";

const ROLES: readonly Role[] = ["source", "sink"];

/** What comes out of bytes: records, and the error that ended them. */
interface Outcome {
  records: WireRecord[];
  error?: BlitError;
  /** The first `abort` that was found ahead. */
  abort?: WireRecord;
  /** Memory of the buffer at the end. */
  capacity: number;
}

/** Readers take turns: one has room for all that it wants, the next one for the frame that comes. */
const budgets = [new BufferBudget(), new BufferBudget(0)];
let turns = 0;

/** Feeds bytes in portions of these sizes, over and over. Errors other than `protocol` fail the test. */
function unframe(bytes: Uint8Array, sender: Role, portions: readonly number[] = [1 << 20]): Outcome {
  const budget = budgets[turns++ % budgets.length];
  const reader = new FrameReader({ sender, peer: "peer", budget });
  try {
    return readAll(reader, bytes, portions);
  } finally {
    reader.release({ isUnused: true });
    assertEquals(budget.usedBytes, 0);
  }
}

function readAll(reader: FrameReader, bytes: Uint8Array, portions: readonly number[]): Outcome {
  const records: WireRecord[] = [];
  let at = 0;
  let abort: WireRecord | undefined;
  for (let turn = 0; at < bytes.length; turn++) {
    const room = reader.room();
    const count = Math.min(portions[turn % portions.length], room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + count));
    reader.filled(count);
    at += count;
    try {
      abort ??= reader.findAbort();
      for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(detached(record));
    } catch (error) {
      if (!(error instanceof BlitError) || error.code !== "protocol") throw error;
      return { records, error, capacity: reader.capacity };
    }
  }
  return { records, abort, capacity: reader.capacity };
}

/** Twice the largest frame, rounded up. */
const MAX_CAPACITY = 2 * (MAX_PAYLOAD_BYTES + 9) + 64 * 1024;

for (const role of ROLES) {
  Deno.test(`every record of a ${role} comes out as it went in, however its bytes are cut`, () => {
    const portions = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(recordsOf(role), { maxLength: 10 }), portions, (records, portions) => {
        const outcome = unframe(join(frame(records)), role, portions);
        assertEquals(outcome.records, records);
        assertEquals(outcome.error, undefined);
        assertEquals(outcome.abort, records.find(({ kind }) => kind === "abort"));
      }),
      bounds(400),
    );
  });
}

const streams = fc.constantFrom(...ROLES).chain((role) =>
  fc.record({ role: fc.constant(role), records: fc.array(recordsOf(role), { minLength: 1, maxLength: 6 }) })
);

Deno.test("a stream that is cut gives the records before the cut, and says where it was", () => {
  fc.assert(
    fc.property(streams, fc.double({ min: 0, max: 1, noNaN: true }), ({ role, records }, where) => {
      const frames = frame(records);
      const bytes = join(frames);
      const cut = Math.floor(where * bytes.length);
      const outcome = unframe(bytes.subarray(0, cut), role);
      assertEquals(outcome.error, undefined);
      assertEquals(outcome.records, records.slice(0, outcome.records.length));
      const whole = join(frames.slice(0, outcome.records.length)).length;
      assert(cut - whole < (frames[outcome.records.length]?.length ?? 1));
    }),
    bounds(300),
  );
});

Deno.test("a byte that was changed on the way never becomes a record", () => {
  fc.assert(
    fc.property(streams, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ role, records }, position, change) => {
      const bytes = join(frame(records));
      bytes[position % bytes.length] ^= change;
      const outcome = unframe(bytes, role);
      // A length that grew leaves the reader waiting for the rest; everything else is noticed at once.
      assert(outcome.records.length < records.length);
      assertEquals(outcome.records, records.slice(0, outcome.records.length));
      assert(outcome.capacity <= MAX_CAPACITY);
    }),
    bounds(400),
  );
});

Deno.test("records that are lost, doubled or swapped on the way are noticed", () => {
  const keepAlives = [0, 0, 0, 1].map((patienceSeconds) => ({ kind: "keep-alive", patienceSeconds } as const));
  const [one, two, three, four] = frame(keepAlives);
  const orders = [[two, one, three, four], [one, three, four], [one, one, two], [one, two, four, three]];
  for (const order of orders) {
    const { error } = unframe(join(order), "source");
    assertMatch(error!.message, /record [1-3] \(keep-alive\): wrong checksum/);
  }
});

Deno.test("a payload that was changed by somebody who can count checksums is a record or a typed error", () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  const role = fc.constantFrom(...ROLES);
  fc.assert(
    fc.property(
      role.chain((role) => fc.tuple(fc.constant(role), recordsOf(role))),
      edits,
      fc.integer({ min: -20, max: 20 }),
      ([role, record], edits, growth) => {
        const [bytes] = frame([record]);
        const payload = new Uint8Array(Math.max(0, bytes.length - 9 + growth));
        payload.set(bytes.subarray(9, 9 + payload.length));
        for (const [at, value] of edits) if (payload.length > 0) payload[at % payload.length] = value;
        const outcome = unframe(rawFrame(1, bytes[8], payload), role);
        assertEquals(outcome.records.length + (outcome.error ? 1 : 0), 1);
        // What is accepted is a record: it can be written again, and comes back the same.
        if (outcome.records.length === 1) {
          assertEquals(unframe(join(frame(outcome.records)), role).records, outcome.records);
        }
      },
    ),
    bounds(3000),
  );
});

Deno.test("random payloads of every type, random frames and random bytes give typed errors within bounds", () => {
  const payload = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom(...ROLES), fc.integer({ min: 0, max: 0x45 }), payload, (role, type, payload) => {
      const outcome = unframe(rawFrame(1, type, new Uint8Array(payload)), role);
      assertEquals(outcome.records.length + (outcome.error ? 1 : 0), 1);
    }),
    bounds(3000),
  );
  fc.assert(
    fc.property(fc.constantFrom(...ROLES), fc.uint8Array({ maxLength: 5000 }), (role, bytes) => {
      const outcome = unframe(new Uint8Array(bytes), role);
      assertEquals(outcome.records, []);
      assert(outcome.capacity <= MAX_CAPACITY);
    }),
    bounds(500),
  );
});

/** Frames that no writer makes, and what is said about them. */
const HOSTILE: readonly [what: string, sender: Role, type: number, payload: number[], message: RegExp][] = [
  ["an unknown type", "source", 0x7f, [], /type 127\): unknown type/],
  ["a record of the other role", "sink", 0x20, [], /file-data\): a sink does not send it/],
  ["a request from a source", "source", 0x40, [0], /need\): a source does not send it/],
  [
    "four thousand million entries",
    "source",
    0x11,
    [0, 0, 0, 0, 0, 255, 255, 255, 255, 15],
    /number of entries is 4294967295/,
  ],
  ["more entries than fit", "source", 0x11, [0, 0, 0, 0, 0, 100], /100 entries do not fit into the 0 bytes left/],
  ["a number of more than 53 bits", "source", 0x14, [255, 255, 255, 255, 255, 255, 255, 255], /more than 53 bits/],
  ["a number that is longer than needed", "source", 0x14, [0x80, 0], /longer than it has to be/],
  ["a truncated record", "source", 0x24, [1, 2], /4 bytes expected, 2 are left/],
  ["a record with a tail", "source", 0x24, [1, 2, 3, 4, 5], /1 bytes are left over/],
  ["a path that climbs", "source", 0x13, [1, 2, 0x2e, 0x2e, 0, 0], /name is ".."/],
  [
    "an entry that climbs",
    "source",
    0x11,
    [0, 0, 0, 0, 0, 1, 2, 0x2e, 0x2e, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    /name is ".."/,
  ],
  ["a confirmation that climbs", "sink", 0x43, [0, 1, 2, 0x2e, 0x2e, 0, 0, 0, 0, 0, 0], /name is ".."/],
  ["an absolute name", "source", 0x13, [1, 4, 0x2f, 0x65, 0x74, 0x63, 0, 0], /name contains a slash/],
  ["an empty name", "source", 0x13, [2, 0, 1, 0x61, 0, 0], /name is empty/],
  ["a name with a NUL", "source", 0x13, [1, 2, 0x61, 0, 0, 0], /NUL byte/],
  ["too long a message", "source", 0x03, [0, 0x81, 0x20], /length of a message is 4097/],
  [
    "blocks of no bytes",
    "sink",
    0x40,
    [1, 0, 0, 0, 0, 1, 0, 4, 0, 0, 1, ...new Array(16).fill(0)],
    /blocks of 0 bytes/,
  ],
  ["no block hashes", "sink", 0x40, [1, 0, 0, 0, 0, 1, 0, 4, 0, 128, 8, 0], /block hashes of 0 bytes/],
  ["more hashes than fit", "sink", 0x40, [1, 0, 0, 0, 0, 1, 0, 4, 0, 128, 8, 9], /9 block hashes do not fit/],
  ["a range that ends before it starts", "sink", 0x40, [1, 0, 0, 0, 0, 1, 0, 1, 5, 4], /a range from 5 to 4/],
  ["a shard with less content than files", "source", 0x23, [1, 0, 0, 0, 0, 1, 5, 1, 2], /files of 5 bytes come with 2/],
  ["a shard with more content than files", "source", 0x23, [1, 0, 0, 0, 0, 1, 1, 1, 2], /files of 1 bytes come with 2/],
];

for (const [what, sender, type, payload, message] of HOSTILE) {
  Deno.test(`${what} is a protocol error that says so, with the number of the record`, () => {
    const { error } = unframe(
      join([...frame([{ kind: "lane-end" }]), rawFrame(2, type, new Uint8Array(payload))]),
      sender,
    );
    assertEquals(error?.code, "protocol");
    assertMatch(error!.message, message);
    assertMatch(error!.message, /^Cannot understand "peer": record 2 \(/);
  });
}

Deno.test("a length beyond the bound is refused before memory is taken for it", () => {
  for (const length of [MAX_PAYLOAD_BYTES + 1, 0x7fff_ffff, 0xffff_ffff]) {
    const bytes = rawFrame(1, 0x20, new Uint8Array(12));
    new DataView(bytes.buffer).setUint32(0, length, true);
    const { error, capacity } = unframe(bytes.subarray(0, 9), "source");
    assertMatch(error!.message, new RegExp(`record 1 \\(file-data\\): payload of ${length} bytes announced`));
    assertEquals(capacity, 64 * 1024);
  }
});

Deno.test("a reader has a large buffer while frames are large, and a small one before and after", () => {
  const large = { kind: "file-data" as const, request: 1, offset: 0, content: new Uint8Array(300_000).fill(7) };
  const small = { ...large, content: new Uint8Array(30_000) };
  for (const [budget, most] of [[new BufferBudget(), 640], [new BufferBudget(0), 320]] as const) {
    const reader = new FrameReader({ sender: "source", peer: "peer", budget });
    const capacities: number[] = [];
    const frames = frame([small, large, large, small, small, small]);
    for (const bytes of frames) {
      for (let at = 0; at < bytes.length;) {
        const room = reader.room();
        const count = Math.min(room.length, bytes.length - at);
        room.set(bytes.subarray(at, at + count));
        reader.filled(count);
        at += count;
        const record = reader.next();
        if (record === undefined) continue;
        assert(record.kind === "file-data" && record.content[29_999] === (record.content.length > 30_000 ? 7 : 0));
        capacities.push(reader.capacity / 1024);
      }
    }
    assertEquals(capacities, [64, most, most, most, 64, 64]);
    assertEquals(budget.usedBytes, 0);
  }
});

Deno.test("an abort is found behind records that nobody has read, however its bytes come", () => {
  const records: WireRecord[] = [{ kind: "file-same", request: 1 }, { kind: "lane-end" }];
  const abort: WireRecord = { kind: "abort", code: "quota", message: "Cannot write" };
  const bytes = join(frame([...records, ...records, abort]));
  const reader = new FrameReader({ sender: "source", peer: "peer" });
  for (const byte of bytes) {
    assertEquals(reader.findAbort(), undefined);
    if (reader.records === 0) reader.next();
    reader.room()[0] = byte;
    reader.filled(1);
  }
  assertEquals(reader.findAbort(), abort);
  assertEquals(reader.next(), records[1]);
});

Deno.test("FrameWriter refuses a record that breaks a bound, and stays usable", () => {
  const writer = new FrameWriter();
  const tooLarge = new Uint8Array(MAX_CONTENT_BYTES + 1);
  writer.add({ kind: "credit", entries: 1 });
  assertThrows(() => writer.add({ kind: "file-data", request: 1, offset: 0, content: tooLarge }), RangeError);
  assertThrows(() => writer.add({ kind: "credit", entries: -1 }), RangeError);
  const path = [asByteString("..")];
  assertThrows(() => writer.add({ kind: "confirmed", path, entries: [] }), RangeError);
  writer.add({ kind: "credit", entries: 2 });
  const { records } = unframe(writer.take()!.bytes, "sink");
  assertEquals(records, [{ kind: "credit", entries: 1 }, { kind: "credit", entries: 2 }]);
});

Deno.test("FrameWriter passes large content on without copying it", () => {
  const writer = new FrameWriter();
  const content = new Uint8Array(MAX_CONTENT_BYTES);
  const piece = writer.add({ kind: "file-data", request: 1, offset: 0, content });
  assertEquals(writer.take()!.bytes.length, 9 + 12);
  assert(writer.take() === piece && piece!.bytes === content);
});

Deno.test("a long message is cut at a whole character", () => {
  const [bytes] = frame([{ kind: "abort", code: "io", message: "ü".repeat(5000) }]);
  const { records } = unframe(bytes, "source");
  assertEquals(records, [{ kind: "abort", code: "io", message: "ü".repeat(2048) }]);
});

Deno.test("entryBytes() is never less than what an entry takes, and seldom much more", () => {
  fc.assert(
    fc.property(recordsOf("source"), (record) => {
      if (record.kind !== "entries") return;
      const [bytes] = frame([record]);
      const bound = record.entries.reduce((sum, entry) => sum + entryBytes(entry), 0) + 20;
      assert(bytes.length - 9 <= bound, `${bytes.length - 9} bytes, at most ${bound} expected`);
    }),
    bounds(1000),
  );
});
