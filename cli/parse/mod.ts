/**
 * Arguments -> what the user asks for. Strict: whatever the table does not know is a usage error with a suggestion.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { BLIT, FLAG_CONFLICTS, flagsOf, TRANSFER_VERBS, usageOf } from "../table/mod.ts";
import type { CommandName, Program, RawFlags, VerbSpec } from "../table/mod.ts";
import { matchVerb } from "./find_verb.ts";
import { spellOut } from "./spell_out.ts";
import { parseArgs } from "./std.ts";

/** A verb with its arguments and flags as they were typed. */
export interface Command<Name extends CommandName = CommandName> {
  readonly kind: "command";
  readonly verb: Name;
  /** The name of the program that was called. */
  readonly program: string;
  /** The positional arguments, as many as the table says. */
  readonly args: readonly string[];
  readonly flags: RawFlags;
}

/** What help is about: a verb, the first word of several, or by default the program. */
export type Topic = VerbSpec | string;

/** What a command line asks for. `usage` is a command line that stops before its verb: the help text, as an error. */
export type Request =
  | { readonly kind: "usage"; readonly topic?: Topic }
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly topic?: Topic }
  | Command;

/** Parses the arguments after the program name; rejects with a `BlitError` "usage". */
export async function parseRequest(args: readonly string[], program: Program = BLIT): Promise<Request> {
  const [first] = args;
  if (first === undefined) return { kind: "usage" };
  if (first === "--help" || first === "-h") return { kind: "help" };
  if (first === "--version" || first === "-V") return { kind: "version" };
  const found = await matchVerb(args, program);
  if (found.kind === "family") return { kind: found.rest.length === 0 ? "usage" : "help", topic: found.word };
  const { verb, rest } = found;
  const { flags, positional } = collect(await spellOut(rest, verb, program), verb);
  if (flags.help) return { kind: "help", topic: verb };
  if (flags.version) return { kind: "version" };
  if (verb.name === "help") return await parseTopic(positional, program);
  checkConflicts(flags);
  return {
    kind: "command",
    verb: verb.name,
    program: program.name,
    args: requireArguments(positional, verb, program),
    flags,
  };
}

/** Whether this switch was given, for reporting an error of a command line that could not be parsed. */
export function isGiven(args: readonly string[], ...spellings: string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).some((arg) => spellings.includes(arg));
}

function collect(args: string[], verb: VerbSpec): { flags: RawFlags; positional: string[] } {
  const specs = flagsOf(verb.name);
  const namesOf = (chosen: typeof specs) => chosen.map((flag) => flag.name);
  const { _: positional, ...flags } = parseArgs(args, {
    boolean: namesOf(specs.filter((flag) => flag.type === "boolean" && !flag.negatable)),
    string: namesOf(specs.filter((flag) => flag.type !== "boolean")),
    collect: namesOf(specs.filter((flag) => flag.type === "list")),
    negatable: namesOf(specs.filter((flag) => flag.negatable)),
  });
  return { flags: flags as RawFlags, positional };
}

function checkConflicts(flags: RawFlags): void {
  for (const { flags: names, reason } of FLAG_CONFLICTS) {
    // A switch that is off and a list without items were not given.
    const [first, second] = names.filter((name) => String((flags as Record<string, unknown>)[name] || "") !== "");
    if (second) throw new BlitError("usage", `Cannot combine --${first} with --${second}: ${reason}`);
  }
}

/** Checks positional arguments against the table. */
function requireArguments(positional: readonly string[], verb: VerbSpec, program: Program): readonly string[] {
  const hint = `Usage: ${usageOf(verb, program)}`;
  const action = TRANSFER_VERBS.some((name) => name === verb.name) ? verb.name : `use ${verb.name}`;
  const missing = verb.arguments[positional.length];
  if (missing && !missing.startsWith("[")) {
    throw new BlitError("usage", `Cannot ${action}: ${missing} is missing`, { hint });
  }
  const extra = positional[verb.arguments.length];
  if (extra !== undefined && !verb.arguments.at(-1)?.includes("...")) {
    throw new BlitError("usage", `Cannot ${action}: one argument too many, "${extra}"`, { hint });
  }
  const empty = positional.indexOf("");
  if (empty === -1) return positional;
  const name = verb.arguments[Math.min(empty, verb.arguments.length - 1)];
  throw new BlitError("usage", `Cannot ${action}: ${name} is empty`, { hint });
}

async function parseTopic(words: readonly string[], program: Program): Promise<Request> {
  if (words.length === 0) return { kind: "help" };
  const found = await matchVerb(words, program);
  if (found.kind === "family") return { kind: "help", topic: found.word };
  const [extra] = found.rest;
  if (extra === undefined) return { kind: "help", topic: found.verb };
  throw new BlitError("usage", `Cannot explain "${words.join(" ")}": "${extra}" is not part of a verb`);
}
