import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { shortenPath } from "./shorten.ts";

Deno.test("shortenPath() leaves alone what fits", () => {
  assertEquals(shortenPath("photos/2024/sea.jpg", 19), "photos/2024/sea.jpg");
  assertEquals(shortenPath("", 10), "");
});

Deno.test("shortenPath() leaves out directories, in the middle first", () => {
  const path = "photos/2024/05 May/harbour/sea.jpg";
  assertEquals(shortenPath(path, 33), "photos/.../05 May/harbour/sea.jpg");
  assertEquals(shortenPath(path, 32), "photos/.../harbour/sea.jpg");
  assertEquals(shortenPath(path, 18), "photos/.../sea.jpg");
  assertEquals(shortenPath(path, 17), ".../sea.jpg");
});

Deno.test("shortenPath() cuts the middle out of a name that does not fit", () => {
  assertEquals(shortenPath("a/b/holiday-in-the-mountains.jpeg", 16), "holiday...s.jpeg");
  assertEquals(shortenPath("holiday.jpeg", 5), "h...g");
  assertEquals(shortenPath("holiday.jpeg", 2), "..");
  assertEquals(shortenPath("holiday.jpeg", 0), "");
});

Deno.test("shortenPath() counts two columns for wide characters and keeps graphemes whole", () => {
  assertEquals(shortenPath("日本語日本語日本語", 12), "日本...本語");
  assertEquals(shortenPath("e\u0301".repeat(10), 5), "e\u0301...e\u0301");
  assertEquals(shortenPath("👨‍👩‍👧".repeat(9), 7), "👨‍👩‍👧...👨‍👩‍👧");
});

Deno.test("shortenPath() leaves no control character", () => {
  assertEquals(shortenPath("a\x1b[2J\nb\u202ec", 40), "a\\x1b[2J\\nb\\u202ec");
  assertEquals(shortenPath("\x1b".repeat(100), 11), "\\x1b...\\x1b");
});

Deno.test("shortenPath() is never wider than the columns, nor splits a grapheme, for any path", () => {
  const piece = fc.oneof(
    fc.constantFrom("/", "日", "e\u0301", "👨‍👩‍👧", "🇩🇪", "\x1b[31m", "क्षि"),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(fc.property(fc.array(piece), fc.nat(40), (pieces, columns) => {
    const path = pieces.join("");
    const short = shortenPath(path, columns);
    assert(stringWidth(short) <= columns, JSON.stringify(short));
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assert(!/[\x00-\x1f\x7f-\x9f]/.test(short));
    assert(short.isWellFormed() || !path.isWellFormed());
  }));
});
