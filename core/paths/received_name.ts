/**
 * The one place where a name that a peer has sent is looked at before anything is done with it.
 *
 * A path from a peer is a list of components, never a joined text. What {@linkcode receivedNameProblem} lets through cannot
 * leave the directory that it is used in: it is exactly one component. Symbolic links in that place are the business of the
 * file system, which never follows them.
 *
 * @module
 */

import type { ByteString } from "./bytes.ts";

/** Whose rules a name has to follow. */
export type NameRules = "unix" | "windows";

/** Bytes of one name, as every Unix file system has it. */
export const MAX_NAME_BYTES = 255;
/** Components of one path; ten times as many as a path that can be spelled in one system call has as a rule. */
export const MAX_PATH_DEPTH = 4096;
/** Bytes of all components of one path together. */
export const MAX_PATH_BYTES = 256 * 1024;
/** Bytes of the target of a symbolic link; Linux ends at 4095, other systems later. */
export const MAX_TARGET_BYTES = 32 * 1024;

/** Names that Windows takes for devices, whatever follows the first dot. */
const RESERVED_ON_WINDOWS =
  /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)([0-9]|\xb9|\xb2|\xb3|\xc2[\xb9\xb2\xb3]))[ ]*(\.|$)/i;
// deno-lint-ignore no-control-regex -- Windows forbids them in names
const FORBIDDEN_ON_WINDOWS = /[\x00-\x1f<>:"|?*\\]/;

/**
 * Why a name from a peer cannot be used as the name of an entry, or `undefined` when it can. The reason completes a sentence
 * such as `Cannot create "x": ...`.
 *
 * @param name one component, as bytes
 * @param rules where the name would be used; the rules of Windows include those of Unix
 */
export function receivedNameProblem(name: ByteString, rules: NameRules = "unix"): string | undefined {
  if (name.length === 0) return "name is empty";
  if (name.length > MAX_NAME_BYTES) return `name has ${name.length} bytes, at most ${MAX_NAME_BYTES} are allowed`;
  if (name === "." || name === "..") return `name is "${name}"`;
  if (name.includes("/")) return "name contains a slash";
  if (name.includes("\0")) return "name contains a NUL byte";
  return rules === "windows" ? windowsProblem(name) : undefined;
}

/** The same for a path of any number of components, none being the root itself. */
export function receivedPathProblem(path: readonly ByteString[], rules: NameRules = "unix"): string | undefined {
  if (path.length > MAX_PATH_DEPTH) return `path has ${path.length} components, at most ${MAX_PATH_DEPTH} are allowed`;
  let totalBytes = 0;
  for (const name of path) {
    const problem = receivedNameProblem(name, rules);
    if (problem !== undefined) return problem;
    totalBytes += name.length;
    if (totalBytes > MAX_PATH_BYTES) return `path has more than ${MAX_PATH_BYTES} bytes`;
  }
  return undefined;
}

/** The same for the target of a symbolic link, which may point anywhere: it is created, never followed. */
export function receivedTargetProblem(target: ByteString): string | undefined {
  if (target.length === 0) return "link target is empty";
  if (target.length > MAX_TARGET_BYTES) return `link target has ${target.length} bytes`;
  if (target.includes("\0")) return "link target contains a NUL byte";
  return undefined;
}

function windowsProblem(name: ByteString): string | undefined {
  if (FORBIDDEN_ON_WINDOWS.test(name)) return "name contains a character that Windows does not allow";
  if (/[. ]$/.test(name)) return "name ends with a dot or a space, which Windows drops";
  if (RESERVED_ON_WINDOWS.test(name)) return "name is reserved for a device on Windows";
  return undefined;
}
