/**
 * The directory that receives, opened: by the path that the user typed, or beneath a module of a daemon.
 *
 * @module
 */

import type { Directory, FileSystem } from "../../fs/types.ts";
import type { Job, ModulePlace } from "./job.ts";

/** Opens it; `undefined` while it does not exist, in a dry run or a verification. */
export function openDestination(
  fileSystem: FileSystem,
  { destination, module }: Pick<Job, "destination" | "module">,
): Directory | undefined {
  if (destination === undefined) return undefined;
  if (module === undefined) return fileSystem.openRoot(destination);
  using root = openModule(fileSystem, module);
  return root.openDirectory(module.beneath);
}

/** Opens the directory that a module exports. */
export function openModule(
  fileSystem: FileSystem,
  { root, shownRoot, openRoot }: Pick<ModulePlace, "root" | "shownRoot" | "openRoot">,
): Directory {
  return openRoot?.() ?? fileSystem.openRoot(root, shownRoot);
}
