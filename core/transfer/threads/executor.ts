/**
 * Who runs the engines: the calling thread, in slices, or workers.
 *
 * @module
 */

import type { BlitError } from "../../errors.ts";
import type { Counters } from "../../events.ts";
import type { FirstName, Task } from "./job.ts";
import type { Vitals } from "./shared_state.ts";

/** Runs tasks, phase by phase. */
export interface Executor {
  /** Does these tasks and all that come from them. Resolves as well when the run was stopped. */
  run(tasks: Task[]): Promise<void>;
  /** Where the first names of these hard-linked files are. */
  findLinks(files: string[]): Promise<Map<string, FirstName>>;
  /** The counters as they are now. */
  counters(): Counters;
  /** A path that is being worked on, for people. */
  currentPath(): string;
  /** Whether every directory has been read; what is left is copying. */
  scanComplete(): boolean;
  /** What a stall shows in. */
  vitals(): Vitals;
  /** Whether a thread waits for work. */
  hasIdle(): boolean;
  /** Things worth saying that are no failures. */
  notices?(): string[];
  /** Workers that have been started. */
  readonly workers: number;
  /** Ends the work soon. */
  stop(): void;
  /** Ends the run without waiting for threads that hang: after a moment for the others `run` rejects with this error. */
  abandon(error: BlitError): Promise<void>;
  /** Resolves when every handle is closed. */
  close(): Promise<void>;
}
