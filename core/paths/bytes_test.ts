import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  asByteString,
  cleanJson,
  cleanText,
  decodeText,
  displayName,
  displayPath,
  encodeText,
  fromBytes,
  toBytes,
} from "./bytes.ts";

Deno.test("fromBytes() and toBytes() are exact for any bytes", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assertEquals(toBytes(fromBytes(bytes)), new Uint8Array(bytes))));
});

Deno.test("decodeText() gives back what encodeText() took", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => assertEquals(decodeText(encodeText(text)), text)));
});

Deno.test("decodeText() refuses bytes that are not UTF-8", () => {
  for (const bytes of ["\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf"]) {
    assertEquals(decodeText(asByteString(bytes)), undefined);
  }
});

Deno.test("displayName() shows UTF-8 as it is and every other byte as an escape", () => {
  assertEquals(displayName(asByteString("caf\xc3\xa9")), "café");
  assertEquals(displayName(asByteString("caf\xc3\xa9 \xff\xfe.txt")), "café \\xff\\xfe.txt");
  assertEquals(displayName(asByteString("\xf0\x9f\x98")), "\\xf0\\x9f\\x98");
});

Deno.test("displayPath() puts a path below what the user typed", () => {
  assertEquals(displayPath("src", asByteString("a/b")), "src/a/b");
  assertEquals(displayPath("src/", asByteString("a")), "src/a");
  assertEquals(displayPath("", asByteString("a")), "a");
  assertEquals(displayPath("src/", asByteString("")), "src/");
});

Deno.test("cleanText() leaves nothing that moves a cursor or breaks a line", () => {
  assertEquals(cleanText("a\nb\r\x1b[31mred\x9b2J\u202etxt"), "a\\nb\\r\\x1b[31mred\\x9b2J\\u202etxt");
  // deno-lint-ignore no-control-regex -- the property is about control characters
  const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => assertEquals(control.test(cleanText(text)), false)));
});

Deno.test("cleanJson() leaves nothing that moves a cursor, and the value what it is", () => {
  const value = { name: "a\x1b[31m\u009b2J\x7f\u202e\u2028 ünï ✓" };
  const line = cleanJson(JSON.stringify(value));
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/.test(line), false);
  assertEquals(line.includes("ünï ✓"), true);
  assertEquals(JSON.parse(line), value);
});

Deno.test("cleanText() leaves ordinary text of any language alone", () => {
  for (const text of ["photos 2024", "naïve", "日本語", "🎉"]) assertEquals(cleanText(text), text);
});
