/**
 * The worker's side of `WorkerExecutor`: an engine, and messages that start phases. While a phase runs the worker works
 * without looking at messages; what must be known at once is in the shared state.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { toBlitError } from "../../errors.ts";
import type { Stat } from "../../fs/types.ts";
import { isSameFile } from "../../plan/compare.ts";
import { loadFilter } from "../../scan/filter.ts";
import { Engine } from "./engine.ts";
import type { Task, WorkerReply, WorkerRequest } from "./job.ts";
import { Outbox } from "./outbox.ts";
import { SharedState } from "./shared_state.ts";

type StartRequest = Extract<WorkerRequest, { type: "start" }>;

let engine: Engine | undefined;
let isReady = false;
/** Requests are handled one after the other; starting an engine takes more than one turn. */
let handled: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
  handled = handled.then(() => handle(data)).catch((error) => {
    const { code, message } = toBlitError(error);
    reply({ type: "crashed", code, message });
  });
};

async function handle(request: WorkerRequest): Promise<void> {
  switch (request.type) {
    case "start":
      return reply(await start(request));
    case "run":
      return run(engine!, request.tasks);
    case "find-links":
      return reply({ type: "links", found: [...engine!.links.findAll(request.files)] });
    case "close":
      try {
        engine?.close();
      } finally {
        reply({ type: "closed" });
      }
  }
}

/** Opens the engine, unless it would not work on the same directories as the others. */
async function start({ job, shared, index, unreadReports, roots }: StartRequest): Promise<WorkerReply> {
  const state = new SharedState(shared);
  // Before anything is opened: from here on silence is silence.
  state.addStarted();
  const outbox = new Outbox((report) => {
    state.awaitMessageRoom(unreadReports);
    reply({ type: "report", report });
  }, job.entryEvents);
  const filter = await loadFilter(job.filter);
  try {
    engine = new Engine({ job, filter, outbox, thread: index, shared: state });
  } catch (error) {
    const { code, message } = toBlitError(error);
    if (code === "internal") throw error;
    return { type: "opened", fits: false, error: { code, message } };
  }
  const fits = isSame(engine.sourceIdentity, roots.source) && isSame(engine.destinationIdentity, roots.destination);
  if (!fits) engine.close(); // its files would outlive this thread
  return { type: "opened", fits };
}

function isSame(now: Stat | undefined, then: Stat | undefined): boolean {
  return now === undefined || then === undefined ? now === then : isSameFile(now, then);
}

function run(engine: Engine, tasks: readonly Task[]): void {
  if (!isReady) engine.shared?.addReady();
  isReady = true;
  engine.scheduler.start(tasks);
  while (engine.step());
  engine.endPhase();
  reply({ type: "ran" });
}

function reply(message: WorkerReply): void {
  self.postMessage(message);
}
