import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { eachFileSystem, isLinux } from "./_testing.ts";
import { factsFrom } from "./facts.ts";

const sizes = { blockBytes: 4096, blocks: 10, emptyBlocks: 4, freeBlocks: 3, files: 100, freeFiles: 40 };

Deno.test("factsFrom() tells what may never answer from what is local", () => {
  assertEquals(factsFrom({ magic: 0x65735546, ...sizes }).mayHang, true);
  assertEquals(factsFrom({ magic: 0x6969, ...sizes }).type, "nfs");
  // `f_type` is signed in some interfaces.
  assertEquals(factsFrom({ magic: 0xff534d42 | 0, ...sizes }).type, "cifs");
  assertEquals(factsFrom({ magic: 0xef53, ...sizes }), {
    type: "ext4",
    mayHang: false,
    freeBytes: 12_288,
    totalBytes: 40_960,
    usedBytes: 24_576,
    totalEntries: 100,
    freeEntries: 40,
  });
  assertEquals(factsFrom({ magic: 1, ...sizes }).type, "unknown");
});

eachFileSystem("factsOf() tells the file system of a path, and nothing of one that does not exist", ({ fs, path }) => {
  const facts = fs.factsOf(path);
  assert(facts && facts.totalBytes > facts.freeBytes && facts.freeBytes > 0);
  assertNotEquals(facts?.type, "unknown");
  assertEquals(fs.factsOf(`${path}/missing`), undefined);
}, { when: isLinux });
