import { assertEquals } from "@std/assert";
import { fromWireIdentities, MOST_IDENTITIES, toWireIdentities } from "./identities.ts";

const digits = (byte: number): string => byte.toString(16).padStart(2, "0").repeat(16);

Deno.test("identities come off the wire as they went on it, no more of them than make sense", () => {
  const few = [digits(1), digits(0xfe)];
  assertEquals(fromWireIdentities(toWireIdentities(few)), few);
  const many = Array.from({ length: MOST_IDENTITIES + 1 }, (_, i) => digits(i));
  assertEquals(toWireIdentities(many).length, MOST_IDENTITIES);
  assertEquals(fromWireIdentities(many.map((text) => Uint8Array.fromHex(text))).length, MOST_IDENTITIES);
});

Deno.test("identities of another length mean nothing, and neither do those beside them", () => {
  for (const length of [0, 15, 17, 1_000_000]) {
    assertEquals(fromWireIdentities([new Uint8Array(16), new Uint8Array(length)]), []);
  }
});
