/**
 * The servers that completions offer.
 *
 * @module
 */

import { parseServer } from "../../core/endpoint.ts";
import { findConfigDirectory } from "../history.ts";

/** The file in the configuration directory that lists servers, one a line; what follows a `#` is for people. */
export const SERVERS_FILE = "hosts";

/** Longer lists were not written by hand. */
const MOST_BYTES = 64 * 1024;

/**
 * The servers that the user has listed, in the order of the file. Blit only reads this file: a list that grew by itself would be a
 * record of what somebody did.
 */
export async function knownServers(): Promise<string[]> {
  const directory = findConfigDirectory({});
  if (directory === undefined) return [];
  const text = await readStart(`${directory}/${SERVERS_FILE}`);
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return [...new Set(lines.filter(isServer).map((server) => server.replace(/:\/?$/, "")))];
}

async function readStart(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const buffer = new Uint8Array(MOST_BYTES);
    const length = await file.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, length));
  } catch {
    return ""; // without a list nothing is known, and completions have nobody to complain to
  }
}

function isServer(text: string): boolean {
  try {
    parseServer(text);
    return true;
  } catch {
    return false; // a line that is none concerns nobody who presses Tab
  }
}
