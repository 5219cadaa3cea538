import { assertEquals } from "@std/assert";
import { joinPath, lastName, parentPath, splitPath } from "./byte_path.ts";
import { asByteString, type ByteString } from "./bytes.ts";

Deno.test("a path is taken apart into its names, or into its last one and what holds it", () => {
  const cases: [path: string, names: string[], parent: string, last: string][] = [
    ["", [], "", ""],
    ["a", ["a"], "", "a"],
    ["a/b", ["a", "b"], "a", "b"],
    ["a/\xff/c d", ["a", "\xff", "c d"], "a/\xff", "c d"],
  ];
  for (const [text, names, parent, last] of cases) {
    const path = asByteString(text);
    assertEquals(splitPath(path), names as ByteString[]);
    assertEquals(joinPath(splitPath(path)), path);
    assertEquals([parentPath(path), lastName(path)] as string[], [parent, last]);
  }
});
