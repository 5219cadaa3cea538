/**
 * Paths from the root of a transfer, which travel component by component.
 *
 * @module
 */

import { asByteString, type ByteString } from "../../paths/bytes.ts";

/** A path of its components. */
export function joinPath(components: readonly ByteString[]): ByteString {
  return asByteString(components.join("/"));
}

/** The components of a path; the root has none. */
export function splitPath(path: ByteString): ByteString[] {
  return path === "" ? [] : path.split("/").map(asByteString);
}
