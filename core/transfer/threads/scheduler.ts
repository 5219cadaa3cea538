/**
 * Which task an engine does next: its own, newest first, so that a tree is walked depth first and little is kept; without
 * any, what others have put on offer. Whoever has more than one task offers the oldest, which tend to be the largest, as
 * soon as another thread waits.
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import type { PairedNames, Task } from "./job.ts";
import type { Outlook } from "./pace.ts";
import type { SharedState } from "./shared_state.ts";

/** Most tasks offered at once: enough to keep the others busy, few enough to keep the walk depth first. */
const MOST_OFFERED = 4;

/** Where an engine puts the tasks that it finds, and takes the next one from. */
export class Scheduler {
  readonly #tasks: Task[] = [];
  /** Directories that were begun, by depth. */
  readonly #listed: number[] = [];
  /** Names that were taken in parts of long listings, by depth. */
  readonly #taken: number[] = [];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  /**
   * Without a shared state there is one engine, and nothing is ever offered.
   *
   * @param onWait called before it waits for work
   */
  constructor(readonly shared: SharedState | undefined, readonly onWait: () => void = () => {}) {}

  /** Adds a task that was found while another one runs. */
  push(task: Task): void {
    if (this.shared !== undefined) countTasks(this.shared, [task], 1);
    this.#tasks.push(task);
  }

  /** Adds tasks that are counted already. */
  start(tasks: readonly Task[]): void {
    for (const task of tasks) this.#tasks.push(task);
  }

  /** Whether another thread waits for work. */
  get wanted(): boolean {
    return this.shared?.wantsWork ?? false;
  }

  /** Takes the next task. Without one, waits for it; `undefined` when everything is done or stopped. */
  next(): Task | undefined {
    const shared = this.shared;
    if (shared === undefined) return this.#tasks.pop();
    for (;;) {
      if (shared.stopped) return undefined;
      this.share();
      const own = this.#tasks.pop();
      if (own !== undefined) return own;
      const offered = this.#takeOffered();
      if (offered !== undefined) return offered;
      if (shared.outstanding === 0) return undefined;
      this.onWait();
      shared.waitForWork();
    }
  }

  /** Takes the newest task of its own without waiting; `undefined` when there is none or the run was stopped. */
  nextOwn(): Task | undefined {
    const task = this.shared?.stopped ? undefined : this.#tasks.pop();
    if (task?.kind === "directory") count(this.#listed, depthOf(task.path), 1);
    else if (task?.kind === "entries") count(this.#taken, depthOf(task.path), lengthOf(task.names));
    return task;
  }

  /** Takes the next task, its own or one on offer, without waiting; `undefined` when there is none at this moment. */
  nextReady(): Task | undefined {
    this.share();
    const own = this.nextOwn();
    return own !== undefined || this.shared!.stopped ? own : this.#takeOffered();
  }

  #takeOffered(): Task | undefined {
    const offered = this.shared!.take();
    // A ByteString holds characters up to U+00FF, so the text form is exact.
    return offered && JSON.parse(this.#decoder.decode(offered)) as Task;
  }

  /** What of its own waits, for a thread that only takes {@linkcode nextOwn}. */
  outlook(): Outlook {
    const directories: number[] = [];
    const names: number[] = [];
    let rangeBytes = 0;
    for (const task of this.#tasks) {
      if (task.kind === "directory") count(directories, depthOf(task.path), 1);
      else if (task.kind === "entries") count(names, depthOf(task.path), lengthOf(task.names));
      else if (task.kind === "range") rangeBytes += task.end - task.start;
    }
    return { listed: this.#listed, taken: this.#taken, directories, names, rangeBytes };
  }

  /** Whether tasks of its own wait. */
  get hasOwn(): boolean {
    return this.#tasks.length > 0;
  }

  /** Offers all its tasks, the newest first to be taken. What does not fit stays. */
  offerAll(): void {
    for (const task of this.#tasks.splice(0)) this.#offer(task);
  }

  /** Reports a task from {@linkcode next} as done. */
  done(task: Task): void {
    if (this.shared !== undefined) countTasks(this.shared, [task], -1);
  }

  /** Forgets what is left, after a stop. */
  clear(): void {
    this.#tasks.length = 0;
  }

  /** Offers the oldest tasks when another thread waits, keeping one. */
  share(): void {
    if (this.#tasks.length < 2 || !this.wanted) return;
    const count = Math.min(MOST_OFFERED, this.#tasks.length >> 1);
    for (const task of this.#tasks.splice(0, count)) this.#offer(task);
  }

  /** Offers a task at once when another thread waits; `false` when nobody does. The task must not be counted yet. */
  handOver(task: Task): boolean {
    if (!this.wanted) return false;
    countTasks(this.shared!, [task], 1);
    this.#offer(task);
    return true;
  }

  /** Offers a task whether another thread waits or not; `false` when there is no room. The task must not be counted yet. */
  leave(task: Task): boolean {
    countTasks(this.shared!, [task], 1);
    if (this.shared!.offer(this.#encoder.encode(JSON.stringify(task)))) return true;
    countTasks(this.shared!, [task], -1);
    return false;
  }

  #offer(task: Task): void {
    if (!this.shared!.offer(this.#encoder.encode(JSON.stringify(task)))) this.#tasks.push(task);
  }
}

function lengthOf({ present, missing }: PairedNames): number {
  return present.length + missing.length;
}

function count(counts: number[], depth: number, more: number): void {
  while (counts.length <= depth) counts.push(0);
  counts[depth] += more;
}

/** The root has depth 0. */
function depthOf(path: ByteString): number {
  if (path === "") return 0;
  let depth = 1;
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) depth++;
  return depth;
}

/** Adds tasks to the counts that all threads share, or takes them off with -1 as the sign. */
export function countTasks(shared: SharedState, tasks: readonly Task[], sign: 1 | -1): void {
  const scanning = tasks.filter(({ kind }) => kind === "directory" || kind === "entries").length;
  if (scanning > 0) shared.addScanning(sign * scanning);
  if (tasks.length > 0) shared.addOutstanding(sign * tasks.length);
}
