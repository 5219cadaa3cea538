import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createProgressEvent, createSummary, createTestIo } from "./_testing.ts";
import { BlitError } from "../core/errors.ts";
import type { TransferEvent } from "../core/events.ts";
import type { OutputOptions } from "./output.ts";
import { JsonOutput } from "./output_json.ts";

const OPTIONS: OutputOptions = {
  verb: "copy",
  dryRun: false,
  quiet: false,
  verbose: false,
  json: true,
  progress: undefined,
};
const NOTICE: TransferEvent = { type: "notice", sequence: 1, timeMs: 0, message: "a\x1b\x9b\u202e" };
const FINISHED: TransferEvent = { type: "finished", sequence: 2, timeMs: 1, summary: createSummary() };

async function print(events: TransferEvent[], error?: BlitError, options = OPTIONS): Promise<[string, string]> {
  const io = createTestIo();
  const output = new JsonOutput(options, io);
  for (const event of events) output.event(event);
  output.end(error);
  return [await io.out(), await io.err()];
}

function typesOf(text: string): string[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line).type);
}

Deno.test("JsonOutput prints one event a line, unchanged, the summary last", async () => {
  const [out, err] = await print([NOTICE, FINISHED]);
  assertEquals(out.trimEnd().split("\n").map((line) => JSON.parse(line)), [NOTICE, FINISHED]);
  assertEquals(err, "");
});

Deno.test("JsonOutput escapes what a terminal would obey", async () => {
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test((await print([NOTICE]))[0]));
});

Deno.test("JsonOutput prints an error before the summary, and as text for people", async () => {
  const error = new BlitError("no-space", "Cannot write: no space left", { hint: "Make room", path: "b" });
  const [out, err] = await print([NOTICE, FINISHED], error);
  assertEquals(typesOf(out), ["notice", "error", "finished"]);
  assertEquals(JSON.parse(out.split("\n")[1]), {
    type: "error",
    code: "no-space",
    message: "Cannot write: no space left",
    path: "b",
    hint: "Make room",
  });
  assertEquals(err, "blit: Cannot write: no space left\n  Make room\n");
});

Deno.test("JsonOutput ends with the error where there is no summary", async () => {
  const [out] = await print([], new BlitError("not-found", "Cannot read"));
  assertEquals(typesOf(out), ["error"]);
});

Deno.test("JsonOutput lets the summary tell of an interruption", async () => {
  const [out, err] = await print([FINISHED], new BlitError("interrupted", "Interrupted"));
  assertEquals([typesOf(out), err], [["finished"], ""]);
});

Deno.test("JsonOutput tells why a server has interrupted a run", async () => {
  const error = new BlitError("interrupted", "Cancelled on the server", { hint: "What is done stays done" });
  const [out, err] = await print([FINISHED], error);
  assertEquals(typesOf(out), ["error", "finished"]);
  assertStringIncludes(err, "Cancelled on the server");
});

Deno.test("JsonOutput leaves out progress with --no-progress", async () => {
  const progress = createProgressEvent(1000, {});
  assertEquals(typesOf((await print([progress, FINISHED]))[0]), ["progress", "finished"]);
  assertEquals(typesOf((await print([progress, FINISHED], undefined, { ...OPTIONS, progress: false }))[0]), [
    "finished",
  ]);
});
