import { assertEquals } from "@std/assert";
import { drawBar, drawSparkline } from "./bars.ts";

Deno.test("drawBar() draws eighths of characters", () => {
  assertEquals([0, 0.25, 0.5, 0.5625, 1].map((part) => drawBar(part, 2)), ["", "▌", "█", "█▏", "██"]);
});

Deno.test("drawBar() shows the smallest part, and never more than the whole", () => {
  assertEquals([1e-9, 0.999, 7, NaN].map((part) => drawBar(part, 4)), ["▏", "████", "████", ""]);
});

Deno.test("drawSparkline() draws the newest values, each next to the largest of them", () => {
  assertEquals(drawSparkline([100, 1, 4, 8], 3), "▂▅█");
  assertEquals(drawSparkline([0, 0], 5), "▁▁");
  assertEquals(drawSparkline([], 5), "");
});
