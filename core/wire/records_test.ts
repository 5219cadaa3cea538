import { assertEquals } from "@std/assert";
import type { EntryKind, Stat } from "../fs/types.ts";
import { shardContents, type WireKind, type WireStat } from "./records.ts";

Deno.test("WireStat is the metadata of the file system interface, field by field", () => {
  // Types decide: this folder knows no file system, and nothing may be converted on the way.
  const toWire = (stat: Stat): WireStat => stat;
  const fromWire = (stat: WireStat): Stat => stat;
  const kinds = (kind: EntryKind): WireKind => kind;
  assertEquals([toWire, fromWire, kinds].length, 3);
});

Deno.test("shardContents() gives each file its part of the content", () => {
  const content = new Uint8Array([1, 2, 3, 4, 5]);
  const files = [2, 0, 3].map((length, request) => ({ request, unchanged: true, length }));
  const parts = [...shardContents({ kind: "shard", files, content })];
  assertEquals(parts.map(([{ request }, bytes]) => [request, ...bytes]), [[0, 1, 2], [1], [2, 3, 4, 5]]);
});
