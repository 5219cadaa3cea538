import { assert, assertEquals } from "@std/assert";
import { createSummary, createTestIo, type TestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import type { EventBody, TransferSummary } from "../core/events.ts";
import type { OutputOptions } from "./output.ts";
import { TextOutput } from "./output_text.ts";

const DEFAULTS: OutputOptions = {
  verb: "copy",
  dryRun: false,
  quiet: false,
  verbose: false,
  json: false,
  progress: undefined,
};

interface Run {
  options?: Partial<OutputOptions>;
  events?: EventBody[];
  summary?: Partial<TransferSummary>;
  error?: BlitError;
  io?: TestIo;
}

/** What a run prints on standard output and standard error. */
async function print({ options, events = [], summary, error, io = createTestIo() }: Run): Promise<string[]> {
  const output = new TextOutput({ ...DEFAULTS, ...options }, io);
  const all = summary ? [...events, { type: "finished", summary: createSummary(summary) } as const] : events;
  for (const [index, event] of all.entries()) output.event({ sequence: index + 1, timeMs: 0, ...event });
  output.end(error);
  return [await io.out(), await io.err()];
}

const START: EventBody[] = [
  { type: "started", schema: 1, verb: "copy", source: "a", destination: "d/a", dryRun: false, fileSystem: "native" },
  { type: "route", route: "streaming", workers: 2, reason: "more than 8 files" },
];
const CREATED: EventBody = { type: "entry", action: "create", kind: "file", bytes: 3, path: "a/b" };
const FAILED: EventBody = { type: "failed", code: "io", path: "x", message: 'Cannot read "x": input/output error' };
const COPIED = { filesCopied: 3, bytesCopied: 3 * 1024 ** 2, entriesFound: 3 };

Deno.test("TextOutput says nothing about a success in a pipe", async () => {
  assertEquals(await print({ events: [...START, CREATED], summary: COPIED }), ["", ""]);
});

Deno.test("TextOutput closes with one line on a terminal", async () => {
  const io = createTestIo({ terminal: true });
  assertEquals(await print({ summary: COPIED, io }), ["Copied 3 files (3.0 MiB) in 1.5 s, 2.0 MiB/s\n", ""]);
  const idle = createTestIo({ terminal: true });
  assertEquals(await print({ summary: { entriesFound: 9 }, io: idle }), [
    "Nothing to do: 9 entries checked in 1.5 s\n",
    "",
  ]);
});

Deno.test("TextOutput lists entries, destination and route with --verbose", async () => {
  const [out, err] = await print({ options: { verbose: true }, events: [...START, CREATED], summary: COPIED });
  assertEquals(out, "create   a/b\nCopied 3 files (3.0 MiB) in 1.5 s, 2.0 MiB/s\n");
  assertEquals(
    err,
    "blit: destination: d/a (file system access: native)\nblit: route: streaming, up to 2 workers (more than 8 files)\n" +
      "blit: 2 workers were started\n",
  );
});

Deno.test("TextOutput lists the plan of a dry run and what it would come to", async () => {
  const events: EventBody[] = [CREATED, { type: "entry", action: "delete", kind: "directory", bytes: 0, path: "old" }];
  const summary = { ...COPIED, dryRun: true, deleted: 1 };
  const [out, err] = await print({ options: { dryRun: true }, events, summary });
  assertEquals(out, "create   a/b\ndelete   old/\nWould copy 3 files (3.0 MiB); delete 1 entry\n");
  assertEquals(err, "");
});

Deno.test("TextOutput prints a line for each difference and a closing sentence", async () => {
  const events: EventBody[] = [
    { type: "difference", kind: "file", difference: ["content"], path: "a/b" },
    { type: "difference", kind: "directory", difference: ["mode", "time"], path: "" },
  ];
  const summary = { verb: "verify", status: "differences", differences: 2, entriesFound: 1204 } as const;
  const [out] = await print({ options: { verb: "verify" }, events, summary });
  assertEquals(out, "content  a/b\nmode,time  .\n2 differences in 1,204 entries, 1.5 s\n");
});

Deno.test("TextOutput prints failures and their number on standard error", async () => {
  const [out, err] = await print({ events: [FAILED], summary: { ...COPIED, status: "partial", failed: 1 } });
  assertEquals(out, "");
  assertEquals(err, 'blit: Cannot read "x": input/output error\nblit: 1 entry failed; everything else is done\n');
});

Deno.test("TextOutput bounds the failures it prints, unless asked for all", async () => {
  const events = Array.from({ length: 200 }, () => FAILED);
  const summary = { status: "partial", failed: 200 } as const;
  const [, err] = await print({ events, summary });
  assertEquals(err.match(/Cannot read/g)?.length, 50);
  assert(err.endsWith("--verbose prints them all\nblit: 200 entries failed; everything else is done\n"));
  const [, all] = await print({ events, summary, options: { verbose: true } });
  assertEquals(all.match(/Cannot read/g)?.length, 200);
});

Deno.test("TextOutput prints nothing but errors with --quiet", async () => {
  const events: EventBody[] = [...START, CREATED, { type: "notice", message: "skipped a socket" }, FAILED];
  const io = createTestIo({ terminal: true });
  const [out, err] = await print({ options: { quiet: true, dryRun: true }, events, summary: COPIED, io });
  assertEquals([out, err], ["", 'blit: Cannot read "x": input/output error\n']);
});

Deno.test("TextOutput shows control characters in names instead of obeying them", async () => {
  const path = "a\x1b[31m\nb\u202e\x9b";
  const [out] = await print({ options: { verbose: true }, events: [{ ...CREATED, path } as EventBody] });
  assertEquals(out, "create   a\\x1b[31m\\nb\\u202e\\x9b\n");
  const [, err] = await print({ events: [{ type: "notice", message: path }] });
  assertEquals(err, "blit: a\\x1b[31m\\nb\\u202e\\x9b\n");
});

Deno.test("TextOutput prints the error that ended a run, what to do, and what had been done", async () => {
  const error = new BlitError("no-space", 'Cannot write "b": no space left', { hint: "Make room" });
  const [out, err] = await print({ summary: { ...COPIED, status: "failed" }, error });
  assertEquals(out, "");
  assertEquals(
    err,
    'blit: Cannot write "b": no space left\n  Make room\nblit: Stopped after 1.5 s: copied 3 files (3.0 MiB)\n',
  );
});

Deno.test("TextOutput tells an interruption from an error", async () => {
  const error = new BlitError("interrupted", "Interrupted");
  const [, err] = await print({ summary: { ...COPIED, status: "interrupted" }, error });
  assertEquals(err, "blit: Interrupted after 1.5 s: copied 3 files (3.0 MiB)\n");
  assertEquals((await print({ error }))[1], "blit: Interrupted: nothing was changed\n");
});

Deno.test("TextOutput keeps the stack trace for --verbose", async () => {
  const error = new BlitError("internal", "x is not a function", { cause: new TypeError("deep") });
  const [, short] = await print({ error });
  assert(short.startsWith("blit: Internal error: x is not a function\n  Run it again with --verbose"));
  assert(!short.includes("    at "));
  const [, long] = await print({ error, options: { verbose: true } });
  assert(/\n {4}at .*\nCaused by: TypeError: deep\n {4}at /s.test(long), long);
});
