/**
 * Kinds have numbers in three places, none of which loads another one: searches, the control plane and the data plane.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { EntryKind } from "../../proto/blit/v2/blit_pb.ts";
import { ByteReader } from "../wire/codec/byte_reader.ts";
import { ByteWriter } from "../wire/codec/byte_writer.ts";
import { readKind, writeKind } from "../wire/codec/stat.ts";
import { fromWireKind } from "../wire/control/entry_kinds.ts";
import { KIND_NUMBERS } from "./find.ts";

Deno.test("a search numbers kinds as the control plane does, and knows all of them", () => {
  const numbers = Object.values(EntryKind).filter((kind): kind is EntryKind => typeof kind === "number");
  assertEquals(KIND_NUMBERS, numbers.toSorted((a, b) => a - b).map(fromWireKind));
  assertEquals(numbers.length, Math.max(...numbers) + 1);
});

Deno.test("the data plane numbers all of them as its description says", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/protocol.md", import.meta.url));
  const [, list] = /bits 0-2 kind: (.*)$/m.exec(page)!;
  const numbers = KIND_NUMBERS.map((kind): [number, string] => {
    const writer = new ByteWriter();
    writeKind(writer, kind);
    const bytes = writer.written(0).slice();
    assertEquals(readKind(new ByteReader(bytes)), kind);
    return [bytes[0], kind.replace("-", " ")];
  });
  assertEquals(numbers.sort(([a], [b]) => a - b).map(([number, kind]) => `${number} ${kind}`).join(", "), list);
});
