import { assertEquals } from "@std/assert";
import { MAX_ITEMS, MAX_PAYLOAD_BYTES } from "../../wire/limits.ts";
import { Requests } from "./requests.ts";
import { blockBytesFor } from "./sizes.ts";

const TARGET = { by: "entry", directory: 0, index: 0 } as const;

Deno.test("Requests sends everything once, in order, in records that are not too large", () => {
  const requests = new Requests();
  const hashes = new Uint8Array(16 * 4096);
  const ids: number[] = [];
  for (let i = 0; i < 20_000; i++) ids.push(requests.add(TARGET, { kind: "whole" }));
  for (let i = 0; i < 100; i++) ids.push(requests.add(TARGET, { kind: "blocks", start: 0, blockBytes: 1024, hashes }));
  const records = requests.takeRecords();
  assertEquals(records.flatMap(({ requests }) => requests.map(({ id }) => id)), ids);
  assertEquals(new Set(ids).size, ids.length);
  for (const { requests } of records) {
    const bytes = requests.reduce((sum, { mode }) => sum + 20 + (mode.kind === "blocks" ? mode.hashes.length : 0), 0);
    assertEquals(
      requests.length <= MAX_ITEMS && bytes <= MAX_PAYLOAD_BYTES,
      true,
      `${requests.length}: ${bytes} bytes`,
    );
  }
  assertEquals(requests.takeRecords(), []);
});

Deno.test("blockBytesFor() keeps hashes and three changed blocks of a large file below a hundredth of it", () => {
  for (let bytes = 16 * 1024 ** 2; bytes < 2 ** 50; bytes *= 3) {
    const blockBytes = blockBytesFor(bytes);
    const travels = Math.ceil(bytes / blockBytes) * 16 + 3 * blockBytes;
    assertEquals(travels < bytes / 100, true, `${travels} of ${bytes} bytes`);
    assertEquals(Math.log2(blockBytes) % 1, 0);
  }
});
