import { assert, assertEquals, assertRejects } from "@std/assert";
import { Deadline, unlessAborted, within } from "./within.ts";

/** One that never settles. */
const NEVER = new Promise<never>(() => {});

/** An error that comes after a while. */
function failLater(ms: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), ms));
}

Deno.test("within() resolves with what comes in time, and leaves no timer", { sanitizeOps: true }, async () => {
  assertEquals(await within(Promise.resolve("here"), 60_000), "here");
});

Deno.test("within() rejects with what comes in time, and leaves no timer", { sanitizeOps: true }, async () => {
  await assertRejects(() => within(Promise.reject(new Error("no")), 60_000), Error, "no");
});

Deno.test("within() gives up when the time is over, and not before", async () => {
  const start = performance.now();
  assertEquals(await within(NEVER, 50), undefined);
  const waited = performance.now() - start;
  assert(waited >= 45 && waited < 5000, `it gave up after ${waited} ms`);
});

Deno.test("an error that within() did not wait for is nobody's", async () => {
  assertEquals(await within(failLater(20), 1), undefined);
  await new Promise((resolve) => setTimeout(resolve, 40)); // it would end the process
});

Deno.test("unlessAborted() settles as the promise does", async () => {
  const { signal } = new AbortController();
  const error = (): Error => new Error("aborted");
  assertEquals(await unlessAborted(Promise.resolve("here"), signal, error), "here");
  await assertRejects(() => unlessAborted(Promise.reject(new Error("no")), signal, error), Error, "no");
});

Deno.test("unlessAborted() rejects with the error when the signal comes first, or has come before", async () => {
  const controller = new AbortController();
  const error = (): Error => new Error("aborted");
  const waiting = unlessAborted(NEVER, controller.signal, error);
  controller.abort();
  await assertRejects(() => waiting, Error, "aborted");
  await assertRejects(() => unlessAborted(NEVER, controller.signal, error), Error, "aborted");
});

Deno.test("a deadline is over by itself or with the other signal, says which, and leaves no timer", {
  sanitizeOps: true,
}, async () => {
  using own = new Deadline(10);
  await assertRejects(() => unlessAborted(NEVER, own.signal, () => new Error("over")), Error, "over");
  assertEquals(own.isOver, true);
  const controller = new AbortController();
  using other = new Deadline(60_000, controller.signal);
  controller.abort();
  assertEquals([other.signal.aborted, other.isOver], [true, false]);
});
