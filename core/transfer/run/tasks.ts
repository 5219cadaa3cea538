/**
 * The tasks that a run begins its phases with.
 *
 * @module
 */

import { asByteString, type ByteString } from "../../paths/bytes.ts";
import type { DeferredLink, Extraneous, Task } from "../threads/job.ts";
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

/** Entries of one task: few enough to be shared by several engines, and enough for what is done once a task. */
const MOST_NAMES = 1000;

/** Puts entries of one directory together: what a remote source has told of it is looked up once for all of them. */
export function groupByDirectory(
  entries: readonly { readonly path: ByteString; readonly name: ByteString }[],
): Extraneous[] {
  const open = new Map<ByteString, ByteString[]>();
  const groups: Extraneous[] = [];
  for (const { path, name } of entries) {
    let names = open.get(path);
    if (names === undefined || names.length === MOST_NAMES) {
      names = [];
      open.set(path, names);
      groups.push({ path, names });
    }
    names.push(name);
  }
  return groups;
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
