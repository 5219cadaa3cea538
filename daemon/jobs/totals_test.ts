import { zeroCounters } from "../../core/events.ts";
import { BlitError } from "../../core/errors.ts";
import { toWireEnd, toWireEvent } from "../../core/transfer/remote/event_messages.ts";
import { Role, type TransferEvent, Verb } from "../../proto/blit/v2/blit_pb.ts";
import { assertEquals } from "../../tests/helpers/assert.ts";
import { Jobs } from "./jobs.ts";

const PULL = { verb: Verb.MOVE, role: Role.PULL, location: undefined, peer: "192.0.2.1", delegated: false } as const;

function progress(filesCopied: number, bytesCopied: number): TransferEvent {
  const counters = { ...zeroCounters(), filesCopied, bytesCopied };
  return toWireEvent({ type: "progress", scanComplete: false, currentPath: "", ...counters }, 1, 0)!;
}

function createJobs(): Jobs {
  const ignore = () => {};
  return new Jobs({ info: ignore, warn: ignore, error: ignore });
}

Deno.test("JobTotals count what jobs tell again and again once, and take nothing away when one fails", () => {
  const jobs = createJobs();
  const [first, second] = [jobs.begin(PULL), jobs.begin({ ...PULL, delegated: true })];
  for (const event of [progress(1, 10), progress(2, 25), progress(2, 25)]) first.record(event);
  second.record(progress(5, 50));
  assertEquals(jobs.totals.moved.pull, { files: 2, bytes: 25 });
  first.finish(new BlitError("stalled", "Cannot go on: nothing has moved")); // its end has zeros
  second.finish();
  assertEquals(jobs.totals.moved, {
    push: { files: 0, bytes: 0 },
    pull: { files: 2, bytes: 25 },
    delegated: { files: 5, bytes: 50 },
  });
  assertEquals([jobs.totals.stalls, [...jobs.totals.errors]], [1, [["stalled", 1], ["interrupted", 1]]]);
  assertEquals([...jobs.totals.ended], [
    { verb: "move", role: "pull", status: "failed", count: 1 },
    { verb: "move", role: "delegated", status: "interrupted", count: 1 },
  ]);
});

Deno.test("JobTotals count failures by code, and nothing after the end", () => {
  const jobs = createJobs();
  const job = jobs.begin(PULL);
  job.record(toWireEvent({ type: "failed", path: "a", code: "permission-denied", message: "x" }, 1, 0)!);
  job.record(toWireEvent({ type: "failed", path: "b", code: "permission-denied", message: "x" }, 2, 0)!);
  job.record(toWireEnd({ ...zeroCounters(), filesCopied: 3, status: "partial", elapsedMs: 1 } as never, undefined, 3));
  job.record(progress(9, 9));
  job.finish();
  job.finish();
  assertEquals([...jobs.totals.errors], [["permission-denied", 2]]);
  assertEquals([jobs.totals.moved.pull.files, [...jobs.totals.ended].map(({ count }) => count)], [3, [1]]);
});

Deno.test("JobTotals know the data streams that are open, until their job ends", () => {
  const jobs = createJobs();
  const job = jobs.begin(PULL);
  job.openStream("tcp");
  job.openStream("tcp");
  job.openStream("control");
  assertEquals(jobs.totals.streams, { tcp: 2, control: 1 });
  job.finish();
  job.openStream("tcp"); // it came too late
  assertEquals(jobs.totals.streams, { tcp: 0, control: 0 });
});
