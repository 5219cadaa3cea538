/**
 * The programs that share the table, and which of its verbs each of them has.
 *
 * @module
 */

import type { Program, VerbName } from "./types.ts";
import { VERBS } from "./verbs.ts";

/** The name under which people run the program that has all verbs. */
export const PROGRAM = "blit";

/** `blit`. */
export const BLIT: Program = {
  name: PROGRAM,
  summary: "Blit moves files: fast, faithfully, and never loses one",
  verbs: VERBS,
  examples: [
    "blit copy photos /media/disk/",
    "blit mirror --dry-run photos/ /backup/photos",
    "blit verify photos/ /backup/photos",
  ],
};

/** What an administrator needs beside a daemon. */
const UTILITIES: readonly VerbName[] = [
  "scan",
  "list",
  "ls",
  "find",
  "du",
  "df",
  "rm",
  "completions",
  "profile",
  "help",
];

/** `blit-utils`. */
export const BLIT_UTILS: Program = {
  name: "blit-utils",
  summary: "Looks at what servers and directories hold, and tidies up there",
  verbs: VERBS.filter(({ name }) => UTILITIES.includes(name)),
  examples: ["blit list nas", "blit find nas:/media '*.iso' --min-size 1G", "blit du --depth 1 --sort nas:/media"],
};

/** A command line of the table, whose examples are those of `blit`, as this program has it. */
export function commandOf({ name }: Program, command: string): string {
  return command.replace(/^blit(?= )/, name);
}
