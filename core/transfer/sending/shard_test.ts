import { assert, assertEquals } from "@std/assert";
import type { SourceRecord } from "../../wire/records.ts";
import { PIECE_BUFFERS } from "./bounds.ts";
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
  await shard.room(); // for a file that is not sent after all
  shard.flush();
  for (let i = 0; i < PIECE_BUFFERS; i++) {
    const buffer = await outlet.takeBuffer();
    outlet.sendFrom(buffer, { kind: "file-data", request: 1, offset: i, content: buffer.bytes });
  }
  const room = shard.room();
  assert(!await isSettled(room), "a buffer on its way was given out");
  for (let i = 0; i < PIECE_BUFFERS; i++) queue.leave();
  assert(await isSettled(room));
});

Deno.test("Shard sends what was added, one after the other", async () => {
  const queue = new SlowQueue();
  const shard = new Shard(new Outlet(queue));
  for (const [request, text] of ["ab", "", "cde"].entries()) {
    (await shard.room()).set(new TextEncoder().encode(text));
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
