/**
 * Whether a history is kept: the settings file `perf.json`.
 *
 * @module
 */

import { portableError } from "../fs/portable_errors.ts";
import { ensureDirectory, inDirectory, isAllowed, refuseSpecial, replaceFile, withLock } from "./history_files.ts";

/** Settings take a few dozen bytes; what is larger was not written by Blit. */
const MOST_SETTINGS_BYTES = 64 * 1024;

/** The name of the settings in their directory. */
export const SETTINGS_FILE = "perf.json";

/**
 * Whether runs are to be recorded. They are, unless {@linkcode setEnabled} said otherwise. Settings that
 * cannot be read, or are no JSON object, count as "no": whoever wrote them may have wanted it. Never throws.
 */
export function isEnabled(directory: string): boolean {
  try {
    return isAllowed(directory, "read") && (readSettings(directory)?.history ?? true) === true;
  } catch {
    return false; // as documented
  }
}

/**
 * Remembers whether runs are to be recorded. Other settings in the file stay; a damaged file is replaced.
 *
 * @throws {BlitError} when the settings cannot be written; with the code "busy" after waiting for others for about 150 ms
 */
export function setEnabled(directory: string, enabled: boolean): void {
  const path = inDirectory(directory, SETTINGS_FILE);
  try {
    ensureDirectory(directory);
    withLock(directory, () => {
      const settings = { ...readableSettings(directory), history: enabled };
      replaceFile(path, `${JSON.stringify(settings, undefined, 2)}\n`);
    });
  } catch (error) {
    throw portableError(error, "write the settings", path);
  }
}

/** `undefined` where there are none. */
function readSettings(directory: string): Record<string, unknown> | undefined {
  const path = inDirectory(directory, SETTINGS_FILE);
  refuseSpecial(path);
  let text: string;
  try {
    if (Deno.statSync(path).size > MOST_SETTINGS_BYTES) throw new SyntaxError("Too large for settings");
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("Not a JSON object");
  return value as Record<string, unknown>;
}

function readableSettings(directory: string): Record<string, unknown> {
  try {
    return readSettings(directory) ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {}; // damaged: nothing in it can be kept
    throw error;
  }
}
