/**
 * A worker that walks through modules. Several walks take turns.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { chooseFileSystem } from "../../core/fs/mod.ts";
import { inSlices, type Work } from "../../core/scan/slices.ts";
import type { ModuleAccess } from "../exports.ts";
import { toPlainError } from "../sessions/plain_error.ts";
import { MOST_RESULTS, type WalkCommand, type WalkReport } from "./messages.ts";
import { openWork } from "./open_work.ts";
import type { WalkOrder, WalkResult } from "./orders.ts";
import { WalkProgress } from "./progress.ts";

/** How long a call may wait until the names above a directory stand still, in milliseconds; other walks wait with it. */
const LONGEST_WAIT_MS = 3000;

/** A walk under way. */
interface Known {
  readonly stopped: AbortController;
  /** Results that the main thread has not passed on. */
  underWay: number;
  onTaken: (() => void) | undefined;
}

let access: ModuleAccess | undefined;
let progress: WalkProgress | undefined;
const known = new Map<number, Known>();

parentPort!.on("message", (command: WalkCommand) => {
  switch (command.type) {
    case "set-up":
      access = { fileSystem: chooseFileSystem(command.fileSystem), lock: command.lock, longestWaitMs: LONGEST_WAIT_MS };
      progress = new WalkProgress(command.progress);
      return;
    case "start":
      return void run(command.id, command.order);
    case "taken": {
      const walk = known.get(command.id);
      if (walk === undefined) return;
      walk.underWay--;
      return walk.onTaken?.();
    }
    case "cancel": {
      const walk = known.get(command.id);
      walk?.stopped.abort();
      return walk?.onTaken?.();
    }
  }
});

async function run(id: number, order: WalkOrder): Promise<void> {
  const walk: Known = { stopped: new AbortController(), underWay: 0, onTaken: undefined };
  const { signal } = walk.stopped;
  known.set(id, walk);
  try {
    for await (const result of inSlices(openWatched(id, order), signal)) {
      walk.underWay++;
      report({ type: "result", id, result }, "kinds" in result ? [result.names.buffer, result.kinds.buffer] : []);
      while (walk.underWay >= MOST_RESULTS && !signal.aborted) {
        await new Promise<void>((resolve) => walk.onTaken = resolve);
      }
    }

    report({ type: "ended", id, error: undefined });
  } catch (error) {
    report({ type: "ended", id, error: toPlainError(error) });
  } finally {
    known.delete(id);
  }
}

/** The work of a walk, whose calls the main thread can see. */
function openWatched(id: number, order: WalkOrder): Work<WalkResult> {
  const during = <T>(call: () => T): T => progress!.during(id, call);
  const work = during(() => openWork(access!, order));
  return {
    get isFull() {
      return work.isFull;
    },
    get pauseMs() {
      return work.pauseMs ?? 0;
    },
    step: () => during(() => work.step()),
    take: () => work.take(),
    close: () => during(() => work.close()),
  };
}

function report(message: WalkReport, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
