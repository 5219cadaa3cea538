/**
 * The directory that a module exports: found, canonical, and really a directory.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";

/** A directory, or why it cannot be one. */
export type CheckedPath =
  | { readonly kind: "usable"; readonly path: string }
  | { readonly kind: "unusable"; readonly reason: string };

/**
 * Looks at the directory of a module. Symbolic links in its path are followed, once and now: the administrator chose them.
 *
 * @param path as it was written
 * @param file the configuration that it was written in; a relative path starts at its directory
 */
export function checkModulePath(path: string, file: string): CheckedPath {
  if (path === "") return unusable("it is empty");
  try {
    const canonical = Deno.realPathSync(isAbsolute(path) ? path : join(dirname(file), path));
    if (!Deno.statSync(canonical).isDirectory) return unusable(`"${path}" is not a directory`);
    return { kind: "usable", path: canonical };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return unusable(`the directory "${path}" does not exist`);
    if (error instanceof Deno.errors.NotADirectory) return unusable(`"${path}" is not a directory`);
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      return unusable(`"${path}": permission denied`);
    }
    throw error;
  }
}

function unusable(reason: string): CheckedPath {
  return { kind: "unusable", reason };
}
