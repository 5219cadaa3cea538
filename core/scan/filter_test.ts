import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import type { EntryKind, Stat } from "../fs/types.ts";
import { asByteString } from "../paths/bytes.ts";
import { type Admission, admitAll, type Filter, type FilterRules, loadFilter, normaliseListedPath } from "./filter.ts";

const noRules: FilterRules = { exclude: [], include: [] };

function admission(filter: Filter, path: string, fields: Partial<Stat> = {}): Admission {
  const kind: EntryKind = path.endsWith("/") ? "directory" : "file";
  const stat = { kind, size: 10, mtimeSeconds: 100, mtimeNanoseconds: 0, ...fields } as Stat;
  return filter.admits(asByteString(path.replace(/\/$/, "")), stat);
}

Deno.test("loadFilter() without rules is the filter that admits all", async () => {
  assertEquals(await loadFilter(noRules), admitAll);
});

Deno.test("exclude leaves out a bare name everywhere, with its tree", async () => {
  const filter = await loadFilter({ ...noRules, exclude: ["node_modules", "*.tmp"] });
  assertEquals(admission(filter, "a/node_modules/"), "no");
  assertEquals(admission(filter, "a/node_modules/x.js"), "no");
  assertEquals(admission(filter, "b.tmp"), "no");
  assertEquals(admission(filter, "a/b.txt"), "yes");
});

Deno.test("exclude follows gitignore: anchors, directories only, later exceptions", async () => {
  const filter = await loadFilter({ ...noRules, exclude: ["/build", "logs/", "*.log", "!keep.log"] });
  assertEquals(admission(filter, "build/"), "no");
  assertEquals(admission(filter, "a/build/"), "yes");
  assertEquals(admission(filter, "logs/"), "no");
  assertEquals(admission(filter, "logs"), "yes");
  assertEquals(admission(filter, "x.log"), "no");
  assertEquals(admission(filter, "keep.log"), "yes");
});

Deno.test("patterns distinguish upper and lower case", async () => {
  const filter = await loadFilter({ ...noRules, exclude: ["*.TMP"] });
  assertEquals(admission(filter, "a.tmp"), "yes");
});

Deno.test("include restricts to what matches, walks directories, and loses against exclude", async () => {
  const filter = await loadFilter({ exclude: ["secret"], include: ["*.jpg", "docs"] });
  assertEquals(admission(filter, "a.jpg"), "yes");
  assertEquals(admission(filter, "a.txt"), "no");
  assertEquals(admission(filter, "deep/"), "walk");
  assertEquals(admission(filter, "docs/"), "yes");
  assertEquals(admission(filter, "docs/any.txt"), "yes");
  assertEquals(admission(filter, "secret/"), "no");
});

Deno.test("sizes and ages concern files only, limits included", async () => {
  const filter = await loadFilter({
    ...noRules,
    minSizeBytes: 5,
    maxSizeBytes: 10,
    modifiedAfterSeconds: 50,
    modifiedBeforeSeconds: 100,
  });
  assertEquals(admission(filter, "a"), "yes");
  assertEquals(admission(filter, "a", { size: 4 }), "no");
  assertEquals(admission(filter, "a", { size: 11 }), "no");
  assertEquals(admission(filter, "a", { mtimeSeconds: 101 }), "no");
  assertEquals(admission(filter, "a", { mtimeSeconds: 49 }), "no");
  assertEquals(admission(filter, "d/", { size: 0, mtimeSeconds: 1 }), "yes");
});

Deno.test("filesFrom admits listed paths and what is below them, and names what to look at", async () => {
  const filesFrom = ["a/b.txt", "c"].map(normaliseListedPath);
  const filter = await loadFilter({ ...noRules, filesFrom });
  assertEquals(admission(filter, "a/"), "walk");
  assertEquals(admission(filter, "a/b.txt"), "yes");
  assertEquals(admission(filter, "a/other.txt"), "no");
  assertEquals(admission(filter, "c/deep/x"), "yes");
  assertEquals(filter.namesIn(asByteString("")), ["a", "c"].map(asByteString));
  assertEquals(filter.namesIn(asByteString("a")), ["b.txt"].map(asByteString));
  assertEquals(filter.namesIn(asByteString("c")), undefined);
});

Deno.test("a filter that is asked about more paths than it remembers still answers the same", async () => {
  const filter = await loadFilter({ ...noRules, exclude: ["*.tmp"] });
  for (let i = 0; i < 25_000; i++) assertEquals(admission(filter, `d/${i}.tmp`), "no");
});

Deno.test("normaliseListedPath() accepts the usual spellings and refuses to leave the source", () => {
  assertEquals(normaliseListedPath("./a//b/"), asByteString("a/b"));
  assertEquals(normaliseListedPath("/a"), asByteString("a"));
  assertThrows(() => normaliseListedPath("a/../../b"), BlitError, "leaves the source");
});
