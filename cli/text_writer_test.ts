import { assert, assertEquals } from "@std/assert";
import { TextWriter } from "./text_writer.ts";

function createSink(write: (bytes: Uint8Array) => number | Error): { writes: string[]; writer: TextWriter } {
  const writes: string[] = [];
  const writer = new TextWriter({
    isTerminal: () => false,
    write(bytes) {
      const result = write(bytes);
      if (result instanceof Error) return Promise.reject(result);
      writes.push(new TextDecoder().decode(bytes.subarray(0, result)));
      return Promise.resolve(result);
    },
  }, { delayMs: 20 });
  return { writes, writer };
}

Deno.test("TextWriter turns 100,000 lines into a few writes that keep their order", async () => {
  const { writes, writer } = createSink((bytes) => bytes.length);
  for (let i = 0; i < 100_000; i++) writer.write(`line ${i}\n`);
  await writer.flush();
  assert(writes.length <= 40, `${writes.length} writes`);
  assertEquals(writes.join("").split("\n").findIndex((line, i) => line !== `line ${i}`), 100_000);
});

Deno.test("TextWriter writes by itself after its delay", async () => {
  const { writes, writer } = createSink((bytes) => bytes.length);
  writer.write("a");
  writer.write("b");
  assertEquals(writes, []);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals([writes, writer.idle], [["ab"], true]);
});

Deno.test("TextWriter goes on where a write took only a part", async () => {
  const { writes, writer } = createSink((bytes) => Math.min(3, bytes.length));
  writer.write("abcdefg");
  await writer.flush();
  assertEquals(writes, ["abc", "def", "g"]);
});

Deno.test("TextWriter drops everything, without an error, once the reader has gone", async () => {
  const { writes, writer } = createSink(() => new Deno.errors.BrokenPipe("gone"));
  writer.write("a");
  await writer.flush();
  writer.write("b");
  await writer.flush();
  assertEquals([writes, writer.closed.aborted, writer.failure], [[], true, undefined]);
});

Deno.test("TextWriter remembers any other failure", async () => {
  const full = new Error("disk full");
  const { writer } = createSink(() => full);
  writer.write("a");
  await writer.flush();
  assertEquals([writer.failure, writer.closed.aborted], [full, true]);
});
