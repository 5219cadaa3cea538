/**
 * A place in a module, and how messages have it.
 *
 * @module
 */

import { type ByteString, toBytes } from "../../paths/bytes.ts";

/** A place in a module. */
export interface RemotePlace {
  /** `undefined` is the default root. */
  readonly module: string | undefined;
  readonly path: readonly ByteString[];
}

/** The module's name and the path, component by component. */
export function toLocation({ module = "", path }: RemotePlace): { module: string; path: Uint8Array<ArrayBuffer>[] } {
  return { module, path: path.map(toBytes) };
}
