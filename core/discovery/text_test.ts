import { assert, assertEquals } from "@std/assert";
import { encodeText, readText } from "./text.ts";

const WHO = { id: "1f", version: "0.1.0", protocol: 1 };

Deno.test("readText() reads what encodeText() has written", () => {
  const text = { ...WHO, modules: ["", "media", "a.b-c_1"] };
  assertEquals(readText(encodeText(text)), { ...text, moreModules: 0 });
  assertEquals(readText(encodeText({ ...WHO, modules: [] })), { ...WHO, modules: [], moreModules: 0 });
});

Deno.test("encodeText() takes as many modules as fit, and says how many more there are", () => {
  const modules = Array.from({ length: 300 }, (_, i) => `module-${i}`);
  const entries = encodeText({ ...WHO, modules });
  assert(entries.every(({ length }) => length <= 255));
  const read = readText(entries);
  assertEquals(read.modules, modules.slice(0, read.modules.length));
  assertEquals(read.modules.length + read.moreModules, 300);
  assert(read.modules.length > 20);
  const [long] = encodeText({ ...WHO, modules: ["x".repeat(64), "y".repeat(64), "z".repeat(64), "w".repeat(64)] })
    .slice(-2);
  assertEquals(long.length, "modules=".length + 3 * 64 + 2);
});

Deno.test("readText() leaves out what makes no sense", () => {
  const entries = ["", "=x", "version", "VERSION=1.0\x1b[31m", "version=2.0", "protocol=-1", "id=no", "more=1e9"]
    .map((entry) => new TextEncoder().encode(entry));
  assertEquals(readText(entries), { modules: [], moreModules: 0 });
  const modules = new TextEncoder().encode("modules=a,,../x,/,a,\u0000,b b,c");
  assertEquals(readText([modules, new Uint8Array([0xff, 0x3d])]).modules, ["a", "", "c"]);
});
