import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HASH_BYTES, Xxh128 } from "./xxh128.ts";

const hasher = await Xxh128.create();

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("Xxh128 gives what xxh128sum prints", () => {
  assertEquals(hex(hasher.hash(new Uint8Array(0))), "99aa06d3014798d86001c324468d497f");
  assertEquals(hex(hasher.hash(new TextEncoder().encode("abc"))), "06b05ab6733a618578af5f94892f3950");
});

Deno.test("Xxh128 does not care how bytes are cut", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(5000), (array, at) => {
    const bytes = new Uint8Array(array);
    hasher.start().update(bytes.subarray(0, at)).update(bytes.subarray(at));
    const digest = hasher.digest();
    assertEquals(digest, hasher.hash(bytes));
    assertEquals(digest.length, HASH_BYTES);
  }));
});

Deno.test("Xxh128.hashBlocks() hashes each block on its own, the short last one too", () => {
  const bytes = Uint8Array.from({ length: 2500 }, (_, i) => i);
  const hashes = hasher.hashBlocks(bytes, 1000);
  assertEquals(hashes.length, 3 * HASH_BYTES);
  assertEquals(hashes.subarray(HASH_BYTES, 2 * HASH_BYTES), hasher.hash(bytes.subarray(1000, 2000)));
  assertEquals(hashes.subarray(2 * HASH_BYTES), hasher.hash(bytes.subarray(2000)));
  assertEquals(hasher.hashBlocks(new Uint8Array(0), 1000).length, 0);
  assertThrows(() => hasher.hashBlocks(bytes, 0), RangeError);
});
