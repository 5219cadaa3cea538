import assert from "node:assert/strict";
import { addSpace, measureSpace, multiplySpace, planSittings } from "./budget.ts";

const ROUND = { bytes: 10, entries: 1 };
const BASE = { rounds: 5, fixed: { bytes: 10, entries: 1 }, perRound: ROUND, renewable: true };

Deno.test("measureSpace() counts whole blocks, and something for every entry", () => {
  const space = measureSpace([{ path: "a", files: 2, fileBytes: 4097 }]);
  assert.ok(space.bytes > 2 * 8192 && space.bytes < 2 * 8192 + 8192);
  assert.equal(space.entries, 3);
});

Deno.test("addSpace() and multiplySpace() work on both parts", () => {
  assert.deepEqual(addSpace(ROUND, multiplySpace(ROUND, 3)), { bytes: 40, entries: 4 });
});

Deno.test("planSittings() needs one sitting when everything fits", () => {
  assert.deepEqual(planSittings({ ...BASE, capacity: { bytes: 60, entries: 6 } }), [5]);
});

Deno.test("planSittings() keeps sittings as short as was asked, where it can start afresh", () => {
  const options = { ...BASE, capacity: { bytes: 60, entries: 6 }, mostPerSitting: 2 };
  assert.deepEqual(planSittings(options), [2, 2, 1]);
  assert.deepEqual(planSittings({ ...options, renewable: false }), [5]);
});

Deno.test("planSittings() starts afresh where it can, and lowers the rounds where it cannot", () => {
  const capacity = { bytes: 35, entries: Infinity };
  assert.deepEqual(planSittings({ ...BASE, capacity }), [2, 2, 1]);
  assert.deepEqual(planSittings({ ...BASE, capacity, renewable: false }), [2]);
});

Deno.test("planSittings() counts entries as well as bytes", () => {
  assert.deepEqual(planSittings({ ...BASE, capacity: { bytes: 1000, entries: 4 }, renewable: false }), [3]);
});

Deno.test("planSittings() is empty when not even one round fits", () => {
  assert.deepEqual(planSittings({ ...BASE, capacity: { bytes: 19, entries: 100 } }), []);
  assert.deepEqual(planSittings({ ...BASE, capacity: { bytes: 5, entries: 100 } }), []);
});

Deno.test("planSittings() has no limit for runs that leave nothing", () => {
  const perRound = { bytes: 0, entries: 0 };
  assert.deepEqual(planSittings({ ...BASE, perRound, capacity: { bytes: 10, entries: 1 } }), [5]);
});
