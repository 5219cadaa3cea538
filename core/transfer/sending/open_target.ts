/**
 * The file that a request is about.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { SourceFile, Stat } from "../../fs/types.ts";
import { joinPath, parentPath } from "../../paths/byte_path.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { admitAll } from "../../scan/filter.ts";
import type { DirectoryHandles } from "./handles.ts";
import type { ListedFile } from "./listed_directories.ts";
import type { Request } from "./request_queue.ts";
import type { SourceTree } from "./tree.ts";

/** An open file, and what it has to be for its content to count. */
export interface Target {
  readonly file: SourceFile;
  readonly expected: Stat;
  /** Where it was listed by this lane. */
  readonly listed: ListedFile | undefined;
}

/**
 * Opens the file of a request. One that another lane has listed is found by its path, through no symbolic link and only where
 * the filter lets it.
 *
 * @throws {BlitError} when it cannot be opened; "changed" when it is no file any more; "refused" where it takes no part
 */
export function openTarget(tree: SourceTree, handles: DirectoryHandles, target: Request["target"]): Target {
  if ("listed" in target) {
    const { listed } = target;
    const { parent, name, stat } = listed;
    return { file: handles.use(parent).openFile(name, stat), expected: stat, listed };
  }
  const path = joinPath(target.path);
  const parent = parentPath(path);
  const name = target.path[target.path.length - 1];
  const directory = handles.use(parent);
  const stat = directory.statEntry(name);
  if (stat === undefined) {
    throw new BlitError("not-found", `Cannot read "${tree.show(path)}": no such file or directory`);
  }
  if (stat.kind !== "file") throw new BlitError("changed", `Cannot read "${tree.show(path)}": it is no file any more`);
  if (!isAdmitted(tree, path, stat)) throw leftOut(tree, path);
  return { file: directory.openFile(name, stat), expected: stat, listed: undefined };
}

/** What a filter leaves out it leaves out with everything below, so the directories above need no question of their own. */
function isAdmitted(tree: SourceTree, path: ByteString, stat: Stat): boolean {
  if (tree.single !== undefined && path !== tree.single) return false;
  return tree.filter === admitAll || tree.filter.admits(path, stat) === "yes";
}

function leftOut(tree: SourceTree, path: ByteString): BlitError {
  return new BlitError("refused", `Cannot read "${tree.show(path)}": it takes no part in this transfer`);
}
