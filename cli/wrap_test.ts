import { assertEquals } from "@std/assert";
import { wrap } from "./wrap.ts";

Deno.test("wrap() breaks at spaces and indents", () => {
  assertEquals(wrap("aa bb cc", 5), "aa bb\ncc");
  assertEquals(wrap("aa bb cc", 8, "- ", "  "), "- aa bb\n  cc");
});

Deno.test("wrap() leaves a word alone that is wider than a line", () => {
  assertEquals(wrap("a bbbbbbbb c", 4), "a\nbbbbbbbb\nc");
});

Deno.test("wrap() gives an empty text one line", () => {
  assertEquals(wrap("", 10, "> "), "> ");
});
