import { assertEquals } from "@std/assert";
import { formatBytes, formatCost, formatCount, formatElapsed, formatNumber } from "./format.ts";
import { formatPercent, formatRate, formatShort, formatTime } from "./format.ts";

Deno.test("formatBytes() shows at most three digits and never 1024 of a unit", () => {
  const sizes: [number, string][] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1,023 bytes"],
    [1024, "1.0 KiB"],
    [10_188, "9.9 KiB"],
    [10_190, "10 KiB"],
    [1024 ** 2 - 1, "1.0 MiB"],
    [1.5 * 1024 ** 3, "1.5 GiB"],
    [5000 * 1024 ** 5, "5000 PiB"],
  ];
  for (const [bytes, text] of sizes) assertEquals(formatBytes(bytes), text);
});

Deno.test("formatNumber() and formatCount() group thousands and know one", () => {
  assertEquals([0, 999, 1000, 1234567].map(formatNumber), ["0", "999", "1,000", "1,234,567"]);
  assertEquals(formatCount(1, "file", "files"), "1 file");
  assertEquals(formatCount(1204, "file", "files"), "1,204 files");
});

Deno.test("formatElapsed() uses the units that matter", () => {
  const times = {
    4: "0.00 s",
    240: "0.24 s",
    3449: "3.4 s",
    9999: "10 s",
    59_600: "1 min 00 s",
    184_000: "3 min 04 s",
  };
  for (const [ms, text] of Object.entries(times)) assertEquals(formatElapsed(Number(ms)), text);
  assertEquals(formatElapsed(7_500_000), "2 h 05 min");
});

Deno.test("formatRate() does not divide by zero", () => {
  assertEquals(formatRate(1024 ** 2, 500), "2.0 MiB/s");
  assertEquals(formatRate(0, 0), "0 bytes/s");
});

Deno.test("formatShort() shows milliseconds below a second", () => {
  assertEquals([0.04, 4.12, 9.96, 250.4, 999.4, 999.6, 61_000].map(formatShort), [
    "0.0 ms",
    "4.1 ms",
    "10 ms",
    "250 ms",
    "999 ms",
    "1.0 s",
    "1 min 01 s",
  ]);
});

Deno.test("formatCost() chooses a unit that keeps two digits or three", () => {
  assertEquals([0, 0.42, 12, 999.6, 1234, 999_600, 2_500_000, 1.5e9].map(formatCost), [
    "0.0 ns",
    "0.4 ns",
    "12 ns",
    "1.0 µs",
    "1.2 µs",
    "1.0 ms",
    "2.5 ms",
    "1,500 ms",
  ]);
});

Deno.test("formatPercent() shows signs where they are asked for", () => {
  assertEquals([0.123, -0.5, 0.001, 20].map((part) => formatPercent(part)), ["12%", "50%", "0%", ">999%"]);
  assertEquals([0.123, -0.5, -0.001, -20].map((part) => formatPercent(part, { sign: true })), [
    "+12%",
    "-50%",
    "0%",
    "->999%",
  ]);
});

Deno.test("formatTime() is local time to the minute", () => {
  assertEquals(formatTime(new Date(2026, 0, 31, 9, 5, 59)), "2026-01-31 09:05");
});
