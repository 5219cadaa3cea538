import { assertEquals } from "@std/assert";
import { mostRangeLanes } from "./range_lanes.ts";

Deno.test("mostRangeLanes() leaves a processor for everything else", () => {
  assertEquals([1, 2, 3, 4, 64].map((processors) => mostRangeLanes(false, processors)), [0, 1, 2, 3, 3]);
});

Deno.test("mostRangeLanes() shares the processors with a source on the same machine", () => {
  assertEquals([1, 2, 3, 4, 6, 8, 64].map((processors) => mostRangeLanes(true, processors)), [0, 0, 0, 1, 2, 3, 3]);
});
