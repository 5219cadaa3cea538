import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createProgressEvent, createTestIo } from "../_testing.ts";
import type { OutputOptions } from "../output.ts";
import { doneFraction, progressLine, ProgressRate } from "./line.ts";
import { createProgress } from "./mod.ts";

const OPTIONS: OutputOptions = {
  verb: "copy",
  dryRun: false,
  quiet: false,
  verbose: false,
  json: false,
  progress: undefined,
};
const MIB = 1024 ** 2;

/** The line after a copy of 10 MiB and 10 files a second. */
function lineAfter(seconds: number, scanComplete: boolean): string {
  const rate = new ProgressRate();
  let event = createProgressEvent(0, {});
  for (let second = 1; second <= seconds; second++) {
    const counters = {
      bytesFound: 200 * MIB,
      entriesFound: 200,
      bytesCopied: second * 10 * MIB,
      filesCopied: second * 10,
    };
    event = createProgressEvent(second * 1000, counters, scanComplete);
    rate.add(event);
  }
  return progressLine(event, rate, { verb: "copy" });
}

Deno.test("progressLine() shows bytes, entries and throughput, and no time left while the scan goes on", () => {
  assertEquals(lineAfter(2, false), "20 MiB of 200 MiB, 20 of 200+ entries, 10 MiB/s");
});

Deno.test("progressLine() shows the time left once the scan is complete", () => {
  assertEquals(lineAfter(8, true), "80 MiB of 200 MiB, 80 of 200 entries, 10 MiB/s, 12 s left");
  assertEquals(lineAfter(20, true), "200 MiB of 200 MiB, 200 of 200 entries, 10 MiB/s");
});

Deno.test("progressLine() of verify counts entries only, and failures show", () => {
  const event = createProgressEvent(1000, { entriesFound: 9, unchanged: 4, failed: 1, bytesFound: 5 });
  assertEquals(progressLine(event, new ProgressRate(), { verb: "verify" }), "5 of 9+ entries, 1 failed");
});

Deno.test("doneFraction() counts bytes of a fresh copy, entries where some are skipped, and never leaves 0 to 1", () => {
  const counters = { bytesFound: 100, bytesCopied: 25, entriesFound: 4, filesCopied: 2 };
  assertEquals(doneFraction(createProgressEvent(0, counters)), 0.25);
  assertEquals(doneFraction(createProgressEvent(0, { ...counters, unchanged: 1 })), 0.75);
  assertEquals(doneFraction(createProgressEvent(0, { ...counters, bytesCopied: 300 })), 1);
  assertEquals(doneFraction(createProgressEvent(0, {})), 0);
});

Deno.test("createProgress() prints nothing without a terminal, with --quiet and with --no-progress", async () => {
  const silent = [
    { io: createTestIo(), options: OPTIONS },
    { io: createTestIo({ terminal: true }), options: { ...OPTIONS, quiet: true } },
    { io: createTestIo({ terminal: true }), options: { ...OPTIONS, progress: false } },
  ];
  for (const { io, options } of silent) {
    createProgress(options, io).update(createProgressEvent(5000, {}));
    assertEquals(await io.err(), "");
  }
});

Deno.test("createProgress() prints four plain lines a minute for --progress without a terminal", async () => {
  const io = createTestIo();
  const progress = createProgress({ ...OPTIONS, progress: true }, io);
  for (let second = 0; second <= 60; second++) progress.update(createProgressEvent(second * 1000, {}));
  const lines = (await io.err()).trimEnd().split("\n");
  assertEquals([lines.length, lines[0]], [4, "blit: 0 bytes of 0 bytes, 0 of 0+ entries, 0 bytes/s"]);
});

Deno.test("createProgress() draws a bar after a second on a terminal, cut to its width, and clears it", async () => {
  const io = createTestIo({ terminal: true });
  const progress = createProgress(OPTIONS, io);
  const counters = { bytesFound: 4 * MIB, bytesCopied: MIB, entriesFound: 123456789, failed: 1 };
  progress.update(createProgressEvent(999, counters));
  assertEquals(await io.err(), "");
  progress.update(createProgressEvent(1000, counters));
  await import("cli-progress");
  await new Promise((resolve) => setTimeout(resolve, 0));
  progress.update(createProgressEvent(2000, counters, true));
  const drawn = await io.err();
  assertStringIncludes(drawn, "[#####---------------] 1.0 MiB of 4.0 MiB");
  // deno-lint-ignore no-control-regex -- escape sequences are what is measured around
  assert(drawn.split(/\x1b(?:7|8|\[\d*[A-Z])/).every((piece) => piece.length < 100), drawn);
  progress.pause();
  assert((await io.err()).endsWith("\x1b[2K"));
});
