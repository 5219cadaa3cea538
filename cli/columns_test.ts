import { assert, assertEquals } from "@std/assert";
import { type Column, renderColumns } from "./columns.ts";

const columns: Column[] = [
  { title: "NAME", align: "left", cells: ["a", "long name"] },
  { title: "SIZE", cells: ["1", "1,000"], rank: 1 },
  { title: "MORE", cells: ["x", "y"], rank: 2 },
  { title: "", draw: (row, width) => "#".repeat(row === 0 ? 1 : width), leastWidth: 3, mostWidth: 5 },
];

Deno.test("renderColumns() aligns cells, gives a chart the rest of the room, and no spaces at the end", () => {
  assertEquals(renderColumns(columns, 2, 80), [
    "NAME        SIZE  MORE",
    "a              1     x  #",
    "long name  1,000     y  #####",
  ]);
});

Deno.test("renderColumns() leaves out the columns that matter least until the rest fits", () => {
  assertEquals(renderColumns(columns, 2, 22)[0], "NAME        SIZE");
  assertEquals(renderColumns(columns, 2, 21)[2], "long name  1,000  ###");
  assertEquals(renderColumns(columns, 2, 20)[2], "long name  #####");
});

Deno.test("renderColumns() cuts what is still too long", () => {
  assertEquals(renderColumns(columns, 2, 6), ["NAME", "a    …", "long …"]);
  for (let width = 1; width < 40; width++) {
    assert(renderColumns(columns, 2, width).every((line) => line.length <= width), `${width}`);
  }
});

Deno.test("renderColumns() prints titles where there are no rows", () => {
  assertEquals(renderColumns([{ title: "A", cells: [] }, { title: "B", cells: [] }], 0, 80), ["A  B"]);
});
