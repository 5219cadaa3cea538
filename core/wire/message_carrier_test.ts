import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { heapGrowth } from "../../tests/helpers/heap.ts";
import { encodeText } from "../paths/bytes.ts";
import { rejection } from "./_testing.ts";
import { Lane } from "./lane/lane.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { MessageCarrier } from "./message_carrier.ts";

/** Two carriers whose messages reach each other, and the size of the largest message. */
function messagePair(): { source: MessageCarrier; sink: MessageCarrier; largest: () => number } {
  let largest = 0;
  const to = (carrier: () => MessageCarrier) => (message: Uint8Array) => {
    largest = Math.max(largest, message.length);
    return carrier().receive(message);
  };
  const source: MessageCarrier = new MessageCarrier({
    peer: "sink",
    send: to(() => sink),
    endSending: () => Promise.resolve(sink.receiveEnd()),
    onClose: () => sink.receiveEnd(),
  });
  const sink: MessageCarrier = new MessageCarrier({
    peer: "source",
    send: to(() => source),
    endSending: () => Promise.resolve(source.receiveEnd()),
    onClose: () => source.receiveEnd(),
  });
  return { source, sink, largest: () => largest };
}

/** Offers this many files, is asked for each of them, and sends it. */
async function transfer(files: number): Promise<{ received: number; largest: number }> {
  const { source: one, sink: other, largest } = messagePair();
  using source = new Lane(one, { role: "source" });
  using sink = new Lane(other, { role: "sink" });
  const content = new Uint8Array(10);
  const asking = (async () => {
    for (let id = 0; id < files; id++) {
      const target = { by: "path", path: [encodeText(`file-${id}`)] } as const;
      await sink.write({ kind: "need", requests: [{ id, target, mode: { kind: "whole" } }] });
    }
    await sink.end();
  })();
  const answering = (async () => {
    for (let record = await source.read(); record !== undefined; record = await source.read()) {
      if (record.kind !== "need") continue;
      const answered = record.requests.map(({ id }) => ({ request: id, unchanged: true, length: content.length }));
      await source.write({ kind: "shard", files: answered, content });
    }
    await source.end();
  })();
  let received = 0;
  for (let record = await sink.read(); record !== undefined; record = await sink.read()) {
    if (record.kind === "shard") received += record.files.length;
  }
  await Promise.all([asking, answering]);
  return { received, largest: largest() };
}

for (const files of [0, 1, 99, 100, 101, 127, 128, 129, 9_999, 10_000, 10_001, 300_000]) {
  Deno.test(`a lane in messages carries ${files} files, each asked for and answered`, async () => {
    const { received, largest } = await transfer(files);
    assertEquals(received, files);
    assert(largest <= MAX_MESSAGE_BYTES);
  });
}

Deno.test("MessageCarrier cuts what is larger than a message", async () => {
  const { source, sink, largest } = messagePair();
  using sending = new Lane(source, { role: "source" });
  using receiving = new Lane(sink, { role: "sink" });
  const content = Uint8Array.from({ length: MAX_MESSAGE_BYTES }, (_, i) => i * 31);
  const files = [{ request: 1, unchanged: true, length: content.length }];
  const writing = sending.write({ kind: "shard", files, content });
  const record = await receiving.read();
  await writing;
  if (record?.kind !== "shard") throw new Error(record?.kind);
  assertEquals(record.content, content);
  assert(largest() <= MAX_MESSAGE_BYTES);
});

Deno.test("MessageCarrier sends no message beyond the bound, however much it is given", async () => {
  const sizes: number[] = [];
  const send = (message: Uint8Array) => Promise.resolve(void sizes.push(message.length));
  const carrier = new MessageCarrier({ peer: "peer", send });
  const bytes = new Uint8Array(3 * MAX_MESSAGE_BYTES);
  assertEquals(await carrier.write(bytes), MAX_MESSAGE_BYTES);
  assertEquals(await carrier.write(bytes.subarray(0, 5)), 5);
  assertEquals(sizes, [MAX_MESSAGE_BYTES, 5]);
  carrier.close();
});

Deno.test("MessageCarrier holds back a peer that sends more than is read", async () => {
  const carrier = new MessageCarrier({ peer: "peer", send: () => Promise.resolve() });
  const message = new Uint8Array(MAX_MESSAGE_BYTES);
  await carrier.receive(message);
  let isTaken = false;
  const waiting = carrier.receive(message).then(() => isTaken = true);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(isTaken, false);
  assertEquals(await carrier.read(new Uint8Array(2 * MAX_MESSAGE_BYTES)), MAX_MESSAGE_BYTES);
  await waiting;
  carrier.close();
});

Deno.test("MessageCarrier ends a lane when its stream breaks, in both directions", async () => {
  let fail: (() => void) | undefined;
  const carrier = new MessageCarrier({ peer: "peer", send: () => new Promise((_, reject) => fail = () => reject()) });
  using lane = new Lane(carrier, { role: "source" });
  const reading = rejection(lane.read());
  const writing = rejection(lane.write({ kind: "file-data", request: 1, offset: 0, content: new Uint8Array(1e6) }));
  await new Promise((resolve) => setTimeout(resolve, 10));
  carrier.receiveEnd(new Error("stream reset"));
  for (const error of await Promise.all([reading, writing])) {
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, "stream reset");
  }
  fail?.();
});

Deno.test("what was sent leaves nothing behind in a lane that goes on", async () => {
  const carrier = new MessageCarrier({ peer: "sink", send: () => Promise.resolve() });
  const message = new Uint8Array(1);
  const writes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await carrier.write(message);
  };
  const grown = await heapGrowth(() => writes(20_000));
  assert(grown < 1_000_000, `${grown} bytes`);
  carrier.close();
});
