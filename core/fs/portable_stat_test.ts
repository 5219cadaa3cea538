import { assertEquals } from "@std/assert";
import { resolutionOf, sameTime } from "../plan/compare.ts";
import { TIME_STEP_NANOSECONDS, toStat } from "./portable_stat.ts";

/** A file of which only the times matter. */
function fileWith(mtimeMs: number, birthtimeMs: number): Deno.FileInfo {
  const path = Deno.makeTempFileSync();
  try {
    return { ...Deno.lstatSync(path), mtime: new Date(mtimeMs), birthtime: new Date(birthtimeMs) };
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("toStat() takes what was created in the first millisecond of a second for no sign of whole seconds", () => {
  const created = toStat(fileWith(1_580_000, 1_580_000));
  assertEquals(resolutionOf(created, TIME_STEP_NANOSECONDS), TIME_STEP_NANOSECONDS);
  assertEquals(sameTime(created, toStat(fileWith(1_579_453, 1_579_000)), TIME_STEP_NANOSECONDS), false);
});

Deno.test("toStat() sees whole seconds where two independent times have them", () => {
  assertEquals(resolutionOf(toStat(fileWith(1_579_000, 1_600_000)), TIME_STEP_NANOSECONDS), 1e9);
});
