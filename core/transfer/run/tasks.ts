/**
 * The tasks that a run begins its phases with.
 *
 * @module
 */

import { asByteString } from "../../paths/bytes.ts";
import type { DeferredLink, Task } from "../threads/job.ts";
import type { ResolvedRoots } from "./resolve.ts";

/** Where everything comes from: the root directory, or the single entry. `isNew`: the receiving directory exists only now. */
export function rootTask(roots: ResolvedRoots, isNew: boolean): Task {
  const { single } = roots;
  if (single === undefined) {
    return { kind: "directory", path: asByteString(""), destination: roots.destinationExists ? "present" : "fresh" };
  }
  const destination = roots.destinationExists || isNew ? "present" : "fresh";
  return {
    kind: "entries",
    path: asByteString(""),
    destination,
    names: single.replaces ? { present: [single.source], missing: [] } : { present: [], missing: [single.source] },
  };
}

/** Splits links into tasks that several engines can share. */
export function linkTasks(links: readonly DeferredLink[]): Task[] {
  const linksPerTask = 1000;
  const tasks: Task[] = [];
  for (let start = 0; start < links.length; start += linksPerTask) {
    tasks.push({ kind: "links", links: links.slice(start, start + linksPerTask) });
  }
  return tasks;
}
