/**
 * Names as text, for calls that take no bytes.
 *
 * @module
 */

import { type ByteString, decodeText } from "../paths/bytes.ts";

// deno-lint-ignore no-control-regex -- NUL ends a name, every other ASCII character may stand in it
const PLAIN_NAME = /^[\x01-\x2e\x30-\x7f]+$/;

/** Characters that Windows keeps for itself; a colon would open an alternate stream, a backslash a directory. */
// deno-lint-ignore no-control-regex -- control characters are among those
const RESERVED_ON_WINDOWS = /[\x00-\x1f<>:"/\\|?*]|[. ]$/;
const DEVICE_ON_WINDOWS = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * The text of a single name, or `undefined` where this platform cannot have it: not UTF-8, not one component, or reserved.
 */
export function spellName(name: ByteString, platform: typeof Deno.build.os = Deno.build.os): string | undefined {
  const text = PLAIN_NAME.test(name) ? name : decodeComponent(name);
  if (text === undefined || text === "." || text === "..") return undefined;
  if (platform === "windows" && (RESERVED_ON_WINDOWS.test(text) || DEVICE_ON_WINDOWS.test(text))) return undefined;
  return text;
}

/** Why {@linkcode spellName} gave no text. */
export function whyUnspelled(name: ByteString): string {
  return decodeText(name) === undefined
    ? "the name is not UTF-8, which needs the native file system"
    : "this platform does not allow the name";
}

function decodeComponent(name: ByteString): string | undefined {
  return name === "" || name.includes("/") || name.includes("\0") ? undefined : decodeText(name);
}
