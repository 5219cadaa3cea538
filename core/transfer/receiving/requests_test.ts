import { assert, assertEquals } from "@std/assert";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { MAX_PATH_BYTES } from "../../paths/received_name.ts";
import { ByteWriter } from "../../wire/codec/byte_writer.ts";
import { encodeRecord } from "../../wire/codec/mod.ts";
import { MAX_ITEMS, MAX_PAYLOAD_BYTES } from "../../wire/limits.ts";
import { Requests } from "./requests.ts";
import { blockBytesFor } from "./sizes.ts";

const NAME = asByteString("n".repeat(255));
/** Components of this name in the longest path that there is. */
const LONGEST = Math.floor(MAX_PATH_BYTES / NAME.length);
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

Deno.test("Requests by long paths fit into the records of a lane", () => {
  const requests = new Requests();
  for (let i = 0; i < 5000; i++) {
    const path = Array<ByteString>(i % 1000 === 0 ? LONGEST : 1 + i % 50).fill(NAME);
    requests.add({ by: "path", path }, { kind: "whole" });
  }
  const records = requests.takeRecords();
  assertEquals(records.reduce((sum, { requests }) => sum + requests.length, 0), 5000);
  for (const record of records) {
    const writer = new ByteWriter();
    encodeRecord(writer, record);
    assert(writer.length <= MAX_PAYLOAD_BYTES, `${writer.length} bytes`);
  }
});

Deno.test("blockBytesFor() keeps hashes and three changed blocks of a large file below a hundredth of it", () => {
  for (let bytes = 16 * 1024 ** 2; bytes < 2 ** 50; bytes *= 3) {
    const blockBytes = blockBytesFor(bytes);
    const travels = Math.ceil(bytes / blockBytes) * 16 + 3 * blockBytes;
    assertEquals(travels < bytes / 100, true, `${travels} of ${bytes} bytes`);
    assertEquals(Math.log2(blockBytes) % 1, 0);
  }
});
