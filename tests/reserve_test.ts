/**
 * Space for a large file, before it is copied.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { asByteString } from "../core/paths/bytes.ts";
import { BlitError } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { mountImage, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";

const MIB = 1024 * 1024;

testWhere(
  ["mounts", "native"],
  "in memory nothing is reserved, and a file for which there is no room is refused",
  () => {
    using disk = mountTmpfs(4);
    using root = chooseFileSystem("native").openRoot(disk.path);
    const sink = root.createFile(asByteString("file"), 0o644);
    sink.reserve(3 * MIB);
    assertEquals(sink.stat().allocatedBytes, 0);
    sink.writeAt(new Uint8Array(MIB), MIB, 0);
    // What it has of it already counts.
    sink.reserve(4 * MIB - 64 * 1024);
    const error = assertThrows(() => sink.reserve(5 * MIB), BlitError);
    assertEquals(error.code, "no-space");
    sink.close();
  },
);

testWhere(["loop", "native"], "on a disk a large file gets its space before its content", () => {
  using disk = mountImage("ext4", 16);
  using root = chooseFileSystem("native").openRoot(disk.path);
  const sink = root.createFile(asByteString("file"), 0o644);
  sink.reserve(3 * MIB);
  assert(sink.stat().allocatedBytes >= 3 * MIB);
  assertEquals(sink.stat().size, 0);
  assertEquals(assertThrows(() => sink.reserve(64 * MIB), BlitError).code, "no-space");
  sink.close();
});
