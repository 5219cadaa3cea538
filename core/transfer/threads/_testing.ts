/**
 * A job for tests of single threads.
 *
 * @module
 */

import type { Job } from "./job.ts";

/** Copies everything that is not at the destination, with its time. */
export const COPY_JOB: Omit<Job, "source" | "shownSource" | "destination"> = {
  verb: "copy",
  mode: "write",
  rules: { content: "size-and-time", timeStepNanoseconds: 1e9, metadata: true, owners: false, modes: false },
  filter: { exclude: [], include: [] },
  fileSystem: "portable",
  mirror: false,
  deleteExcluded: false,
  force: false,
  entryEvents: false,
  startedSeconds: 0,
  flushFiles: false,
  smallSteps: false,
  resume: false,
  isTrusted: true,
};
