import { assertEquals } from "@std/assert";
import { asByteString } from "../../paths/bytes.ts";
import { groupByDirectory } from "./tasks.ts";

Deno.test("groupByDirectory() makes few groups of many entries, and loses none", () => {
  const entries = Array.from({ length: 5000 }, (_, i) => ({
    path: asByteString(i % 2 === 0 ? "even" : "odd"),
    name: asByteString(`${i}`),
  }));
  const groups = groupByDirectory(entries);
  assertEquals(groups.map(({ path, names }) => [`${path}`, names.length]), [
    ["even", 1000],
    ["odd", 1000],
    ["even", 1000],
    ["odd", 1000],
    ["even", 500],
    ["odd", 500],
  ]);
  const names = groups.flatMap((group) => group.names.map(Number)).sort((a, b) => a - b);
  assertEquals(names, entries.map((_, i) => i));
});
