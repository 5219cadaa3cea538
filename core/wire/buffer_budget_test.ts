import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { BufferBudget } from "./buffer_budget.ts";

const KIB = 1024;
const SIZES = { wanted: 500 * KIB, least: 100 * KIB };

Deno.test("BufferBudget gives what is wanted as long as there is room, then the least, whatever the number of lanes", () => {
  const budget = new BufferBudget(1024 * KIB);
  const lengths = Array.from({ length: 5 }, () => budget.take(SIZES).length / KIB);
  assertEquals(lengths, [512, 512, 128, 128, 128]);
  assertEquals(budget.usedBytes, (2 * 512 + 3 * 128) * KIB);
});

Deno.test("BufferBudget hands out again what was given back, and never what was forgotten", () => {
  const budget = new BufferBudget(1024 * KIB);
  const given = budget.take(SIZES);
  const forgotten = budget.take(SIZES);
  budget.give(given);
  budget.forget(forgotten);
  assertEquals([budget.usedBytes, budget.freeBytes], [0, 512 * KIB]);
  assertStrictEquals(budget.take(SIZES), given);
  assertNotStrictEquals(budget.take(SIZES), forgotten);
});

Deno.test("BufferBudget keeps no more than its budget, used and free together", () => {
  const budget = new BufferBudget(1024 * KIB);
  const buffers = Array.from({ length: 50 }, () => budget.take(SIZES));
  for (const buffer of buffers) budget.give(buffer);
  assertEquals(budget.usedBytes, 0);
  assertEquals(budget.freeBytes <= 1024 * KIB, true, `${budget.freeBytes}`);
});

Deno.test("BufferBudget tells a lane that makes do with little when there is room for more", () => {
  const budget = new BufferBudget(600 * KIB);
  const large = budget.take(SIZES);
  const small = budget.take(SIZES);
  assertEquals(budget.hasMoreThan(small.length, SIZES), false);
  budget.give(large);
  assertEquals(budget.hasMoreThan(small.length, SIZES), true);
  assertEquals(budget.hasMoreThan(512 * KIB, SIZES), false); // it has all it wants
});
