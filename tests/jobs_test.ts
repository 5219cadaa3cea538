/**
 * What a daemon knows of its transfers.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BlitError, copy, mirror, type MirrorOptions, type TransferEvent as BlitEvent } from "../mod.ts";
import { connectControl, type ControlClient } from "../core/wire/control/client.ts";
import { create } from "@bufbuild/protobuf";
import { AsyncQueue } from "../core/transfer/remote/async_queue.ts";
import { openLane } from "../core/wire/mod.ts";
import {
  type Job,
  JobStatus,
  Role,
  type TransferEvent,
  TransferOpenSchema,
  type TransferRequest,
  TransferRequestSchema,
  Verb,
} from "../proto/blit/v2/blit_pb.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { type RunningDaemon, startDaemon } from "./helpers/daemon.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { findTemporaries, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";
import { until } from "./helpers/wait.ts";

const TREE = { "a": "1", "sub": dir({ "b": "22", "c": "333" }) };

interface Server {
  readonly daemon: RunningDaemon;
  readonly control: ControlClient;
  readonly root: string;
  at(path: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

async function serve(scratch: Scratch): Promise<Server> {
  const root = scratch.directory("module");
  const daemon = await startDaemon({ args: ["--root", root] });
  const control = await connectControl({ host: "127.0.0.1", port: daemon.port });
  return {
    daemon,
    control,
    root,
    at: (path) => `127.0.0.1:${daemon.port}://${path}`,
    async [Symbol.asyncDispose]() {
      control.close();
      await daemon.stop();
    },
  };
}

async function jobsOf({ control }: Server): Promise<{ active: Job[]; recent: Job[] }> {
  return await control.service.getState({});
}

/** A mirror that goes on for as long as its question is open. */
function waitingMirror(source: string, destination: string, options: MirrorOptions = {}) {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const ended = Promise.resolve(mirror(source, destination, {
    ...options,
    confirmDeletions: () => {
      asked.resolve();
      return answer.promise;
    },
  }));
  ended.catch(() => {});
  return { asked: asked.promise, answer: answer.resolve, ended };
}

for (const direction of ["push", "pull"] as const) {
  Deno.test(`a ${direction} is a job with totals, counted once`, async () => {
    using scratch = new Scratch();
    await using server = await serve(scratch);
    const local = scratch.join("local");
    const [here, there] = [`${local}/`, server.at("tree/")];
    if (direction === "push") buildTree(local, TREE);
    else buildTree(`${server.root}/tree`, TREE);
    const summary = direction === "push" ? await copy(here, there) : await copy(there, here);
    assertEquals(summary.bytesCopied, 6);
    const { active, recent: [job, ...others] } = await until(async () => {
      const state = await jobsOf(server);
      return state.recent.length > 0 ? state : undefined;
    }, "the job has ended");
    assertEquals([active.length, others.length], [0, 0]);
    assertEquals([job.verb, job.role, job.status, job.peer], [
      Verb.COPY,
      direction === "push" ? Role.PUSH : Role.PULL,
      JobStatus.DONE,
      "127.0.0.1",
    ]);
    assertEquals(job.location?.path.map((name) => new TextDecoder().decode(name)), ["tree"]);
    const { filesCopied, bytesCopied, directoriesCreated, failed } = job.counters!;
    assertEquals([filesCopied, bytesCopied, failed], [3n, 6n, 0n]);
    assertEquals(Number(directoriesCreated), summary.directoriesCreated);
    assert(job.ended!.seconds >= job.started!.seconds);
    const { id: _, ms, ...line } = await server.daemon.logged("Job ended");
    assert(Number(ms) >= 0);
    const { time: __, ...facts } = line;
    assertEquals(facts, {
      level: "info",
      message: "Job ended",
      verb: "copy",
      role: direction,
      module: "",
      peer: "127.0.0.1",
      status: "done",
      files: 3,
      bytes: 6,
      failures: 0,
    });
    assertEquals((await server.daemon.logged("Job started")).id, job.id);
  });

  Deno.test(`a ${direction} can be followed from its beginning, and cancelled`, async () => {
    using scratch = new Scratch();
    await using server = await serve(scratch);
    const local = buildTree(scratch.join("local"), { ...TREE, ...direction === "push" ? {} : { "extra": "1" } });
    buildTree(`${server.root}/tree`, { ...TREE, ...direction === "pull" ? {} : { "extra": "1" } });
    const [here, there] = [`${local}/`, server.at("tree/")];
    const [source, destination] = direction === "push" ? [here, there] : [there, here];
    let status: string | undefined;
    const onEvent = (event: BlitEvent): void => {
      if (event.type === "finished") status = event.summary.status;
    };
    const running = waitingMirror(source, destination, { onEvent });
    await running.asked;
    const { active: [job] } = await jobsOf(server);
    assertEquals(job.status, JobStatus.ACTIVE);
    const events: TransferEvent[] = [];
    const following = (async () => {
      for await (const { event } of server.control.service.subscribe({ jobId: job.id })) events.push(event!);
    })();
    const before = performance.now();
    await server.control.service.cancelJob({ jobId: job.id });
    const error = await assertRejects(() => running.ended, BlitError);
    running.answer(true);
    assertEquals(error.code, "interrupted");
    assertMatch(error.message, /^Cancelled on the server, from 127\.0\.0\.1$/);
    assertEquals(status, "interrupted");
    await following;
    assert(performance.now() - before < 5000, "cancelling takes too long");
    assertEquals(events.at(-1)?.event.case, "end");
    const sequences = events.map(({ sequence }) => sequence);
    assertEquals(sequences, sequences.toSorted((a, b) => Number(a - b)));
    const { recent: [ended] } = await jobsOf(server);
    assertEquals([ended.id, ended.status], [job.id, JobStatus.INTERRUPTED]);
    assertEquals(listPaths(direction === "push" ? `${server.root}/tree` : local).includes("extra"), true);
    // Once it has ended it is what it was, and can be read again.
    assertEquals((await server.control.service.cancelJob({ jobId: job.id })).job?.status, JobStatus.INTERRUPTED);
    const again = await Array.fromAsync(server.control.service.subscribe({ jobId: job.id }));
    assertEquals(again.at(-1)?.event?.event.case, "end");
  });

  testWhere(
    ["linux"],
    `a client that vanishes in a ${direction} leaves an interrupted job and nothing else`,
    async () => {
      using scratch = new Scratch();
      await using server = await serve(scratch);
      const local = scratch.join("local");
      const big = direction === "push" ? local : `${server.root}/tree`;
      Deno.mkdirSync(big);
      // Each too small for a thread of its own, which would stay with what it has open.
      const content = new Uint8Array(40_000_000).fill(1);
      for (let i = 0; i < 13; i++) Deno.writeFileSync(`${big}/${i}`, content);
      const handles = (): number => [...Deno.readDirSync(`/proc/${server.daemon.pid}/fd`)].length;
      const [source, destination] = direction === "push"
        ? [`${local}/`, server.at("tree/")]
        : [server.at("tree/"), `${local}/`];
      await copy(source, destination, { dryRun: true }); // from now on its threads are there
      await server.daemon.logged("Job ended");
      const [before, seen] = [handles(), server.daemon.log.length];
      const client = startBlit(["copy", source, destination]);
      const job = await until(async () => (await jobsOf(server)).active[0], "the job has begun");
      client.kill("SIGKILL");
      await client.result;
      const ended = await until(
        async () => (await jobsOf(server)).recent.find(({ id }) => id === job.id),
        "the job has ended",
      );
      assertEquals(ended.status, JobStatus.INTERRUPTED);
      await until(() => handles() <= before, "everything is closed");
      assertEquals(findTemporaries(server.root), []);
      assertEquals((await server.daemon.logged("Job ended", seen)).status, "interrupted");
    },
  );
}

for (const role of [Role.PUSH, Role.PULL]) {
  Deno.test(`when the control stream of a ${Role[role]} ends, its data ends, although that connection stays`, async () => {
    using scratch = new Scratch();
    await using server = await serve(scratch);
    buildTree(`${server.root}/tree`, TREE);
    const client = await connectControl({ host: "127.0.0.1", port: server.daemon.port });
    const requests = new AsyncQueue<TransferRequest>();
    const location = { module: "", path: [new TextEncoder().encode("tree")] };
    const open = { protocolNumber: 1, verb: Verb.COPY, role, location, trailingSlash: true, options: {}, lanes: 1 };
    const value = create(TransferOpenSchema, { ...open, sourceIsDirectory: true });
    requests.push(create(TransferRequestSchema, { message: { case: "open", value } }));
    const answers = client.service.transfer(requests)[Symbol.asyncIterator]();
    const first = (await answers.next()).value.message;
    assert(first.case === "accepted");
    const { dataPorts: [port], tokens: [token] } = first.value;
    const lane = await openLane({ host: "127.0.0.1", port, token, lane: 0 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals((await jobsOf(server)).active.length, 1);
    const before = performance.now();
    client.close();
    const ended = await until(async () => (await jobsOf(server)).recent[0], "the job has ended");
    assertEquals(ended.status, JobStatus.INTERRUPTED);
    const buffer = new Uint8Array(65_536);
    const end = async (): Promise<void> => {
      while (await lane.read(buffer) !== null);
    };
    await end().catch(() => {}); // cut off or closed, either is an end
    assert(performance.now() - before < 5000, "the data connection outlives its control stream");
    lane.close();
  });
}

Deno.test("a daemon that is stopped cancels its jobs, tells their clients why, and logs both", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  const local = buildTree(scratch.join("local"), TREE);
  buildTree(`${server.root}/tree`, { ...TREE, "extra": "1" });
  const running = waitingMirror(`${local}/`, server.at("tree/"));
  await running.asked;
  const { active: [job] } = await jobsOf(server);
  const stopped = server.daemon.stop();
  const error = await assertRejects(() => running.ended, BlitError);
  running.answer(true);
  assertEquals([error.code, error.message], ["unreachable", "Cannot go on: the daemon stops"]);
  assertEquals(await stopped, 0);
  const messages = server.daemon.log.map(({ message }) => message);
  assertEquals(messages.slice(1), ["Job started", "Stopping", "Cancelling jobs", "Job ended", "Stopped"]);
  const ended = await server.daemon.logged("Job ended");
  assertEquals([ended.id, ended.status], [job.id, "interrupted"]);
  assertEquals(listPaths(`${server.root}/tree`).includes("extra"), true);
});

Deno.test("a job that failed says so, with the totals up to there", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await assertRejects(() => Promise.resolve(copy(server.at("missing"), scratch.join("x"))), BlitError, "no such file");
  const local = buildTree(scratch.join("local"), TREE);
  buildTree(`${server.root}/tree`, { "a": dir({ "x": "1" }) });
  const { code, stderr } = await blit(["copy", `${local}/`, server.at("tree/")]);
  assertEquals(code, 1, stderr);
  // The client may know the end before the daemon has noted it.
  const isPartial = ({ status }: Job): boolean => status === JobStatus.PARTIAL;
  const partial = await until(async () => (await jobsOf(server)).recent.find(isPartial), "the job has ended");
  assertEquals([partial.counters?.failed, partial.counters?.filesCopied], [1n, 2n]);
  const events = await Array.fromAsync(server.control.service.subscribe({ jobId: partial.id }));
  const failure = events.find(({ event }) => event?.event.case === "failures")?.event?.event;
  assert(failure?.case === "failures");
  assertMatch(failure.value.failures[0].message, /"a"|tree\/a/);
});

Deno.test("what a daemon does not know as a job it calls so", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  const unknown = { jobId: "nonsense\x1b[2J" };
  await assertRejects(() => server.control.service.cancelJob(unknown), Error, "it is unknown, or ended too long ago");
  await assertRejects(() => Array.fromAsync(server.control.service.subscribe(unknown)), Error, "it is unknown");
});
