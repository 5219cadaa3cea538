import { assertEquals } from "@std/assert";
import type { Stat } from "../fs/types.ts";
import {
  type CompareRules,
  decide,
  equalAttributes,
  isUntouched,
  metadataDifferences,
  resolutionOf,
  sameTime,
} from "./compare.ts";

const rules: CompareRules = {
  content: "size-and-time",
  timeStepNanoseconds: 1,
  owners: true,
  modes: true,
  metadata: true,
};

function file(fields: Partial<Stat> = {}): Stat {
  return {
    kind: "file",
    size: 10,
    mode: 0o644,
    uid: 1,
    gid: 1,
    mtimeSeconds: 1000,
    mtimeNanoseconds: 123_456_789,
    ctimeSeconds: 2000,
    ctimeNanoseconds: 987_654_321,
    stampNanoseconds: 987_654_321,
    dev: 1,
    inoHigh: 0,
    inoLow: 7,
    nlink: 1,
    rdev: 0,
    allocatedBytes: 4096,
    ...fields,
  };
}

Deno.test("decide() creates what is not there", () => {
  assertEquals(decide(file(), undefined, rules), "create");
});

Deno.test("decide() trusts the same size and time, and nothing less", () => {
  assertEquals(decide(file(), file(), rules), "same");
  assertEquals(decide(file(), file({ size: 11 }), rules), "replace");
  assertEquals(decide(file(), file({ mtimeNanoseconds: 123_456_788 }), rules), "compare-content");
});

Deno.test("decide() follows each comparison", () => {
  const touched = file({ mtimeSeconds: 1 });
  assertEquals(decide(file(), file(), { ...rules, content: "checksum" }), "compare-content");
  assertEquals(decide(file(), file({ size: 9 }), { ...rules, content: "checksum" }), "replace");
  assertEquals(decide(file(), touched, { ...rules, content: "size-only" }), "same");
  assertEquals(decide(file(), file(), { ...rules, content: "ignore-times" }), "replace");
  assertEquals(decide(file(), touched, { ...rules, content: "ignore-existing" }), "leave");
});

Deno.test("decide() never lets a file take the place of a directory by itself", () => {
  assertEquals(decide(file(), file({ kind: "directory" }), rules), "blocked");
  assertEquals(decide(file({ kind: "symlink" }), file({ kind: "directory" }), rules), "blocked");
  assertEquals(decide(file({ kind: "directory" }), file(), rules), "replace-by-directory");
  assertEquals(decide(file({ kind: "directory" }), file({ kind: "directory" }), rules), "enter");
});

Deno.test("decide() replaces an entry of another kind or another device", () => {
  const device = file({ kind: "block-device", rdev: 5 });
  assertEquals(decide(file({ kind: "symlink" }), file(), rules), "replace");
  assertEquals(decide(device, file({ kind: "block-device", rdev: 6 }), rules), "replace");
  assertEquals(decide(device, device, rules), "same");
});

Deno.test("metadataDifferences() names time, mode and owner", () => {
  assertEquals(metadataDifferences(file(), file(), rules), []);
  assertEquals(metadataDifferences(file(), file({ mtimeSeconds: 1, mode: 0o600, gid: 2 }), rules), [
    "time",
    "mode",
    "owner",
  ]);
  assertEquals(metadataDifferences(file(), file({ uid: 9 }), { ...rules, owners: false }), []);
  assertEquals(metadataDifferences(file(), file({ mode: 0 }), { ...rules, metadata: false }), []);
  assertEquals(metadataDifferences(file({ kind: "symlink" }), file({ kind: "symlink", mode: 0 }), rules), []);
});

Deno.test("sameTime() tells one nanosecond where both sides keep nanoseconds", () => {
  assertEquals(sameTime(file(), file({ mtimeNanoseconds: 123_456_790 }), 1), false);
});

Deno.test("sameTime() compares at the coarser resolution of the two sides", () => {
  const fat = file({ mtimeSeconds: 1000, mtimeNanoseconds: 0, stampNanoseconds: 0 });
  assertEquals(sameTime(file(), fat, 1), true);
  assertEquals(sameTime(file({ mtimeSeconds: 1001 }), fat, 1), true);
  assertEquals(sameTime(file({ mtimeSeconds: 1002, mtimeNanoseconds: 0 }), fat, 1), false);
  assertEquals(sameTime(file(), file({ mtimeNanoseconds: 123_000_000 }), 1_000_000), true);
});

Deno.test("sameTime() does not take a whole second on a fine file system for a coarse one", () => {
  assertEquals(sameTime(file(), file({ mtimeNanoseconds: 0 }), 1), false);
});

Deno.test("resolutionOf() knows the steps of common file systems", () => {
  assertEquals(resolutionOf(file({ mtimeSeconds: 3, mtimeNanoseconds: 0, stampNanoseconds: 0 }), 1), 1e9);
  assertEquals(resolutionOf(file({ mtimeSeconds: 4, mtimeNanoseconds: 0, stampNanoseconds: 0 }), 1), 2e9);
  assertEquals(resolutionOf(file({ mtimeNanoseconds: 120_000_000, stampNanoseconds: 130_000_000 }), 1), 1e7);
  assertEquals(resolutionOf(file({ mtimeNanoseconds: 123_456_700, stampNanoseconds: 987_654_300 }), 1), 100);
  assertEquals(resolutionOf(file(), 1), 1);
});

Deno.test("resolutionOf() believes no step by chance where only milliseconds are shown", () => {
  assertEquals(resolutionOf(file({ mtimeNanoseconds: 290_000_000, stampNanoseconds: 120_000_000 }), 1e6), 1e6);
});

Deno.test("isUntouched() sees a change of size, time, change time and identity", () => {
  assertEquals(isUntouched(file(), file()), true);
  for (const change of [{ size: 1 }, { mtimeNanoseconds: 1 }, { ctimeSeconds: 1 }, { inoLow: 8 }]) {
    assertEquals(isUntouched(file(), file(change)), false);
  }
});

Deno.test("equalAttributes() compares names and values", () => {
  const one = new Map([["user.a", new Uint8Array([1])]]);
  assertEquals(equalAttributes(undefined, undefined), true);
  assertEquals(equalAttributes(one, undefined), false);
  assertEquals(equalAttributes(one, new Map([["user.a", new Uint8Array([1])]])), true);
  assertEquals(equalAttributes(one, new Map([["user.a", new Uint8Array([2])]])), false);
  assertEquals(equalAttributes(one, new Map([["user.b", new Uint8Array([1])]])), false);
});
