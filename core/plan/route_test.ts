import { assertEquals } from "@std/assert";
import { chooseRoute, FAST_PATH_BYTES, FAST_PATH_FILES, type FirstLook, LARGE_FILE_BYTES } from "./route.ts";

const small: FirstLook = { single: false, files: FAST_PATH_FILES, bytes: FAST_PATH_BYTES, complete: true };
const question = { verb: "copy", checksum: false, look: small, processors: 2 } as const;

Deno.test("chooseRoute() takes the fast path up to its limits", () => {
  assertEquals(chooseRoute(question).route, "fast");
  assertEquals(chooseRoute({ ...question, look: { ...small, files: FAST_PATH_FILES + 1 } }).route, "streaming");
  assertEquals(chooseRoute({ ...question, look: { ...small, bytes: FAST_PATH_BYTES + 1 } }).route, "streaming");
  assertEquals(chooseRoute({ ...question, look: { ...small, complete: false } }).route, "streaming");
});

Deno.test("chooseRoute() keeps mirrors and checksums off the fast path", () => {
  assertEquals(chooseRoute({ ...question, verb: "mirror" }).route, "streaming");
  assertEquals(chooseRoute({ ...question, checksum: true }).route, "streaming");
});

Deno.test("chooseRoute() splits one large file at once", () => {
  const look = { single: true, files: 1, bytes: LARGE_FILE_BYTES, complete: true };
  assertEquals(chooseRoute({ ...question, look }).route, "large-file");
  assertEquals(chooseRoute({ ...question, look: { ...look, bytes: LARGE_FILE_BYTES - 1 } }).route, "streaming");
});

Deno.test("chooseRoute() uses two workers or more, and not more than help", () => {
  const look = { ...small, complete: false };
  assertEquals(chooseRoute({ ...question, look, processors: 1 }).workers, 2);
  assertEquals(chooseRoute({ ...question, look, processors: 4 }).workers, 4);
  assertEquals(chooseRoute({ ...question, look, processors: 128 }).workers, 8);
});

Deno.test("chooseRoute() gives a reason for each choice", () => {
  for (const verb of ["copy", "mirror"] as const) {
    assertEquals(chooseRoute({ ...question, verb }).reason.length > 10, true);
  }
});
