/**
 * Words -> a verb of one word or two, or the first word of several verbs.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { BLIT, familyOf, findVerb } from "../table/mod.ts";
import type { Program, VerbSpec } from "../table/mod.ts";
import { suggest } from "./suggest.ts";

/** What the first words mean. */
export type FoundVerb =
  | { readonly kind: "verb"; readonly verb: VerbSpec; readonly rest: readonly string[] }
  /** Only the first word of verbs of two words, with what followed it: nothing, or the wish for help. */
  | { readonly kind: "family"; readonly word: string; readonly rest: readonly string[] };

/** Finds the verb that words begin with; rejects with a `BlitError` "usage" that suggests one. */
export async function matchVerb(words: readonly string[], program: Program = BLIT): Promise<FoundVerb> {
  const [first, second, ...others] = words;
  const verb = findVerb(first, program);
  if (verb) return { kind: "verb", verb, rest: words.slice(1) };
  const family = familyOf(first, program);
  if (family.length === 0) throw await unknownVerb(first, program);
  if (second === undefined || second === "--help" || second === "-h") {
    return { kind: "family", word: first, rest: words.slice(1) };
  }
  const member = findVerb(`${first} ${second}`, program);
  if (member) return { kind: "verb", verb: member, rest: others };
  if (second.startsWith("-")) throw flagBeforeVerb(second, family[0].name, program);
  const meant = await suggest(second, family.map(({ name }) => name.slice(first.length + 1)));
  throw unknown(
    `${first} ${second}`,
    meant && `${first} ${meant}`,
    `"${program.name} ${first} --help" lists the verbs`,
  );
}

async function unknownVerb(word: string, program: Program): Promise<BlitError> {
  const { verbs } = program;
  if (word.startsWith("-")) return flagBeforeVerb(word, verbs[0].name, program);
  // The second word alone says what is meant, too.
  const whole = verbs.find(({ name }) => name.endsWith(` ${word}`))?.name;
  const meant = whole ?? await suggest(word, [...new Set(verbs.map(({ name }) => name.split(" ")[0]))]);
  return unknown(word, meant, listHint(program));
}

function listHint({ name }: Program): string {
  return `"${name} --help" lists the verbs`;
}

function unknown(words: string, meant: string | undefined, hint: string): BlitError {
  return new BlitError("usage", `Unknown verb "${words}"${meant ? `: did you mean "${meant}"?` : ""}`, { hint });
}

function flagBeforeVerb(flag: string, verb: string, program: Program): BlitError {
  const example = verb === "copy" ? "copy --dry-run SOURCE DESTINATION" : `${verb} --help`;
  return new BlitError("usage", `Unknown flag "${flag}" before the verb`, {
    hint: `Flags follow the verb, as in "${program.name} ${example}"; ${listHint(program)}`,
  });
}
