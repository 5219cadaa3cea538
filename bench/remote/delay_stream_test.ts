import assert from "node:assert/strict";
import { createDelay } from "./delay_stream.ts";

Deno.test("createDelay() hands on every chunk after the delay, in order, and the end after the last", async () => {
  const { writable, readable } = createDelay({ delayMs: 200 });
  const startMs = performance.now();
  const writer = writable.getWriter();
  const writing = (async () => {
    for (let i = 0; i < 100; i++) await writer.write(new Uint8Array([i]));
    const writtenMs = performance.now() - startMs;
    await writer.close();
    return { writtenMs, closedMs: performance.now() - startMs };
  })();
  const seen: number[] = [];
  for await (const [value] of readable) {
    assert.ok(performance.now() - startMs >= 199, "too early");
    seen.push(value);
  }
  const { writtenMs, closedMs } = await writing;
  assert.deepEqual(seen, Array.from({ length: 100 }, (_, i) => i));
  assert.ok(closedMs - writtenMs >= 199, "the end is not delayed");
  // One after the other they would take 20 s.
  assert.ok(performance.now() - startMs < 10_000, "chunks wait for each other");
});

Deno.test("createDelay() lets nobody write more than fits on the way", async () => {
  const { writable, readable } = createDelay({ delayMs: 0, mostBytes: 1000 });
  const writer = writable.getWriter();
  let written = 0;
  const writing = (async () => {
    for (; written < 10; written++) await writer.write(new Uint8Array(500));
    await writer.close();
  })();
  await new Promise((resolve) => setTimeout(resolve, 100));
  // Two chunks fill the way; one or two more are in the stages around it.
  assert.ok(written >= 2 && written < 6, `${written} chunks were taken`);
  let bytes = 0;
  for await (const chunk of readable) bytes += chunk.byteLength;
  await writing;
  assert.equal(bytes, 5000);
});
