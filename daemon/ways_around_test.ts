import { assertEquals } from "@std/assert";
import { waysAround } from "./ways_around.ts";

function module(name: string, path: string, readOnly: boolean) {
  return { name, path, comment: "", readOnly, trusted: false };
}

Deno.test("waysAround() finds what is read-only within what is not", () => {
  const inner = module("ro", "/srv/a/b", true);
  for (const path of ["/", "/srv", "/srv/a", "/srv/a/b"]) {
    assertEquals(waysAround([inner, module("rw", path, false)]), [{ module: "ro", within: "rw" }], path);
    assertEquals(waysAround([inner, module("rw", path, true)]), [], path);
  }
  for (const path of ["/srv/a/b/c", "/srv/a/bb", "/srv/a/", "/sr", "/other"]) {
    const expected = path === "/srv/a/" ? [{ module: "ro", within: "rw" }] : [];
    assertEquals(waysAround([inner, module("rw", path, false)]), expected, path);
  }
  assertEquals(waysAround([module("ro", "D:\\x\\y", true), module("", "D:\\x", false)]), [{
    module: "ro",
    within: "",
  }]);
});
