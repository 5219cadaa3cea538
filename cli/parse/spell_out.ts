/**
 * Arguments as people type them -> one spelling, checked against the table.
 *
 * `parseArgs` is lenient: it takes unknown flags, guesses whether a word is a flag's value, and reads `true` after a
 * switch as its value. A file mover must not guess. So every flag is first spelled `--name` or `--name=value`, with
 * everything else after `--`, which leaves nothing to guess.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { BLIT, FLAGS, flagsOf, usageOf } from "../table/mod.ts";
import type { FlagSpec, Program, VerbSpec } from "../table/mod.ts";
import { suggest } from "./suggest.ts";

/** Spells out the arguments after a verb; rejects with a `BlitError` "usage" for what the table does not know. */
export async function spellOut(args: readonly string[], verb: VerbSpec, program: Program = BLIT): Promise<string[]> {
  const flags: string[] = [];
  const positional: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") positional.push(arg);
    else if (!arg.startsWith("--")) flags.push(...await spellOutCluster(arg, verb, program));
    else {
      const { flag, text } = await spellOutLong(arg, verb, program);
      if (flag.type === "boolean" || text.includes("=")) flags.push(text);
      else flags.push(`${text}=${requireValue(flag, args[++i])}`);
    }
  }
  return [...flags, "--", ...positional];
}

/** `-nv` -> `--dry-run --verbose`. */
async function spellOutCluster(arg: string, verb: VerbSpec, program: Program): Promise<string[]> {
  const result: string[] = [];
  for (const letter of arg.slice(1)) {
    const flag = flagsOf(verb.name).find((candidate) => candidate.short === letter);
    if (flag) result.push(`--${flag.name}`);
    else if (letter === "=" && result.length > 0) throw unexpectedValue(arg.slice(0, arg.indexOf("=")));
    else throw await unknownFlag(`-${letter}`, verb, program);
  }
  return result;
}

async function spellOutLong(
  arg: string,
  verb: VerbSpec,
  program: Program,
): Promise<{ flag: FlagSpec; text: string }> {
  const [name] = arg.slice(2).split("=", 1);
  const hasValue = arg.includes("=");
  const flags = flagsOf(verb.name);
  const flag = flags.find((candidate) => candidate.name === name) ??
    flags.find((candidate) => candidate.negatable && `no-${candidate.name}` === name);
  if (!flag) throw await unknownFlag(`--${name}`, verb, program);
  if (flag.type === "boolean" && hasValue) throw unexpectedValue(`--${name}`);
  if (arg === `--${name}=`) throw missingValue(flag);
  return { flag, text: arg };
}

function requireValue(flag: FlagSpec, next: string | undefined): string {
  if (next === undefined || next === "") throw missingValue(flag);
  // Taking "--dry-run" as a pattern would turn a rehearsal into the real thing.
  if (next.startsWith("-") && next !== "-") {
    throw new BlitError("usage", `Cannot use --${flag.name}: "${next}" looks like a flag, not like its value`, {
      hint: `Write --${flag.name}=${isText(flag) ? `${next} if it is the value` : flag.value}`,
    });
  }
  return next;
}

/** Whether a value of this flag can begin with a dash. */
function isText(flag: FlagSpec): boolean {
  return flag.type === "string" || flag.type === "list";
}

function missingValue(flag: FlagSpec): BlitError {
  return new BlitError("usage", `Cannot use --${flag.name}: its value is missing`, {
    hint: `Write --${flag.name} ${flag.value ?? "VALUE"}`,
  });
}

function unexpectedValue(name: string): BlitError {
  return new BlitError("usage", `Cannot use ${name} with a value: it is a switch`);
}

async function unknownFlag(name: string, verb: VerbSpec, program: Program): Promise<BlitError> {
  const elsewhere = (FLAGS as readonly FlagSpec[]).find((flag) =>
    `--${flag.name}` === name || `-${flag.short}` === name
  );
  if (elsewhere) {
    return new BlitError(
      "usage",
      `Cannot use ${name} with ${verb.name}: it is a flag of ${elsewhere.verbs.join(", ")}`,
      {
        hint: `See "${program.name} ${verb.name} --help"`,
      },
    );
  }
  const known = flagsOf(verb.name).flatMap((flag) => flag.negatable ? [flag.name, `no-${flag.name}`] : [flag.name]);
  const meant = name.startsWith("--") ? await suggest(name.slice(2), known) : undefined;
  return new BlitError("usage", `Unknown flag "${name}"${meant ? `: did you mean "--${meant}"?` : ""}`, {
    hint: `Usage: ${usageOf(verb, program)}; see "${program.name} ${verb.name} --help"`,
  });
}
