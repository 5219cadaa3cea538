import { assertEquals } from "@std/assert";
import { EntryKind as WireKind } from "../../../proto/blit/v2/blit_pb.ts";
import { fromWireKind, toWireKind } from "./entry_kinds.ts";

/** Every kind, from the numbers on the wire: a new one in either list without the other fails here or in the compiler. */
const WIRE_KINDS = Object.values(WireKind).filter((kind): kind is WireKind => typeof kind === "number");

Deno.test("fromWireKind() and toWireKind() bring every kind across", () => {
  assertEquals(WIRE_KINDS.map(fromWireKind).map(toWireKind), WIRE_KINDS);
  assertEquals(fromWireKind(WireKind.UNSPECIFIED), "unknown");
});

Deno.test("fromWireKind() does not know a kind of a newer program", () => {
  assertEquals(fromWireKind(4711 as WireKind), "unknown");
});
