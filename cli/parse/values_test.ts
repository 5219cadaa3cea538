import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { parseCount, parseDuration, parseSize } from "./values.ts";

Deno.test("parseSize() counts in units of 1,024", () => {
  const sizes = { "0": 0, "100": 100, "100B": 100, "10K": 10240, "10KiB": 10240, "1.5m": 1572864, "2G": 2 ** 31 };
  for (const [text, bytes] of Object.entries(sizes)) assertEquals(parseSize("min-size", text), bytes);
});

Deno.test("parseSize() refuses decimal units, signs, spaces and what is too large", () => {
  for (const text of ["10KB", "10 K", "-5", "+5", "1e3", "K", "", "0x10", "10iB", "٣"]) {
    const error = assertThrows(() => parseSize("min-size", text), BlitError, `Cannot use --min-size "${text}"`);
    assertEquals(error.code, "usage");
  }
  assertThrows(() => parseSize("max-size", "9000P"), BlitError, "the value is too large");
});

Deno.test("parseDuration() reads seconds to weeks", () => {
  const durations = { "30s": 30_000, "10m": 600_000, "2h": 7_200_000, "7d": 604_800_000, "1w": 604_800_000, "0s": 0 };
  for (const [text, ms] of Object.entries(durations)) assertEquals(parseDuration("min-age", text), ms);
  assertEquals(parseDuration("min-age", "1.5H"), 5_400_000);
});

Deno.test("parseDuration() refuses a number without a unit", () => {
  for (const text of ["30", "10 m", "1y", "-1d", "1h30m"]) {
    assertThrows(() => parseDuration("max-age", text), BlitError, `Cannot use --max-age "${text}"`);
  }
});

Deno.test("parseCount() takes whole numbers only", () => {
  assertEquals(parseCount("max-delete", "0"), 0);
  assertEquals(parseCount("max-delete", "1000"), 1000);
  for (const text of ["1.5", "-1", "1K", "ten"]) assertThrows(() => parseCount("max-delete", text), BlitError);
});
