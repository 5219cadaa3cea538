import { assertEquals } from "@std/assert";
import type { EntryKind, Stat } from "../../fs/types.ts";
import { type ByteString, encodeText } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/mod.ts";
import { PlannedRemovals } from "./planned_removals.ts";

function entry(name: string, kind: EntryKind, rest: Partial<WireEntry> = {}): WireEntry {
  return { name: encodeText(name), stat: { kind } as Stat, filtered: false, walkedOnly: false, ...rest };
}

function planned(removals: PlannedRemovals, ...except: string[]): string[] {
  const lines: string[] = [];
  removals.report(new Set(except as ByteString[]), (path, kind) => lines.push(`${kind} ${path}`));
  return lines;
}

function tree(): PlannedRemovals {
  const removals = new PlannedRemovals();
  removals.add(encodeText(""), [entry("a", "file"), entry("d", "directory")]);
  removals.add(encodeText(""), [entry("e", "directory")]);
  removals.add(encodeText("d"), [entry("b", "symlink"), entry("sub", "directory")]);
  removals.add(encodeText("d/sub"), [entry("c", "fifo")]);
  return removals;
}

Deno.test("PlannedRemovals names contents before their directory", () => {
  assertEquals(planned(tree()), [
    "file a",
    "symlink d/b",
    "fifo d/sub/c",
    "directory d/sub",
    "directory d",
    "directory e",
  ]);
});

Deno.test("PlannedRemovals keeps the directories above what stays", () => {
  assertEquals(planned(tree(), "d/sub/c"), ["file a", "symlink d/b", "directory e"]);
  assertEquals(planned(tree(), "d"), ["file a", "directory e"]);
});

Deno.test("PlannedRemovals keeps directories with filtered entries, sockets, and what was not told", () => {
  for (const kept of [entry("x", "file", { filtered: true }), entry("x", "socket"), entry("x", "unknown")]) {
    const removals = tree();
    removals.add(encodeText("e"), [kept]);
    assertEquals(planned(removals).includes("directory e"), false);
  }
  const removals = tree();
  removals.keep(encodeText("d/sub"));
  assertEquals(planned(removals), ["file a", "symlink d/b", "fifo d/sub/c", "directory e"]);
});

Deno.test("PlannedRemovals empties a directory that is only walked and keeps it", () => {
  const removals = new PlannedRemovals();
  removals.add(encodeText(""), [entry("d", "directory", { walkedOnly: true })]);
  removals.add(encodeText("d"), [entry("a", "file")]);
  assertEquals(planned(removals), ["file d/a"]);
});
