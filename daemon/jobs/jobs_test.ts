import { assertThrows } from "@std/assert";
import { BlitError } from "../../core/errors.ts";
import { zeroCounters } from "../../core/events.ts";
import { toWireEnd } from "../../core/transfer/remote/event_messages.ts";
import { JobStatus, Role, Verb } from "../../proto/blit/v2/blit_pb.ts";
import { assertEquals } from "../../tests/helpers/assert.ts";
import { Jobs } from "./jobs.ts";

type Line = { message: string; [property: string]: unknown };

function create(): { jobs: Jobs; lines: Line[] } {
  const lines: Line[] = [];
  const add = (message: string, properties: Record<string, unknown> = {}) =>
    void lines.push({ message, ...properties });
  return { jobs: new Jobs({ info: add, warn: add, error: add }), lines };
}

const PUSH = { verb: Verb.COPY, role: Role.PUSH, location: undefined, peer: "192.0.2.1", delegated: false } as const;

function done() {
  return toWireEnd({ ...zeroCounters(), status: "done", filesCopied: 3, elapsedMs: 1 } as never, undefined, 1);
}

Deno.test("a job that has told its end is done, whoever cancels it in the same moment", async () => {
  const { jobs } = create();
  const job = jobs.begin(PUSH);
  job.record(done());
  jobs.cancel(job.id, "127.0.0.1");
  job.finish(new BlitError("interrupted", "Interrupted"));
  assertEquals(job.status, JobStatus.DONE);
  assertEquals(jobs.cancel(job.id, "127.0.0.1").status, JobStatus.DONE);
  await job.finished;
  assertEquals([jobs.active.length, jobs.recent.map(({ id }) => id)], [0, [job.id]]);
});

Deno.test("a job is cancelled by its starter and by the daemon's own machine, by nobody else", () => {
  const { jobs } = create();
  for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"]) {
    const job = jobs.begin(PUSH);
    assertEquals(jobs.cancel(job.id, address).signal.aborted, true, address);
    job.finish(new BlitError("interrupted", "Interrupted"));
    assertEquals(job.status, JobStatus.INTERRUPTED);
  }
  const job = jobs.begin(PUSH);
  for (const address of ["192.0.2.2", "", "::", "128.0.0.1", "::ffff:192.0.2.11", "fe80::1"]) {
    assertThrows(() => jobs.cancel(job.id, address), BlitError, "somebody else has started it");
  }
  assertEquals(job.signal.aborted, false);
  assertThrows(() => jobs.cancel("no such job", "::1"), BlitError, 'Cannot find job "no such job"');
  const nameless = jobs.begin({ ...PUSH, peer: "" });
  assertThrows(() => jobs.cancel(nameless.id, ""), BlitError, "somebody else has started it");
});

Deno.test("the latest 100 jobs are remembered, the latest first", async () => {
  const { jobs } = create();
  const ids: string[] = [];
  for (let i = 0; i < 130; i++) {
    const job = jobs.begin(PUSH);
    ids.push(job.id);
    job.record(done());
    job.finish();
    await job.finished;
  }
  assertEquals(jobs.recent.map(({ id }) => id), ids.slice(30).reverse());
  assertThrows(() => jobs.find(ids[0]), BlitError, "it is unknown, or ended too long ago");
});

Deno.test("a job that says nothing is interrupted, and one that fails has failed, with its reason", async () => {
  const { jobs, lines } = create();
  const silent = jobs.begin(PUSH);
  silent.finish();
  const failed = jobs.begin(PUSH);
  failed.finish(new BlitError("no-space", "Cannot write: the disk is full"));
  await Promise.all([silent.finished, failed.finished]);
  assertEquals([silent.status, failed.status], [JobStatus.INTERRUPTED, JobStatus.FAILED]);
  const [event] = await Array.fromAsync(failed.follow(0n, new AbortController().signal));
  assertEquals(event.event.case === "end" && event.event.value.errorMessage, "Cannot write: the disk is full");
  const { message, verb, role, peer, status, files, failures } = lines.at(-1)!;
  assertEquals({ message, verb, role, peer, status, files, failures }, {
    message: "Job ended",
    verb: "copy",
    role: "push",
    peer: "192.0.2.1",
    status: "failed",
    files: 0,
    failures: 0,
  });
});

Deno.test("a path that a peer has made long is remembered in part", () => {
  const { jobs } = create();
  const path = Array.from({ length: 4096 }, () => new Uint8Array(255));
  const job = jobs.begin({ ...PUSH, location: { $typeName: "blit.v2.Location", module: "m", path } });
  assertEquals(job.toMessage().location?.path.length, 4);
  job.finish();
});

Deno.test("jobs.stop() cancels what goes on with a reason, and lets nothing begin", async () => {
  const { jobs } = create();
  const job = jobs.begin(PUSH);
  const stopped = jobs.stop();
  assertEquals([job.signal.aborted, job.signal.reason.code], [true, "unreachable"]);
  assertThrows(() => jobs.begin(PUSH), BlitError, "the daemon stops");
  job.finish(new BlitError("interrupted", "Interrupted"));
  await stopped;
  assertEquals(job.status, JobStatus.INTERRUPTED);
});

Deno.test("no more than 512 jobs go on at once", () => {
  const { jobs } = create();
  for (let i = 0; i < 512; i++) jobs.begin(PUSH);
  assertThrows(() => jobs.begin(PUSH), BlitError, "512 jobs are under way");
});
