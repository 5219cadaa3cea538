import { assertEquals } from "@std/assert";
import { InodeSet } from "./inode_set.ts";

Deno.test("InodeSet knows what was added, however much that is", () => {
  const set = new InodeSet();
  const known = new Set<string>();
  let state = 1;
  const next = (most: number): number => (state = Math.imul(state, 1103515245) + 12345 >>> 0) % most;
  for (let i = 0; i < 50_000; i++) {
    // Neighbours, repetitions, and numbers that differ in their upper half alone.
    const [high, low] = [next(3), 1 + next(20_000) * (i % 2 === 0 ? 1 : 65_536)];
    const key = `${high} ${low >>> 0}`;
    assertEquals(set.add(high, low >>> 0), !known.has(key), key);
    known.add(key);
  }
});
