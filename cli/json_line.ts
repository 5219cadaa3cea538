/**
 * A value as one line of JSON that is safe to look at.
 *
 * @module
 */

import { cleanJson } from "../core/paths/bytes.ts";

/** The line, with its line break. */
export function jsonLine(value: object): string {
  return `${cleanJson(JSON.stringify(value))}\n`;
}
