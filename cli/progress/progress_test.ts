import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createProgressEvent, createTestIo, type TestIo } from "../_testing.ts";
import type { OutputOptions } from "../output.ts";
import { doneFraction, progressLine, ProgressRate } from "./line.ts";
import { createProgress, type Progress, type ProgressEvent } from "./mod.ts";

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
  assertEquals(lineAfter(2, false), "20 MiB of 200+ MiB, 20 of 200+ entries, 10 MiB/s");
});

Deno.test("progressLine() shows the time left once the scan is complete", () => {
  assertEquals(lineAfter(8, true), "80 MiB of 200 MiB, 80 of 200 entries, 10 MiB/s, 12 s left");
  assertEquals(lineAfter(20, true), "200 MiB of 200 MiB, 200 of 200 entries, 10 MiB/s");
});

Deno.test("progressLine() takes the throughput of the last seconds, not of the whole run", () => {
  const rate = new ProgressRate();
  let event = createProgressEvent(0, {});
  for (let second = 1; second <= 20; second++) {
    const copied = second <= 10 ? second * 100 : 1000 + (second - 10);
    event = createProgressEvent(
      second * 1000,
      { bytesFound: 1012 * MIB, bytesCopied: copied * MIB, entriesFound: 1 },
      true,
    );
    rate.add(event);
  }
  assertEquals(
    progressLine(event, rate, { verb: "copy" }),
    "1010 MiB of 1012 MiB, 0 of 1 entries, 1.0 MiB/s, 2.0 s left",
  );
});

Deno.test("progressLine() tells the time left by what was done, also where the scan has just found much more", () => {
  const rate = new ProgressRate();
  const early = { bytesFound: 10 * MIB, bytesCopied: 5 * MIB, entriesFound: 10 };
  const late = { bytesFound: 1000 * MIB, bytesCopied: 10 * MIB, entriesFound: 100 };
  for (let i = 0; i < 5; i++) rate.add(createProgressEvent(1000 + i, early));
  const event = createProgressEvent(2000, late, true);
  rate.add(event);
  // 5 MiB in the last second, 990 MiB to go.
  assertEquals(progressLine(event, rate, { verb: "copy" }).split(", ").at(-1), "3 min 18 s left");
});

Deno.test("progressLine() makes up no time left while nothing moves", () => {
  const rate = new ProgressRate();
  let event = createProgressEvent(0, {});
  for (let second = 1; second <= 10; second++) {
    event = createProgressEvent(
      second * 1000,
      { bytesFound: 9, bytesCopied: 5, entriesFound: 2, filesCopied: 1 },
      true,
    );
    rate.add(event);
  }
  assertEquals(progressLine(event, rate, { verb: "copy" }), "5 bytes of 9 bytes, 1 of 2 entries, 0 bytes/s");
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
  assertEquals([lines.length, lines[0]], [4, "blit: 0 bytes of 0+ bytes, 0 of 0+ entries, 0 bytes/s"]);
});

/** Progress on a terminal, after its packages were loaded. */
async function drawnBy(io: TestIo, ...events: ProgressEvent[]): Promise<Progress> {
  const progress = createProgress(OPTIONS, io);
  for (const event of events) progress.update(event);
  await import("./bar.ts");
  await new Promise((resolve) => setTimeout(resolve, 0));
  return progress;
}

Deno.test("createProgress() draws a bar on a terminal after a second, not before, and clears it", async () => {
  const io = createTestIo({ terminal: true });
  const counters = { bytesFound: 4 * MIB, bytesCopied: MIB, entriesFound: 4 };
  const young = await drawnBy(io, createProgressEvent(999, counters));
  assertEquals(await io.err(), "");
  young.pause();
  const progress = await drawnBy(io, createProgressEvent(1000, counters));
  assertStringIncludes(await io.err(), "[--------------------] 1.0 MiB of 4.0+ MiB, 0 of 4+ entries, 1.0 MiB/s");
  progress.pause();
  assert((await io.err()).endsWith("\r\x1b[K\x1b[C\x1b[J\r"));
});

Deno.test("createProgress() draws nothing while something else uses the terminal", async () => {
  const io = createTestIo({ terminal: true });
  const progress = createProgress(OPTIONS, io);
  progress.update(createProgressEvent(1000, {}));
  progress.pause(); // before the bar is loaded
  await import("./bar.ts");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(await io.err(), "");
  progress.update(createProgressEvent(2000, {}));
  assertStringIncludes(await io.err(), "0 of 0+ entries");
  progress.pause();
});
