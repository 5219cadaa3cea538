import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { asByteString } from "../../paths/bytes.ts";
import { bounds, connectedPair, names } from "../../wire/_testing.ts";
import { Lane } from "../../wire/lane/lane.ts";
import type { RequestMode, RequestTarget, SinkRecord } from "../../wire/records.ts";
import { bestFileSystem, failedExchange, inTree, openBelow, type TestSink, writePattern } from "./_testing.ts";
import { sendTree } from "./send_tree.ts";
import { LocalShare } from "./share.ts";

const WHOLE: RequestMode = { kind: "whole" };
const hash = new Uint8Array(16);

/** A small tree with the number of its root and the places of what is in it. */
async function withTree(test: (root: string) => Promise<void>): Promise<void> {
  await inTree(async (root) => {
    writePattern(`${root}/file`, 3000);
    Deno.mkdirSync(`${root}/directory`);
    Deno.symlinkSync("file", `${root}/link`);
    await test(root);
  });
}

/** Sends this when everything is listed. */
async function afterListing(root: string, make: (sink: TestSink) => SinkRecord[]): Promise<string> {
  const { error, seen } = await failedExchange({ root }, {
    want: () => undefined,
    onDirectory: () => [],
    onRecord: async (record, sink) => {
      if (record.kind !== "scan-end") return;
      for (const each of make(sink)) await sink.lane.write(each);
    },
  });
  assertEquals([error.code, seen.code], ["protocol", "protocol"]);
  assertEquals(openBelow(root), []);
  return seen.message;
}

function need(target: RequestTarget, mode: RequestMode = WHOLE, id = 7): SinkRecord {
  return { kind: "need", requests: [{ id, target, mode }] };
}

function place(sink: TestSink, path: string): RequestTarget {
  const { directory, index } = sink.entries.get(asByteString(path))!;
  return { by: "entry", directory, index };
}

const wrong: Record<string, (sink: TestSink) => SinkRecord[]> = {
  "an unknown directory": () => [need({ by: "entry", directory: 999, index: 0 })],
  "an unknown index": (sink) => [need({ ...place(sink, "file"), index: 99 } as RequestTarget)],
  "the content of a directory": (sink) => [need(place(sink, "directory"))],
  "the content of a symbolic link": (sink) => [need(place(sink, "link"))],
  "the content of the root": () => [need({ by: "path", path: [] })],
  "a range beyond the file": (sink) => [need(place(sink, "file"), { kind: "range", start: 0, end: 3001 })],
  "blocks beyond the file": (sink) => [
    need(place(sink, "file"), { kind: "blocks", start: 0, blockBytes: 1024, hashes: new Uint8Array(16 * 4) }),
  ],
  "a request twice": (sink) => [
    { kind: "need", requests: [7, 7].map((id) => ({ id, target: place(sink, "file"), mode: WHOLE })) },
  ],
  "giving back what it does not have": () => [{ kind: "directory-done", id: 999, skipSubtree: false }],
  "giving back twice": (sink) => {
    const { id } = sink.directories.get(asByteString(""))!;
    return [0, 1].map(() => ({ kind: "directory-done", id, skipSubtree: false }) as const);
  },
  "a file of a directory that it gave back": (sink) => {
    const { id } = sink.directories.get(asByteString(""))!;
    return [{ kind: "directory-done", id, skipSubtree: false }, need(place(sink, "file"))];
  },
  "removing something where nothing is moved": () => [{ kind: "confirmed", path: [], entries: [] }],
};

for (const [what, make] of Object.entries(wrong)) {
  Deno.test(`a sink that asks for ${what} is told that this is wrong`, () =>
    withTree(async (root) => {
      const message = await afterListing(root, make);
      assert(message.startsWith("Cannot go on with the receiving side: "), message);
      const still = Deno.readFileSync(`${root}/file`);
      assertEquals(still.length, 3000);
    }));
}

Deno.test("a sink that ends before everything is listed is told that this is wrong", () =>
  withTree(async (root) => {
    const [one, other] = await connectedPair();
    using source = new Lane(one, { role: "source" });
    using sink = new Lane(other, { role: "sink" });
    // Another lane would still have to list something.
    const share = new LocalShare();
    share.join(() => {}).add(1);
    const sending = sendTree(source, { fileSystem: bestFileSystem, root, share });
    await sink.end();
    const [error] = await Promise.all([sending.then(() => undefined, (error) => error), drain(sink)]);
    assertEquals(error?.code, "protocol");
  }));

async function drain(lane: Lane<"sink">): Promise<void> {
  try {
    while (await lane.read() !== undefined);
  } catch {
    // The reason is what the other side says.
  }
}

const small = fc.integer({ min: 0, max: 5 });
const anyMode: fc.Arbitrary<RequestMode> = fc.oneof(
  fc.constant(WHOLE),
  fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 4000 }))
    .map(([a, b]) => ({ kind: "range" as const, start: Math.min(a, b), end: Math.max(a, b) })),
  fc.constantFrom<RequestMode>({ kind: "unless-hash", hash }, { kind: "compare-hash", hash }),
  fc.tuple(small, fc.integer({ min: 1, max: 4 })).map(([start, count]) => ({
    kind: "blocks" as const,
    start: start * 1000,
    blockBytes: 1024,
    hashes: new Uint8Array(16 * count),
  })),
);
const anyTarget: fc.Arbitrary<RequestTarget> = fc.oneof(
  fc.record({ by: fc.constant("entry" as const), directory: small, index: small }, { noNullPrototype: true }),
  fc.array(fc.oneof(names, fc.constantFrom("file", "directory", "link").map(asByteString)), { maxLength: 3 })
    .map((path) => ({ by: "path" as const, path })),
);
const anySinkRecord: fc.Arbitrary<SinkRecord> = fc.oneof(
  fc.array(fc.record({ id: small, target: anyTarget, mode: anyMode }, { noNullPrototype: true }), { maxLength: 4 })
    .map((requests) => ({ kind: "need" as const, requests })),
  fc.tuple(small, fc.boolean()).map(([id, skipSubtree]) => ({ kind: "directory-done" as const, id, skipSubtree })),
  fc.nat().map((entries) => ({ kind: "credit" as const, entries })),
  fc.constant<SinkRecord>({ kind: "confirmed", path: [], entries: [] }),
);

Deno.test("whatever a sink says, the source ends well or with a protocol error, and closes everything", () =>
  withTree(async (root) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anySinkRecord, { maxLength: 12 }), async (records) => {
        const [one, other] = await connectedPair();
        using source = new Lane(one, { role: "source" });
        using sink = new Lane(other, { role: "sink" });
        const sending = sendTree(source, { fileSystem: bestFileSystem, root }).then(() => "done", ({ code }) => code);
        const saying = (async () => {
          for (const record of records) await sink.write(record);
          await sink.end();
        })().catch(() => {}); // the lane has failed, as it may
        const [result] = await Promise.all([sending, saying, drain(sink)]);
        assert(result === "done" || result === "protocol", result);
      }),
      bounds(300),
    );
    assertEquals(openBelow(root), []);
  }));
