import { assertEquals } from "@std/assert";
import { zeroCounters } from "../../events.ts";
import { asByteString } from "../../paths/bytes.ts";
import type { Task } from "./job.ts";
import { Scheduler } from "./scheduler.ts";
import { RANGE_SLOTS, SharedState } from "./shared_state.ts";

Deno.test("SharedState gives back offered tasks, the last one first, and refuses what does not fit", () => {
  const state = new SharedState();
  const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
  assertEquals(state.offer(bytes(1, 2)), true);
  assertEquals(state.offer(bytes()), true);
  assertEquals(state.take(), bytes());
  assertEquals(state.take(), bytes(1, 2));
  assertEquals(state.take(), undefined);
  assertEquals(state.offer(new Uint8Array(state.pool.length)), false);
});

Deno.test("SharedState lets one thread claim the first name of a file", () => {
  const state = new SharedState();
  assertEquals(state.claimLink(1, 2, 3, 0), { owner: 0, isNew: true });
  assertEquals(state.claimLink(1, 2, 3, 5), { owner: 0, isNew: false });
  assertEquals(state.claimLink(1, 2, 4, 5), { owner: 5, isNew: true });
  assertEquals(state.claimLink(2, 2, 3, 5), { owner: 5, isNew: true });
});

Deno.test("SharedState tells files of one hash neighbourhood apart", () => {
  const state = new SharedState();
  for (let i = 0; i < 20_000; i++) assertEquals(state.claimLink(1, 0, i, i % 2)?.isNew, true);
  for (let i = 0; i < 20_000; i++) assertEquals(state.claimLink(1, 0, i, 7), { owner: i % 2, isNew: false });
});

Deno.test("SharedState hands out each range slot once until it is free again", () => {
  const state = new SharedState();
  for (let i = 0; i < RANGE_SLOTS; i++) assertEquals(state.takeRangeSlot(2), i);
  assertEquals(state.takeRangeSlot(2), undefined);
  state.rangesLeft[5] = 0;
  assertEquals(state.takeRangeSlot(2), 5);
});

Deno.test("SharedState adds up the counters of all threads and keeps paths", () => {
  const state = new SharedState();
  state.publishCounters(0, { ...zeroCounters(), filesCopied: 2, bytesCopied: 2 ** 40 });
  state.publishCounters(63, { ...zeroCounters(), filesCopied: 3 });
  const view = new SharedState(state.buffer);
  assertEquals(view.sumCounters(), { ...zeroCounters(), filesCopied: 5, bytesCopied: 2 ** 40 });
  state.publishPath(3, "a/b\xff");
  assertEquals(view.pathOf(3), "a/b\xff");
  state.publishPath(3, "x".repeat(5000));
  assertEquals(view.pathOf(3).length, 1023);
});

Deno.test("SharedState stops", () => {
  const state = new SharedState();
  assertEquals(state.stopped, false);
  state.stop();
  assertEquals(state.stopped, true);
});

Deno.test("Scheduler does its own tasks newest first and counts what is left", () => {
  const state = new SharedState();
  const scheduler = new Scheduler(state);
  const task = (path: string): Task => ({ kind: "directory", path: asByteString(path), destination: "fresh" });
  scheduler.push(task("a"));
  scheduler.push(task("b"));
  assertEquals(state.scanComplete, false);
  const next = scheduler.next()!;
  assertEquals(next, task("b"));
  scheduler.done(next);
  scheduler.done(scheduler.next()!);
  assertEquals([state.outstanding, state.scanComplete], [0, true]);
  assertEquals(scheduler.next(), undefined);
});

Deno.test("Scheduler takes what another one offers, names of any bytes unharmed", () => {
  const state = new SharedState();
  const [giver, taker] = [new Scheduler(state), new Scheduler(state)];
  const everyByte = asByteString(String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1)));
  const tasks: Task[] = ["a", "b"].map((path) => ({
    kind: "directory",
    path: asByteString(path),
    destination: "fresh",
  }));
  tasks[0] = { kind: "directory", path: everyByte, destination: "present" };
  tasks.forEach((task) => giver.push(task));
  state.cells[2] = 1; // a thread waits
  giver.share();
  assertEquals(taker.next(), tasks[0]);
});
