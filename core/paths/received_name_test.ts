import { assert, assertEquals } from "@std/assert";
import { dirname, normalize } from "node:path/posix";
import fc from "fast-check";
import { asByteString, encodeText, fromBytes } from "./bytes.ts";
import {
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  MAX_PATH_DEPTH,
  MAX_TARGET_BYTES,
  receivedNameProblem,
  receivedPathProblem,
  receivedTargetProblem,
} from "./received_name.ts";

Deno.test("receivedNameProblem() refuses what is not exactly one component", () => {
  for (const name of ["", ".", "..", "/", "a/b", "/etc", "../a", "a/", "a\0b", "\0", "x".repeat(MAX_NAME_BYTES + 1)]) {
    assert(receivedNameProblem(asByteString(name)) !== undefined, JSON.stringify(name));
  }
});

Deno.test("receivedNameProblem() lets through every name that a Unix directory can hold", () => {
  const odd = [
    "...",
    "..a",
    "-rf",
    "a\\b",
    "a\nb",
    "\x1b[31m",
    "\xff\xfe",
    "C:",
    "con",
    "a.",
    " ",
    "x".repeat(MAX_NAME_BYTES),
  ];
  for (const name of odd) assertEquals(receivedNameProblem(asByteString(name)), undefined);
});

Deno.test("receivedNameProblem(): what it lets through is one component of any path", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
    const name = fromBytes(new Uint8Array(array));
    if (receivedNameProblem(name) !== undefined) return;
    assertEquals(normalize(`/root/${name}`), `/root/${name}`);
    assertEquals(dirname(`/root/${name}`), "/root");
  }));
});

Deno.test("receivedNameProblem() knows what else Windows does not take", () => {
  const refused = [
    "a\\b",
    "..\\a",
    "C:",
    "C:x",
    "a:stream",
    "nul",
    "NUL.txt",
    "Con",
    "COM1",
    "lpt9.log",
    "com\xc2\xb9",
    "a.",
    "a ",
    "a?",
    "a\x01",
  ];
  for (const name of refused) {
    assert(receivedNameProblem(asByteString(name), "windows") !== undefined, JSON.stringify(name));
  }
  for (const name of ["a.txt", "console", "null", "com10", ".hidden", "a b", "aux1"]) {
    assertEquals(receivedNameProblem(asByteString(name), "windows"), undefined);
  }
  assertEquals(receivedNameProblem(encodeText("ü"), "windows"), undefined);
});

Deno.test("receivedPathProblem() bounds depth and length, and looks at every component", () => {
  const name = asByteString("x".repeat(MAX_NAME_BYTES));
  assertEquals(receivedPathProblem([]), undefined);
  assertEquals(receivedPathProblem(new Array(MAX_PATH_DEPTH).fill(asByteString("a"))), undefined);
  assert(receivedPathProblem(new Array(MAX_PATH_DEPTH + 1).fill(asByteString("a"))) !== undefined);
  assert(receivedPathProblem(new Array(Math.ceil(MAX_PATH_BYTES / MAX_NAME_BYTES) + 1).fill(name)) !== undefined);
  assertEquals(receivedPathProblem([asByteString("a"), asByteString("..")]), 'name is ".."');
  assert(receivedPathProblem([asByteString("C:")], "windows") !== undefined);
});

Deno.test("receivedTargetProblem() lets a link point anywhere, but not be impossible", () => {
  assertEquals(receivedTargetProblem(asByteString("../../etc/passwd")), undefined);
  for (const target of ["", "a\0", "x".repeat(MAX_TARGET_BYTES + 1)]) {
    assert(receivedTargetProblem(asByteString(target)) !== undefined);
  }
});
