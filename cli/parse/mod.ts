/**
 * Arguments -> what the user asks for. Strict: whatever the table does not know is a usage error with a suggestion.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { findVerb, FLAG_CONFLICTS, flagsOf, PROGRAM, usageOf, VERBS } from "../table/mod.ts";
import type { RawFlags, VerbName, VerbSpec } from "../table/mod.ts";
import { spellOut } from "./spell_out.ts";
import { parseArgs } from "./std.ts";
import { suggest } from "./suggest.ts";

/** A verb with its arguments and flags as they were typed. */
export interface Command {
  readonly kind: "command";
  readonly verb: Exclude<VerbName, "help">;
  readonly source: string;
  readonly destination: string;
  readonly flags: RawFlags;
}

/** What a command line asks for. `usage` is the bare program name: the help text, as an error. */
export type Request =
  | { readonly kind: "usage" }
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly verb?: VerbSpec }
  | Command;

/** Parses the arguments after the program name; rejects with a `BlitError` "usage". */
export async function parseRequest(args: readonly string[]): Promise<Request> {
  const [first, ...rest] = args;
  if (first === undefined) return { kind: "usage" };
  if (first === "--help" || first === "-h") return { kind: "help" };
  if (first === "--version" || first === "-V") return { kind: "version" };
  const verb = findVerb(first);
  if (!verb) throw await unknownVerb(first);
  const { flags, positional } = collect(await spellOut(rest, verb), verb);
  if (flags.help) return { kind: "help", verb };
  if (flags.version) return { kind: "version" };
  if (verb.name === "help") return { kind: "help", verb: await parseTopic(positional, verb) };
  checkConflicts(flags);
  const [source, destination] = requireArguments(positional, verb);
  return { kind: "command", verb: verb.name, source, destination, flags };
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

function requireArguments(positional: string[], verb: VerbSpec): string[] {
  const hint = `Usage: ${usageOf(verb)}`;
  const missing = verb.arguments[positional.length];
  if (missing) throw new BlitError("usage", `Cannot ${verb.name}: ${missing} is missing`, { hint });
  const extra = positional[verb.arguments.length];
  if (extra !== undefined) {
    throw new BlitError("usage", `Cannot ${verb.name}: one argument too many, "${extra}"`, { hint });
  }
  const empty = positional.indexOf("");
  if (empty !== -1) throw new BlitError("usage", `Cannot ${verb.name}: ${verb.arguments[empty]} is empty`, { hint });
  return positional;
}

async function parseTopic(positional: string[], help: VerbSpec): Promise<VerbSpec | undefined> {
  if (positional.length === 0) return undefined;
  const [name] = requireArguments(positional, help);
  const verb = findVerb(name);
  if (!verb) throw await unknownVerb(name);
  return verb;
}

async function unknownVerb(word: string): Promise<BlitError> {
  const hint = `"${PROGRAM} --help" lists the verbs`;
  if (word.startsWith("-")) {
    return new BlitError("usage", `Unknown flag "${word}" before the verb`, {
      hint: `Flags follow the verb, as in "${PROGRAM} copy --dry-run SOURCE DESTINATION"; ${hint}`,
    });
  }
  const meant = await suggest(word, VERBS.map((verb) => verb.name));
  return new BlitError("usage", `Unknown verb "${word}"${meant ? `: did you mean "${meant}"?` : ""}`, { hint });
}
