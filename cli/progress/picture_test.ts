import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import { createProgressEvent } from "../_testing.ts";
import { ProgressRate } from "./line.ts";
import { drawPicture, LEAST_COLUMNS } from "./picture.ts";

const GIB = 1024 ** 3;

/** The picture of a copy that is a quarter done. */
function picture(columns: number, currentPath = "photos/2024/05/harbour/sea.jpg", rows = 24): string[] {
  const rate = new ProgressRate();
  const counters = { bytesFound: 4 * GIB, bytesCopied: GIB, entriesFound: 9000, filesCopied: 1204 };
  const event = { ...createProgressEvent(4000, counters, true), currentPath };
  rate.add(event);
  return drawPicture(event, rate, { verb: "copy", columns, rows });
}

Deno.test("drawPicture() shows the bar with its facts and the path below", () => {
  assertEquals(picture(100), [
    "[#####---------------] 1.0 GiB of 4.0 GiB, 1,204 of 9,000 entries, 256 MiB/s, 12 s left",
    "photos/2024/05/harbour/sea.jpg",
  ]);
});

Deno.test("drawPicture() gives up the bar first, then the last facts", () => {
  assertEquals(picture(80)[0], "[##--------] 1.0 GiB of 4.0 GiB, 1,204 of 9,000 entries, 256 MiB/s, 12 s left");
  assertEquals(picture(70)[0], "1.0 GiB of 4.0 GiB, 1,204 of 9,000 entries, 256 MiB/s, 12 s left");
  assertEquals(picture(50)[0], "1.0 GiB of 4.0 GiB, 1,204 of 9,000 entries");
  assertEquals(picture(12), ["1.0 GiB of ", ".../sea.jpg"]);
});

Deno.test("drawPicture() is narrower than the terminal at every width", () => {
  for (let columns = 1; columns < 130; columns++) {
    for (const path of ["", "a/b", "日本語".repeat(30), "directory/".repeat(20) + "file"]) {
      for (const line of picture(columns, path)) assert(stringWidth(line) < columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("drawPicture() takes no more rows than there are in a terminal that becomes narrow", () => {
  const paths = ["a/b", "日本語".repeat(60), "directory/".repeat(20) + "file"];
  for (let rows = 5; rows < 40; rows++) {
    for (const columns of [10, 40, 80, 100, 400]) {
      for (const path of paths) {
        const needed = picture(columns, path, rows).map((line) => Math.ceil(stringWidth(line) / (LEAST_COLUMNS - 1)));
        assert(needed.reduce((a, b) => a + b) <= rows, `${columns} columns, ${rows} rows: ${needed}`);
      }
    }
  }
});

Deno.test("drawPicture() has one line where there is no path, or no room below", () => {
  assertEquals(picture(100, "").length, 1);
  const event = { ...createProgressEvent(1000, { entriesFound: 9 }), currentPath: "a/b" };
  const lines = (rows: number) => drawPicture(event, new ProgressRate(), { verb: "verify", columns: 30, rows });
  assertEquals([lines(2).length, lines(1).length], [2, 1]);
});
