/**
 * Modules and entries as lines.
 *
 * @module
 */

import type { ServerEntry, ServerModule } from "../core/connect.ts";
import type { EntryKind } from "../core/fs/types.ts";
import { cleanText } from "../core/paths/bytes.ts";
import type { Listed } from "../utils/list.ts";
import { formatIsoTime, formatTime } from "./format.ts";
import { jsonLine } from "./json_line.ts";

const LETTERS: Readonly<Record<EntryKind, string>> = {
  "file": "-",
  "directory": "d",
  "symlink": "l",
  "fifo": "p",
  "socket": "s",
  "block-device": "b",
  "character-device": "c",
  "unknown": "?",
};

/** Digits of a file of 9 TB. */
const SIZE_WIDTH = 13;
const MODULE_WIDTH = 16;

/** What was found, as a line of JSON. */
export function listedJson(listed: Listed): string {
  if (listed.kind === "module") return jsonLine({ type: "module", ...listed.module });
  if (listed.kind === "failure") return failureJson(listed.error);
  const { mtimeSeconds, mtimeNanoseconds } = listed.entry;
  return jsonLine({ type: "entry", ...listed.entry, modified: formatIsoTime(mtimeSeconds, mtimeNanoseconds) });
}

/** Something that could not be looked at, as a line of JSON. */
export function failureJson({ code, message }: { readonly code: string; readonly message: string }): string {
  return jsonLine({ type: "failed", code, message });
}

/** What was found, as a line for people. */
export function listedLine(listed: Exclude<Listed, { kind: "failure" }>): string {
  return `${cleanText(listed.kind === "module" ? moduleLine(listed.module) : entryLine(listed.entry))}\n`;
}

function moduleLine({ name, comment, readOnly, trusted }: ServerModule): string {
  const rights = [...readOnly ? ["read-only"] : [], ...trusted ? ["trusted"] : []].join(", ");
  const notes = [...rights === "" ? [] : [`(${rights})`], ...comment === "" ? [] : [comment]].join(" ");
  return `${`/${name === "" ? "/" : name}`.padEnd(notes === "" ? 0 : MODULE_WIDTH)}${notes === "" ? "" : `  ${notes}`}`;
}

function entryLine(entry: ServerEntry): string {
  const { name, kind, mode, sizeBytes, mtimeSeconds, target } = entry;
  const size = (kind === "file" || kind === "symlink" ? String(sizeBytes) : "").padStart(SIZE_WIDTH);
  const time = formatTime(new Date(mtimeSeconds * 1000));
  const shown = `${name === "" ? "." : name}${kind === "directory" ? "/" : ""}`;
  return `${LETTERS[kind]}${modeText(mode)} ${size}  ${time}  ${shown}${target === undefined ? "" : ` -> ${target}`}`;
}

/** `rwxr-sr-t`, as `ls` writes it. */
function modeText(mode: number): string {
  const triple = (shift: number, special: boolean, letter: string): string => {
    const bits = (mode >> shift) & 7;
    const run = bits & 1 ? (special ? letter : "x") : (special ? letter.toUpperCase() : "-");
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${run}`;
  };
  return triple(6, (mode & 0o4000) !== 0, "s") + triple(3, (mode & 0o2000) !== 0, "s") +
    triple(0, (mode & 0o1000) !== 0, "t");
}
