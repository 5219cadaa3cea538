/**
 * The command line as data: which verbs exist, which flags each of them has, and what both mean.
 *
 * The parser accepts what is in this table, the help texts print it, and suggestions come from it; nothing about a
 * flag is written anywhere else except what it does.
 *
 * @module
 */

import { FLAGS } from "./flags.ts";
import { BLIT } from "./programs.ts";
import type { FlagSpec, Program, VerbName, VerbSpec } from "./types.ts";

export { FLAG_CONFLICTS, FLAGS } from "./flags.ts";
export type { RawFlags } from "./flags.ts";
export { FLAG_GROUPS, TRANSFER_VERBS, VERB_GROUPS } from "./types.ts";
export type { CommandName, Example, FlagConflict, FlagGroup, FlagSpec, FlagType } from "./types.ts";
export { BLIT, BLIT_UTILS, commandOf, PROGRAM } from "./programs.ts";
export type { Program, VerbGroup, VerbName, VerbSpec } from "./types.ts";
export { VERBS } from "./verbs.ts";

/** The verb of this name, if there is one. */
export function findVerb(name: string, { verbs }: Program = BLIT): VerbSpec | undefined {
  return verbs.find((verb) => verb.name === name);
}

/** The verbs of two words that begin with this one; empty where there are none. */
export function familyOf(word: string, { verbs }: Program = BLIT): VerbSpec[] {
  return verbs.filter((verb) => verb.name.startsWith(`${word} `));
}

/** The flags that this verb has. */
export function flagsOf(verb: VerbName): FlagSpec[] {
  return (FLAGS as readonly FlagSpec[]).filter((flag) => flag.verbs.includes(verb));
}

/** One line that shows how a verb is called. */
export function usageOf(verb: VerbSpec, { name }: Program = BLIT): string {
  const flags = verb.name === "help" ? [] : ["[FLAGS]"];
  return [name, verb.name, ...flags, ...verb.arguments].join(" ");
}
