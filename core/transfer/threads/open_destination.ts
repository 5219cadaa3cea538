/**
 * The directory that receives, opened: by the path that the user typed, or beneath a module of a daemon.
 *
 * @module
 */

import type { Directory, FileSystem } from "../../fs/types.ts";
import type { Job } from "./job.ts";

/** Opens it; `undefined` while it does not exist, in a dry run or a verification. */
export function openDestination(
  fileSystem: FileSystem,
  { destination, module }: Pick<Job, "destination" | "module">,
): Directory | undefined {
  if (destination === undefined) return undefined;
  if (module === undefined) return fileSystem.openRoot(destination);
  using root = fileSystem.openRoot(module.root, module.shownRoot);
  return root.openDirectory(module.beneath);
}
