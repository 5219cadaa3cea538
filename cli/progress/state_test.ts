import { assertEquals } from "@std/assert";
import { createProgressEvent, createSummary } from "../_testing.ts";
import type { EventBody } from "../../core/events.ts";
import { RunState } from "./state.ts";

const STARTED: EventBody = {
  type: "started",
  schema: 1,
  verb: "move",
  source: "a",
  destination: "b",
  dryRun: false,
  fileSystem: "native",
};

Deno.test("RunState tells how far a run has come, from before its first event to after its last", () => {
  const state = new RunState("move");
  const lines = [state.describe()];
  const add = (body: EventBody): void => {
    state.add({ sequence: 1, timeMs: 0, ...body });
    lines.push(state.describe());
  };
  add(STARTED);
  add({ type: "route", route: "streaming", workers: 2, reason: "" });
  const counters = { entriesFound: 9, bytesFound: 4096, filesCopied: 2, bytesCopied: 1024 };
  add({ ...createProgressEvent(2000, counters), timeMs: 2000, currentPath: "a\n/b" } as EventBody);
  add({ type: "finished", summary: createSummary() });
  assertEquals(lines, [
    "the move is starting: it looks for source and destination",
    "the move is starting: it takes a first look at the source",
    "the move has begun; the first numbers come after a second",
    'after 2.0 s: 1.0 KiB of 4.0+ KiB, 2 of 9+ entries, 512 bytes/s, at "a\\n/b"',
    "the move has ended",
  ]);
});
