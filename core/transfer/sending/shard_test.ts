import { assert, assertEquals } from "@std/assert";
import type { SourceRecord } from "../../wire/records.ts";
import { BufferBudget } from "../../wire/buffer_budget.ts";
import { PIECE_BUFFERS, PIECE_BYTES, SMALL_FILE_BYTES } from "./bounds.ts";
import { Outlet } from "./outlet.ts";
import { Shard } from "./shard.ts";

/** A queue whose records leave when the test says so. */
class SlowQueue {
  readonly records: SourceRecord[] = [];
  readonly #waiting: (() => void)[] = [];

  write(record: SourceRecord): Promise<void> {
    this.records.push(record);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#waiting.shift()!();
  }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return settled;
}

Deno.test("Shard never fills a buffer that is on its way", async () => {
  const queue = new SlowQueue();
  const outlet = new Outlet(queue);
  const shard = new Shard(outlet);
  await shard.makeRoom(); // for a file that is not sent after all
  shard.flush();
  for (let i = 0; i < PIECE_BUFFERS; i++) {
    const buffer = await outlet.takeBuffer();
    outlet.sendFrom(buffer, { kind: "file-data", request: 1, offset: i, content: buffer.bytes });
  }
  assert(!shard.hasRoom);
  const room = shard.makeRoom();
  assert(!await isSettled(room), "a buffer on its way was given out");
  for (let i = 0; i < PIECE_BUFFERS; i++) queue.leave();
  assert(await isSettled(room));
});

Deno.test("Shard sends what was added, one after the other", async () => {
  const queue = new SlowQueue();
  const shard = new Shard(new Outlet(queue));
  for (const [request, text] of ["ab", "", "cde"].entries()) {
    await shard.makeRoom();
    shard.room(text.length).set(new TextEncoder().encode(text));
    shard.add(request, text.length);
  }
  shard.flush();
  shard.flush();
  const [record, ...others] = queue.records;
  assertEquals(others, []);
  if (record.kind !== "shard") throw new Error(`a ${record.kind} was sent`);
  assertEquals(record.files.map(({ request, length }) => [request, length]), [[0, 2], [1, 0], [2, 3]]);
  assertEquals(new TextDecoder().decode(record.content), "abcde");
});

Deno.test("Shard leaves before its buffer is full, however small that is", async () => {
  const queue = new SlowQueue();
  const outlet = new Outlet(queue, undefined, new BufferBudget(0));
  const shard = new Shard(outlet);
  for (let request = 0; request < 3; request++) {
    await shard.makeRoom();
    assertEquals(shard.room(SMALL_FILE_BYTES + 1).length, SMALL_FILE_BYTES + 1, `request ${request}`);
    shard.add(request, 40_000);
  }
  assertEquals(queue.records.map((record) => "content" in record && record.content.length), [80_000]);
});

Deno.test("Outlet gives its buffers back when it rests, not before what is in them has left", async () => {
  const queue = new SlowQueue();
  const budget = new BufferBudget();
  const outlet = new Outlet(queue, undefined, budget);
  const buffer = await outlet.takeBuffer();
  outlet.sendFrom(buffer, { kind: "file-data", request: 1, offset: 0, content: buffer.bytes });
  outlet.rest();
  await isSettled(Promise.resolve());
  assert(budget.usedBytes > 0, "a buffer on its way was given back");
  queue.leave();
  await isSettled(Promise.resolve());
  assertEquals(budget.usedBytes, 0);
});

Deno.test("Outlet keeps a buffer that was taken again since it rested", async () => {
  const queue = new SlowQueue();
  const budget = new BufferBudget();
  const outlet = new Outlet(queue, undefined, budget);
  const buffer = await outlet.takeBuffer();
  outlet.sendFrom(buffer, { kind: "file-data", request: 1, offset: 0, content: buffer.bytes });
  outlet.rest();
  await outlet.takeBuffer();
  const again = outlet.takeBuffer();
  queue.leave();
  await again;
  await isSettled(Promise.resolve());
  assertEquals(budget.usedBytes, 2 * PIECE_BYTES);
});
