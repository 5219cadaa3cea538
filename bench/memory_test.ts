import assert from "node:assert/strict";
import { parseMemory, usableBytes } from "./memory.ts";

const GIB = 1024 ** 3;

Deno.test("parseMemory() reads kibibytes", () => {
  const text = "MemTotal:       24684084 kB\nMemFree:         1056152 kB\nMemAvailable:   23543064 kB\n";
  assert.deepEqual(parseMemory(text), { totalBytes: 24684084 * 1024, availableBytes: 23543064 * 1024 });
});

Deno.test("usableBytes() leaves a reserve and is never negative", () => {
  assert.equal(usableBytes({ totalBytes: 8 * GIB, availableBytes: 6 * GIB }), 4.5 * GIB);
  assert.equal(usableBytes({ totalBytes: 100 * GIB, availableBytes: 50 * GIB }), 42 * GIB);
  assert.equal(usableBytes({ totalBytes: 2 * GIB, availableBytes: GIB }), 0);
});
