/**
 * Names of the control plane, which are plain bytes, as names of entries.
 *
 * A peer sends a path component by component, each as bytes. What could mean anything but one entry of one directory is
 * refused here, before any file is touched.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { type ByteString, cleanText, displayName, fromBytes } from "./bytes.ts";
import { MAX_NAME_BYTES, MAX_PATH_DEPTH, type NameRules, receivedNameProblem } from "./received_name.ts";

/**
 * A single received name.
 *
 * @throws {BlitError} "invalid-name" for what is not exactly one name.
 */
export function receiveName(bytes: Uint8Array, platform: NameRules): ByteString {
  const name = fromBytes(bytes.length > MAX_NAME_BYTES ? bytes.subarray(0, MAX_NAME_BYTES + 1) : bytes);
  const reason = receivedNameProblem(name, platform);
  if (reason === undefined) return name;
  const shown = cleanText(displayName(fromBytes(bytes.subarray(0, MAX_NAME_BYTES))));
  throw new BlitError("invalid-name", `Cannot use the name "${shown}" from a peer: ${reason}`);
}

/**
 * A received path; the empty one is the root.
 *
 * @throws {BlitError} "invalid-name" for a component that is not exactly one name, and for more than 4,096 of them.
 */
export function receivePath(components: readonly Uint8Array[], platform: NameRules): ByteString[] {
  if (components.length > MAX_PATH_DEPTH) {
    const reason = `${components.length} components, at most ${MAX_PATH_DEPTH} are allowed`;
    throw new BlitError("invalid-name", `Cannot use a path from a peer: ${reason}`);
  }
  return components.map((component) => receiveName(component, platform));
}
