import { assertEquals } from "@std/assert";
import { createProgressEvent, createSummary, createTestIo, type TestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import type { RunStatus } from "../core/events.ts";
import type { OutputOptions } from "./output.ts";
import { type RunContext, runTransfer } from "./run_transfer.ts";

const OPTIONS: OutputOptions = {
  verb: "copy",
  dryRun: false,
  quiet: false,
  verbose: false,
  json: false,
  progress: undefined,
};

/** A transfer of 1,000 entries that stops when it is told to. */
function startListing(
  touched: { entries: number },
): (context: RunContext) => Promise<ReturnType<typeof createSummary>> {
  return async ({ shared: { signal, onEvent } }) => {
    for (let sequence = 1; sequence <= 1000; sequence++) {
      if (signal?.aborted) throw new BlitError("interrupted", "Interrupted");
      onEvent?.({ type: "entry", sequence, timeMs: 0, action: "create", kind: "file", bytes: 0, path: "a" });
      touched.entries++;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return createSummary();
  };
}

Deno.test("runTransfer() turns the end of a run into an exit status", async () => {
  for (const [status, exit] of [["done", 0], ["partial", 1], ["differences", 1]] as [RunStatus, number][]) {
    assertEquals(await runTransfer(OPTIONS, createTestIo(), () => Promise.resolve(createSummary({ status }))), exit);
  }
  for (const [code, exit] of [["not-found", 2], ["refused", 3], ["no-space", 1]] as const) {
    const start = () => Promise.reject(new BlitError(code, "Cannot"));
    assertEquals(await runTransfer(OPTIONS, createTestIo(), start), exit);
  }
});

Deno.test("runTransfer() makes an internal error of whatever else is thrown", async () => {
  const io = createTestIo();
  const start = () => {
    throw new TypeError("x is not a function");
  };
  assertEquals(await runTransfer(OPTIONS, io, start), 1);
  assertEquals((await io.err()).split("\n")[0], "blit: Internal error: x is not a function");
});

Deno.test("runTransfer() stops on a signal, with the status of that signal, and listens no longer", async () => {
  const io = createTestIo();
  const running = runTransfer(OPTIONS, io, startListing({ entries: 0 }));
  io.send("SIGTERM");
  assertEquals([await running, io.handlers()], [143, 0]);
});

Deno.test("runTransfer() tells the state to who asks for it, whatever the options, and goes on", async () => {
  for (const options of [OPTIONS, { ...OPTIONS, quiet: true, progress: false }, { ...OPTIONS, json: true }]) {
    const io = createTestIo();
    const running = runTransfer(options, io, ({ shared: { onEvent } }) => {
      io.send("SIGUSR1");
      onEvent?.({ ...createProgressEvent(3000, { bytesFound: 9, bytesCopied: 3, entriesFound: 1 }, true) });
      onEvent?.({ type: "route", sequence: 2, timeMs: 3000, route: "fast", workers: 0, reason: "" });
      io.send("SIGINFO");
      return Promise.resolve(createSummary());
    });
    io.send("SIGUSR1"); // before anything is loaded
    assertEquals([await running, io.handlers()], [0, 0]);
    const [early, started, later] = (await io.err()).split("\n");
    assertEquals([early, started], Array(2).fill("blit: the copy is starting: it looks for source and destination"));
    assertEquals(later, 'blit: after 3.0 s: 3 bytes of 9 bytes, 0 of 1 entries, 1 byte/s, 6.0 s left, at "a"');
  }
});

Deno.test("runTransfer() reports a run as done that finished in spite of a signal", async () => {
  const io = createTestIo();
  const status = await runTransfer(OPTIONS, io, () => {
    io.send("SIGINT");
    return Promise.resolve(createSummary());
  });
  assertEquals(status, 0);
});

Deno.test("runTransfer() asks for entries only where they are printed", async () => {
  const asked: unknown[] = [];
  for (const options of [{}, { verbose: true }, { dryRun: true }, { dryRun: true, quiet: true }]) {
    await runTransfer({ ...OPTIONS, ...options }, createTestIo(), ({ shared }) => {
      asked.push(shared.entryEvents);
      return Promise.resolve(createSummary());
    });
  }
  assertEquals(asked, [false, true, true, false]);
});

async function runWithoutReader(
  options: Partial<OutputOptions>,
): Promise<{ io: TestIo; status: number; entries: number }> {
  const io = createTestIo({ stdoutWrites: 1 });
  const touched = { entries: 0 };
  const status = await runTransfer({ ...OPTIONS, ...options }, io, startListing(touched));
  return { io, status, entries: touched.entries };
}

Deno.test("runTransfer() ends a list quietly when nobody reads it any more", async () => {
  const { io, status, entries } = await runWithoutReader({ dryRun: true });
  assertEquals([status, entries < 1000, await io.err()], [0, true, ""]);
});

Deno.test("runTransfer() finishes a real transfer when nobody reads its output any more", async () => {
  const { io, status, entries } = await runWithoutReader({ verbose: true });
  assertEquals([status, entries, await io.err()], [0, 1000, ""]);
});
