import { assertEquals } from "@std/assert";
import { StallDetector } from "./stall.ts";

/** The moment, in looks of one second, at which a run stalls; `undefined` when it does not within the looks. */
function stallsAt(
  signs: readonly number[],
  { limitMs = 3000, inSlowCall = false, isStarting = false } = {},
): number | undefined {
  const detector = new StallDetector(limitMs, 2000);
  const at = signs.findIndex((count, second) => detector.look({ signs: count, inSlowCall, isStarting }, second * 1000));
  return at < 0 ? undefined : at;
}

Deno.test("StallDetector reports silence of the limit, and not less", () => {
  assertEquals(stallsAt([1, 1, 1, 1]), 3);
  assertEquals(stallsAt([1, 1, 1]), undefined);
});

Deno.test("StallDetector never reports what still moves, however slowly", () => {
  assertEquals(stallsAt(Array.from({ length: 100 }, (_, second) => Math.floor(second / 2))), undefined);
});

Deno.test("StallDetector begins anew with every sign of life", () => {
  assertEquals(stallsAt([1, 1, 1, 2, 2, 2, 2]), 6);
});

Deno.test("StallDetector has more patience with a call that writes out what is cached", () => {
  assertEquals(stallsAt(new Array(100).fill(1), { inSlowCall: true }), undefined);
  assertEquals(stallsAt(new Array(200).fill(1), { inSlowCall: true }), 180);
});

Deno.test("StallDetector has some patience with workers that start", () => {
  assertEquals(stallsAt(new Array(17).fill(1), { isStarting: true }), undefined);
  assertEquals(stallsAt(new Array(30).fill(1), { isStarting: true }), 18);
});

Deno.test("StallDetector does not count time in which nobody watched", () => {
  const detector = new StallDetector(10_000, 2000);
  assertEquals(detector.look({ signs: 1, inSlowCall: false }, 0), false);
  // An hour in which the process was stopped.
  assertEquals(detector.look({ signs: 1, inSlowCall: false }, 3_600_000), false);
  assertEquals(detector.look({ signs: 1, inSlowCall: false }, 3_601_000), false);
});

Deno.test("StallDetector.reset() begins anew", () => {
  const detector = new StallDetector(2000, 2000);
  detector.look({ signs: 1, inSlowCall: false }, 0);
  detector.reset();
  assertEquals(detector.look({ signs: 1, inSlowCall: false }, 2000), false);
});
