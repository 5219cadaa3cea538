import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { ArrivingRange } from "./arriving_range.ts";

/** A range of bytes 100 to 110, and where something of it was written. */
function arrange(): { range: ArrivingRange; written: [position: number, length: number][] } {
  const written: [position: number, length: number][] = [];
  const range = new ArrivingRange({ start: 100, end: 110 }, (content, at) => void written.push([at, content.length]));
  return { range, written };
}

Deno.test("a range is whole when all of it has come, pieces and holes", () => {
  const { range, written } = arrange();
  range.write(100, new Uint8Array(4));
  range.skip(104, 3);
  assertEquals(range.outcome({ kind: "whole" }, undefined).kind, "changed");
  range.write(107, new Uint8Array(3));
  assertEquals(range.outcome({ kind: "whole" }, undefined), { kind: "whole", stat: undefined });
  assertEquals(range.outcome({ kind: "changed" }, undefined).kind, "changed");
  assertEquals(written, [[100, 4], [107, 3]]);
});

Deno.test("a range takes nothing that is elsewhere, whatever the peer says", () => {
  for (const [offset, length] of [[99, 1], [101, 1], [100, 11], [110, 1]]) {
    const { range, written } = arrange();
    const error = assertThrows(() => range.write(offset, new Uint8Array(length)), BlitError, "nobody asked for them");
    assertEquals(error.code, "protocol");
    assertThrows(() => range.skip(offset, length), BlitError, "nobody asked for them");
    assertEquals(written, []);
  }
});

Deno.test("a range that cannot be written fails with the first reason, and writes no more", () => {
  let tries = 0;
  const range = new ArrivingRange({ start: 0, end: 2 }, () => {
    throw new BlitError("no-space", `Full ${++tries}`);
  });
  range.write(0, new Uint8Array(1));
  range.write(1, new Uint8Array(1));
  range.attempt(() => {
    throw new BlitError("io", "Cannot close");
  });
  assertEquals(range.outcome({ kind: "whole" }, undefined), { kind: "failed", code: "no-space", message: "Full 1" });
  assertEquals(tries, 1);
});

Deno.test("a range whose file cannot be closed is not whole", () => {
  const { range } = arrange();
  range.write(100, new Uint8Array(10));
  range.attempt(() => {
    throw new BlitError("io", "Cannot close");
  });
  assertEquals(range.outcome({ kind: "whole" }, undefined), { kind: "failed", code: "io", message: "Cannot close" });
});
