import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { asByteString } from "../../paths/bytes.ts";
import { threadBuffers } from "../buffer_budget.ts";
import { connectedPair, frame, join, rejection } from "../_testing.ts";
import type { Carrier } from "../carrier.ts";
import type { SinkRecord, SourceRecord } from "../records.ts";
import type { TcpCarrier } from "../tcp_carrier.ts";
import { Lane, type LaneOptions } from "./lane.ts";

type Pair = [source: Lane<"source">, sink: Lane<"sink">];

/** Two lanes over one connection, closed at the end. */
async function withLanes(
  test: (...lanes: Pair) => Promise<void>,
  options: Partial<LaneOptions<never>> = {},
): Promise<void> {
  const [one, other] = await connectedPair();
  using source = new Lane(one, { role: "source", ...options });
  using sink = new Lane(other, { role: "sink", ...options });
  await test(source, sink);
}

/** A lane and the other end of its connection, to do there what no lane would. */
async function withRawPeer(
  test: (lane: Lane<"sink">, peer: Carrier & TcpCarrier) => Promise<void>,
  options: Partial<LaneOptions<never>> = {},
): Promise<void> {
  const [one, other] = await connectedPair();
  using lane = new Lane(one, { role: "sink", ...options });
  try {
    await test(lane, other);
  } finally {
    other.close();
  }
}

async function collect<R extends "source" | "sink">(lane: Lane<R>): Promise<(SourceRecord | SinkRecord)[]> {
  const records = [];
  for (;;) {
    const record = await lane.read();
    if (record === undefined) return records;
    records.push(record);
  }
}

/** Writes this many bytes of content in records of this size, and ends. */
async function send(lane: Lane<"source">, totalBytes: number, recordBytes: number): Promise<void> {
  const content = new Uint8Array(recordBytes).fill(0x5a);
  for (let offset = 0; offset < totalBytes; offset += recordBytes) {
    await lane.write({ kind: "file-data", request: 1, offset, content });
  }
  await lane.end();
}

async function receive(lane: Lane<"sink">): Promise<number> {
  let bytes = 0;
  for (let record = await lane.read(); record !== undefined; record = await lane.read()) {
    if (record.kind === "file-data") bytes += record.content.length;
  }
  return bytes;
}

Deno.test("Lane carries records in both directions until both have ended", () =>
  withLanes(async (source, sink) => {
    const same: SourceRecord = { kind: "file-same", request: 5 };
    const done: SinkRecord = { kind: "directory-done", id: 5, skipSubtree: true };
    await source.write(same);
    await sink.write(done);
    await Promise.all([source.end(), sink.end()]);
    assertEquals(await collect(sink), [same]);
    assertEquals(await collect(source), [done]);
  }));

Deno.test("Lane sends what the peer has asked for while it still asks", () =>
  withLanes(async (source, sink) => {
    const COUNT = 5000;
    const asking = (async () => {
      for (let id = 0; id < COUNT; id++) {
        const target = { by: "path", path: [asByteString("x".repeat(200))] } as const;
        await sink.write({ kind: "need", requests: [{ id, target, mode: { kind: "whole" } }] });
      }
      await sink.end();
    })();
    const answering = (async () => {
      for (let record = await source.read(); record !== undefined; record = await source.read()) {
        if (record.kind !== "need") continue;
        for (const { id } of record.requests) {
          await source.write({ kind: "file-data", request: id, offset: 0, content: new Uint8Array(2000) });
        }
      }
      await source.end();
    })();
    const [bytes] = await Promise.all([receive(sink), asking, answering]);
    assertEquals(bytes, COUNT * 2000);
  }));

Deno.test("Lane: both sides write 100 MB at once", async () => {
  const [one, other] = await connectedPair();
  // Block hashes make the only requests that are as large as content.
  const hashes = new Uint8Array(1024 * 1024).fill(3);
  await withBoth(one, other, async (source, sink) => {
    const asking = (async () => {
      const mode = { kind: "blocks", start: 0, blockBytes: 4096, hashes } as const;
      for (let id = 0; id < 100; id++) {
        await sink.write({ kind: "need", requests: [{ id, target: { by: "entry", directory: 0, index: 0 }, mode }] });
      }
      await sink.end();
    })();
    const [asked, bytes] = await Promise.all([collect(source), receive(sink), asking, send(source, 100e6, 1_000_000)]);
    assertEquals(asked.length, 100);
    assertEquals(bytes, 100e6);
  });
});

async function withBoth(one: Carrier, other: Carrier, test: (...lanes: Pair) => Promise<void>): Promise<void> {
  using source = new Lane(one, { role: "source" });
  using sink = new Lane(other, { role: "sink" });
  await test(source, sink);
}

Deno.test("Lane: a connection that closes without an end is an error", () =>
  withRawPeer(async (lane, peer) => {
    peer.close();
    const error = await rejection(lane.read());
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, "after record 0, without an end");
    assertEquals(await rejection(lane.read()), error);
    assertEquals(await rejection(lane.write({ kind: "credit", entries: 1 })), error);
  }));

Deno.test("Lane: a connection that closes in the middle of a record is an error that says which", () =>
  withRawPeer(async (lane, peer) => {
    await peer.write(new Uint8Array([4, 0, 0, 0, 1]));
    peer.close();
    const error = await rejection(lane.read());
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, "in the middle of record 1");
  }));

Deno.test("Lane tells its peer why it gives up", () =>
  withLanes(async (source, sink) => {
    const reading = rejection(sink.read());
    await source.abort(new BlitError("no-space", "Cannot write: no space left"));
    const error = await reading;
    assertEquals([error.code, error.message], ["no-space", "Cannot write: no space left"]);
    assertEquals((await rejection(source.read())).code, "no-space");
  }));

Deno.test("Lane: a defect that the peer tells of is not taken for one of ours", () =>
  withLanes(async (source, sink) => {
    const reading = rejection(sink.read());
    await source.abort(new BlitError("internal", "Cannot go on: a defect"));
    const error = await reading;
    assertEquals([error.code, error.message], ["protocol", "Cannot go on: a defect"]);
  }));

Deno.test("Lane: the peer's reason wins over the broken connection that follows it", () =>
  withLanes(async (source, sink) => {
    const giveUp = async () => {
      await sink.read();
      await sink.abort(new BlitError("read-only", 'Cannot write: module "x" is read-only'));
    };
    const [error] = await Promise.all([rejection(send(source, 100e6, 500_000)), giveUp()]);
    assertEquals([error.code, error.message], ["read-only", 'Cannot write: module "x" is read-only']);
  }));

Deno.test("Lane: a reason that is behind unread records wins over a reset connection", async () => {
  const [one, other] = await connectedPair();
  using source = new Lane(one, { role: "source" });
  // More than a lane reads ahead, and no more than the system has taken by then: a reset destroys what is still on its way.
  const requests = Array.from({ length: 6_000 }, () => ({ kind: "credit", entries: 1 } as const));
  const reason = { kind: "abort", code: "no-space", message: "Cannot write: no space left" } as const;
  const bytes = join(frame([...requests, reason]));
  for (let sent = 0; sent < bytes.length;) sent += await other.write(bytes.subarray(sent));
  other.close();
  const error = await rejection(send(source, 100e6, 500_000));
  assertEquals([error.code, error.message], [reason.code, reason.message]);
});

Deno.test("Lane: a reason reaches a peer that reads late, although much of what it has sent was never read", () =>
  withLanes(async (source, sink) => {
    const mode = { kind: "blocks", start: 0, blockBytes: 4096, hashes: new Uint8Array(300_000) } as const;
    await sink.write({ kind: "need", requests: [{ id: 1, target: { by: "entry", directory: 0, index: 0 }, mode }] });
    await sink.flush();
    await source.write({ kind: "file-data", request: 1, offset: 0, content: new Uint8Array(1e6) });
    await source.write({ kind: "file-data", request: 1, offset: 1e6, content: new Uint8Array(1e6) });
    await source.flush();
    const leaving = source.abort(new BlitError("quota", "Cannot read: quota exceeded"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const error = await rejection(receive(sink));
    assertEquals([error.code, error.message], ["quota", "Cannot read: quota exceeded"]);
    await leaving;
  }));

Deno.test("Lane: a signal ends everything that is pending, on both sides", async () => {
  const controller = new AbortController();
  await withLanes(async (source, sink) => {
    const readings = [rejection(source.read()), rejection(sink.read())];
    controller.abort();
    for (const error of await Promise.all(readings)) assertEquals(error.code, "interrupted");
  }, { signal: controller.signal });
});

Deno.test("Lane gives up a peer that is silent, and tells for how long", () =>
  withRawPeer(async (lane) => {
    const error = await rejection(lane.read());
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, "no sign of life for 0.12 s");
  }, { idleMs: 120 }));

Deno.test("Lane keeps a quiet lane alive, and any byte counts", async () => {
  await withLanes(async (source, sink) => {
    const reading = Promise.all([source.read(), sink.read()]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await Promise.all([source.end(), sink.end()]);
    assertEquals(await reading, [undefined, undefined]);
  }, { idleMs: 150 });
  await withRawPeer(async (lane, peer) => {
    const reading = rejection(lane.read());
    for (const byte of [4, 0, 0, 0, 1, 1, 1, 1, 0x41]) {
      await peer.write(new Uint8Array([byte]));
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    peer.close();
    // Nine bytes took five times as long as silence may: they are half a record, not silence.
    assertStringIncludes((await reading).message, "in the middle of record 1");
  }, { idleMs: 150 });
});

Deno.test("Lane: two sides that only write, and never read, come to an end", () =>
  withLanes(async (source, sink) => {
    const mode = { kind: "blocks", start: 0, blockBytes: 4096, hashes: new Uint8Array(1024 * 1024) } as const;
    const asking = (async () => {
      for (let id = 0; id < 100; id++) {
        await sink.write({ kind: "need", requests: [{ id, target: { by: "entry", directory: 0, index: 0 }, mode }] });
      }
    })();
    const errors = await Promise.all([rejection(asking), rejection(send(source, 100e6, 1_000_000))]);
    for (const error of errors) assertEquals(error.code, "unreachable");
  }, { idleMs: 300 }));

Deno.test("Lane lives through a consumer that is slower than silence may last", () =>
  withLanes(async (source, sink) => {
    const sending = send(source, 40e6, 1_000_000);
    await sink.read();
    await new Promise((resolve) => setTimeout(resolve, 700));
    assertEquals(await receive(sink), 39e6);
    await sending;
  }, { idleMs: 200 }));

Deno.test("Lane grants the silence that its peer has announced, and no more", () =>
  withRawPeer(async (lane, peer) => {
    using busy = new Lane(peer, { role: "source", idleMs: 60_000 });
    const started = performance.now();
    const reading = rejection(lane.read());
    await busy.announcePause(1);
    assertStringIncludes((await reading).message, "no sign of life");
    const silence = performance.now() - started;
    assert(silence > 1000 && silence < 3000, `${silence} ms`);
  }, { idleMs: 120 }));

Deno.test("Lane: content that was read stays as it is until the next read, whatever arrives meanwhile", () =>
  withLanes(async (source, sink) => {
    const sending = (async () => {
      for (let i = 0; i < 40; i++) {
        await source.write({ kind: "file-data", request: i, offset: 0, content: new Uint8Array(300_000).fill(i) });
      }
      await source.end();
    })();
    for (let record = await sink.read(); record !== undefined; record = await sink.read()) {
      if (record.kind !== "file-data") throw new Error(record.kind);
      await new Promise((resolve) => setTimeout(resolve, 2));
      const { request, content } = record;
      assert(content.every((byte) => byte === request));
    }
    await sending;
  }));

Deno.test("Lane: a buffer may be used again as soon as its write has resolved", () =>
  withLanes(async (source, sink) => {
    const sizes = [10, 64 * 1024, 64 * 1024 + 1, 700_000];
    const sending = (async () => {
      const buffer = new Uint8Array(1_000_000);
      for (let i = 0; i < 100; i++) {
        const content = buffer.subarray(0, sizes[i % sizes.length]).fill(i);
        await source.write({ kind: "file-data", request: i, offset: 0, content });
        buffer.fill(0xff);
      }
      await source.end();
    })();
    let count = 0;
    for (let record = await sink.read(); record !== undefined; record = await sink.read()) {
      if (record.kind !== "file-data") throw new Error(record.kind);
      const { request, content } = record;
      assertEquals(content.length, sizes[request % sizes.length]);
      assert(content.every((byte) => byte === request));
      count++;
    }
    assertEquals(count, 100);
    await sending;
  }));

Deno.test("Lane: bytes that are no records end it, and the peer learns why", async () => {
  const [one, other] = await connectedPair();
  using lane = new Lane(one, { role: "sink" });
  using peer = new Lane(other, { role: "source" });
  await peer.write({ kind: "file-same", request: 1 });
  await peer.flush();
  await other.write(new Uint8Array(9).fill(0xff));
  assertEquals(await lane.read(), { kind: "file-same", request: 1 });
  const errors = await Promise.all([rejection(lane.read()), rejection(peer.read())]);
  for (const error of errors) {
    assertEquals(error.code, "protocol");
    assertStringIncludes(error.message, "record 2 (type 255): payload of 4294967295 bytes announced");
  }
});

Deno.test("Lane: whoever only writes learns at once that the peer has given up", () =>
  withLanes(async (source, sink) => {
    await sink.abort(new BlitError("quota", "Cannot write: quota exceeded"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals((await rejection(source.write({ kind: "file-same", request: 1 }))).code, "quota");
  }));

Deno.test("Lane: one side may end long before the other", () =>
  withLanes(async (source, sink) => {
    await source.end();
    assertEquals(await sink.read(), undefined);
    await sink.write({ kind: "credit", entries: 1 });
    assertEquals(await source.read(), { kind: "credit", entries: 1 });
    await sink.end();
    assertEquals(await source.read(), undefined);
  }));

Deno.test("Lane refuses records after its own end, and two reads at once", () =>
  withLanes(async (source, sink) => {
    const reading = source.read();
    await assertRejects(() => source.read(), TypeError);
    await source.end();
    await assertRejects(() => source.write({ kind: "file-same", request: 1 }), TypeError);
    await sink.end();
    assertEquals(await reading, undefined);
  }));

Deno.test("Lane: a thousand lanes with bad bytes leave nothing behind", async () => {
  const before = openFiles();
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 25 }, async (_, i) => {
      const [one, other] = await connectedPair();
      using lane = new Lane(one, { role: "sink" });
      if (i % 3 > 0) await other.write(new Uint8Array(i).fill(i));
      other.close();
      await rejection(lane.read());
    }));
  }
  assert(openFiles() <= before + 5);
});

/** Open files of this process, where the system tells; 0 elsewhere. */
function openFiles(): number {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return 0; // not Linux: the sanitizers of the test runner still look
  }
}

Deno.test("Lane gives its share of the large buffers back, however it ends", async () => {
  const before = threadBuffers.usedBytes;
  const endings: ((lane: Lane<"sink">) => Promise<void> | void)[] = [
    async (sink) => {
      while (await sink.read() !== undefined);
      await sink.end();
    },
    (sink) => sink.close(),
    (sink) => sink.abort(new BlitError("io", "Cannot go on")),
  ];
  for (const end of endings) {
    await withLanes(async (source, sink) => {
      const sending = send(source, 3e6, 500_000).catch(() => {}); // it may be broken off
      await sink.read();
      assert(threadBuffers.usedBytes > before);
      await end(sink);
      sink.close();
      await sending;
    });
  }
  for (let turn = 0; turn < 1000 && threadBuffers.usedBytes > before; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(threadBuffers.usedBytes, before);
});
