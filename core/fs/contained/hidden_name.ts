/**
 * Names that nobody else knows.
 *
 * @module
 */

import { asByteString, type ByteString } from "../../paths/bytes.ts";

const pattern = /^\.blit-[0-9a-f]{16}\.tmp$/;

/** Whether a name is a random one that a transfer or this module has made up, so that it is in one directory only. */
export function isHiddenName(name: ByteString): boolean {
  return name.length === 26 && pattern.test(name);
}

/** A new name, of the form of a temporary one: what a crash leaves under it is removed by the next run. */
export function hiddenName(): ByteString {
  const random = crypto.getRandomValues(new Uint8Array(8));
  return asByteString(`.blit-${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}.tmp`);
}
