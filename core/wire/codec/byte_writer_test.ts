import { assertEquals } from "@std/assert";
import { ByteWriter } from "./byte_writer.ts";

Deno.test("ByteWriter holds any value that makes it grow", () => {
  const writes: Record<string, [bytes: number, write: (writer: ByteWriter) => void]> = {
    uint8: [1, (writer) => writer.uint8(0x5a)],
    uint32: [4, (writer) => writer.uint32(0x5a5a5a5a)],
    uint64: [8, (writer) => writer.uint64(0x5a5a5a5a5a5a)],
    varint: [1, (writer) => writer.varint(0x5a)],
  };
  for (const [name, [bytes, write]] of Object.entries(writes)) {
    const writer = new ByteWriter();
    const { capacity } = writer;
    while (writer.capacity === capacity) {
      const start = writer.length;
      write(writer);
      assertEquals(writer.written(start)[0], 0x5a, `${name} at ${start}`);
      assertEquals(writer.length, start + bytes);
    }
  }
});
