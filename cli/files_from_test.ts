import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createTestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import { parseFilesFrom, readFilesFrom } from "./files_from.ts";

function parse(text: string): string[] {
  return parseFilesFrom(new TextEncoder().encode(text), '"list"');
}

Deno.test("parseFilesFrom() takes a path a line, with either end of line, and skips empty lines", () => {
  assertEquals(parse("a/b\nc d\r\n\n\r\n#e\n -f"), ["a/b", "c d", "#e", " -f"]);
});

Deno.test("parseFilesFrom() separates at NUL where there is one, and keeps newlines then", () => {
  assertEquals(parse("a\nb\0c\r\0\0"), ["a\nb", "c\r"]);
});

Deno.test("parseFilesFrom() ignores a byte order mark", () => {
  assertEquals(parse("\ufeffa\n"), ["a"]);
});

Deno.test("parseFilesFrom() says which entry is not UTF-8", () => {
  const bytes = new Uint8Array([97, 10, 98, 10, 0xff, 10]);
  const error = assertThrows(() => parseFilesFrom(bytes, '"list"'), BlitError);
  assertEquals(error.message, 'Cannot use the list of files in "list": entry 3 is not UTF-8');
  assertEquals(error.code, "usage");
});

Deno.test("readFilesFrom() reads standard input for a dash, read by read", async () => {
  assertEquals(await readFilesFrom("-", createTestIo({ input: ["a\nb", "c\n"] })), ["a", "bc"]);
});

Deno.test("readFilesFrom() refuses an empty list", async () => {
  await assertRejects(() => readFilesFrom("-", createTestIo()), BlitError, "in standard input: it is empty");
});

Deno.test("readFilesFrom() says why a file cannot be read", async () => {
  const folder = await Deno.makeTempDir();
  const missing = await assertRejects(() => readFilesFrom(`${folder}/list`, createTestIo()), BlitError);
  assertEquals([missing.code, missing.message], [
    "not-found",
    `Cannot read the list of files "${folder}/list": no such file`,
  ]);
  await assertRejects(() => readFilesFrom(folder, createTestIo()), BlitError, "Cannot read the list of files");
  await Deno.remove(folder);
});
