/**
 * What takes part in a benchmark: a program that is given a job, and what surrounds its runs.
 *
 * @module
 */

import type { Command } from "./commands.ts";

/** One piece of work. */
export interface Job {
  verb: "copy" | "mirror";
  what: "tree" | "file";
  checksum: boolean;
  source: string;
  /** Does not exist yet for a copy; its parent does. */
  destination: string;
}

/** How a run of Blit was carried out, as its own history tells it. */
export interface Choice {
  route: string;
  /** 0 means the main thread. */
  workers: number;
  /** From its start until it could begin to copy, choosing included; the start of the program is not in it. */
  planningMs: number;
}

/** One participant. */
export interface Runner<Name extends string = string> {
  name: Name;
  /** Name for people. */
  label: string;
  /** Whether it leaves a copy that can be checked; the bare runtime does not. */
  copies: boolean;
  /** Throws a `TypeError` for a job that it cannot do. */
  commandFor(job: Job): Command;
  /** Called before each run, outside of its time. */
  prepare?(): Promise<void>;
  /** User and system time that its server has used so far, in milliseconds, for a runner that works with one. */
  readServerCpuMs?(): Promise<number>;
  /** Called after each run: how it was carried out. */
  readChoice?(): Choice | undefined;
}
