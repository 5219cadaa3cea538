/**
 * `blit list`.
 *
 * @module
 */

import type { ServerEntry, ServerModule } from "../../core/connect.ts";
import { EXIT_STATUS } from "../../core/errors.ts";
import type { EntryKind } from "../../core/fs/types.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import { list, type Listed, parseListTarget } from "../../utils/list.ts";
import { formatTime } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { PROGRAM } from "../table/mod.ts";

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

/** Runs the command and resolves with the exit status. */
export async function run({ args: [target], flags }: Command, io: Io): Promise<number> {
  let failures = 0;
  for await (const listed of list(parseListTarget(target, io.platform))) {
    if (listed.kind === "failure") failures++;
    if (io.stdout.closed.aborted) break;
    if (flags.json) io.stdout.write(jsonOf(listed));
    else if (listed.kind === "failure") io.stderr.write(`${PROGRAM}: ${cleanText(listed.error.message)}\n`);
    else io.stdout.write(`${cleanText(textOf(listed))}\n`);
  }
  return failures > 0 ? EXIT_STATUS.partial : EXIT_STATUS.done;
}

function jsonOf(listed: Listed): string {
  if (listed.kind === "module") return jsonLine({ type: "module", ...listed.module });
  if (listed.kind === "entry") return jsonLine({ type: "entry", ...listed.entry });
  const { code, message } = listed.error;
  return jsonLine({ type: "failed", code, message });
}

function textOf(listed: Exclude<Listed, { kind: "failure" }>): string {
  return listed.kind === "module" ? moduleLine(listed.module) : entryLine(listed.entry);
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
