import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BlitError } from "../errors.ts";
import { encodeText, fromBytes, toBytes } from "./bytes.ts";
import { receiveName, receivePath } from "./receive_path.ts";

function bytes(text: string): Uint8Array {
  return toBytes(encodeText(text));
}

function assertRefused(name: Uint8Array, platform: "unix" | "windows"): void {
  const error = assertThrows(() => receiveName(name, platform), BlitError);
  assertEquals(error.code, "invalid-name");
}

Deno.test("receiveName() takes any bytes that are one name", () => {
  for (
    const name of [bytes("a"), bytes("..."), bytes("-rf"), bytes("a\nb"), bytes("a\\b"), new Uint8Array([255, 254])]
  ) {
    assertEquals(receiveName(name, "unix"), fromBytes(name));
  }
  assertEquals(receiveName(new Uint8Array(255).fill(65), "unix").length, 255);
});

Deno.test("receiveName() refuses what leads elsewhere or is no name", () => {
  for (const text of ["", ".", "..", "/", "a/b", "/etc", "a/", "\0", "a\0b", "../x"]) {
    assertRefused(bytes(text), "unix");
  }
  assertRefused(new Uint8Array(256).fill(65), "unix");
});

Deno.test("receiveName() refuses separators, drives and streams of Windows there", () => {
  for (const text of ["a\\b", "\\", "C:", "a:b", "\\\\server\\share"]) {
    assertRefused(bytes(text), "windows");
    receiveName(bytes(text), "unix");
  }
});

Deno.test("receiveName() never lets a separator, a NUL or a step upwards through", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (name) => {
    let received: string;
    try {
      received = receiveName(name, "unix");
    } catch (error) {
      return error instanceof BlitError && error.code === "invalid-name";
    }
    return received.length > 0 && received.length <= 255 && !/[/\0]/.test(received) && !/^\.\.?$/.test(received);
  }));
});

Deno.test("receivePath() takes the root and bounded paths only", () => {
  assertEquals(receivePath([], "unix"), []);
  assertEquals(receivePath([bytes("a"), bytes("b")], "unix"), [encodeText("a"), encodeText("b")]);
  assertThrows(() => receivePath([bytes("a"), bytes("..")], "unix"), BlitError);
  assertThrows(() => receivePath(Array(4097).fill(bytes("a")), "unix"), BlitError, "4097 components");
});
