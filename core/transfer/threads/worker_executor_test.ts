import { assert, assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { testWhere } from "../../../tests/helpers/needs.ts";
import { Scratch } from "../../../tests/helpers/scratch.ts";
import { buildTree } from "../../../tests/helpers/tree.ts";
import { openBelow } from "../../../tests/helpers/usage.ts";
import { asByteString } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import { COPY_JOB } from "./_testing.ts";
import type { EngineReport, Job, Task } from "./job.ts";
import { WorkerExecutor } from "./worker_executor.ts";

const JOB = { ...COPY_JOB, fileSystem: "native", entryEvents: true } as const;
const ROOT: Task = { kind: "directory", path: asByteString(""), destination: "present" };

/** Has two workers copy a small tree; what they have open while they wait for more, and what is left after `close`. */
async function openAfter(
  use: (executor: WorkerExecutor) => Promise<void>,
  receive: (report: EngineReport) => void = () => {},
): Promise<void> {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "b": "2" });
  const job: Job = { ...JOB, source, shownSource: source, destination: scratch.directory("destination") };
  const filter = await loadFilter(job.filter);
  const executor = new WorkerExecutor({
    job,
    filter,
    count: 2,
    mainThread: "supervises",
    startsAtOnce: true,
    receive,
  });
  await use(executor);
  assert(openBelow(Deno.pid, scratch.path).length > 0);
  await executor.close();
  assertEquals(openBelow(Deno.pid, scratch.path), []);
}

testWhere(["native"], "workers close what they have open after a listener has thrown", async () => {
  const thrown = new Error("enough");
  const receive = (): never => {
    throw thrown;
  };
  await openAfter(async (executor) => {
    assertEquals(await assertRejects(() => executor.run([ROOT])), thrown);
  }, receive);
});

testWhere(["native"], "workers close what they have open after a run was given up", async () => {
  await openAfter(async (executor) => {
    await executor.run([ROOT]);
    await executor.abandon(new BlitError("stalled", "Cannot go on"));
  });
});

testWhere(["native"], "a worker that is still starting closes what it opens, too", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const job: Job = { ...JOB, source, shownSource: source, destination: scratch.directory("destination") };
  const filter = await loadFilter(job.filter);
  const options = { job, filter, count: 2, mainThread: "supervises", startsAtOnce: true, receive() {} } as const;
  await new WorkerExecutor(options).close();
  assertEquals(openBelow(Deno.pid, scratch.path), []);
});
