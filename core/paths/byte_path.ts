/**
 * Paths of names as bytes: from some root, a slash between two names, empty for the root itself.
 *
 * @module
 */

import { asByteString, type ByteString } from "./bytes.ts";

/** The names of a path; the root has none. */
export function splitPath(path: ByteString): ByteString[] {
  return path === "" ? [] : path.split("/") as ByteString[];
}

/** The path of these names. */
export function joinPath(names: readonly ByteString[]): ByteString {
  return asByteString(names.join("/"));
}

/** The path of the directory that holds this path; the root has none, and is its own. */
export function parentPath(path: ByteString): ByteString {
  return asByteString(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
}

/** The last name of a path; empty for the root. */
export function lastName(path: ByteString): ByteString {
  return asByteString(path.slice(path.lastIndexOf("/") + 1));
}
