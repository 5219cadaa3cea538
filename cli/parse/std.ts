/**
 * The parts of the Deno standard library that parsing uses, with explicit types: what `deno.json` maps them to on npm
 * has no type declarations.
 *
 * @module
 */

import { parseArgs as untypedParseArgs } from "@std/cli/parse-args";

/** The options of `parseArgs` that Blit uses. */
export interface ParseArgsOptions {
  boolean: string[];
  string: string[];
  collect: string[];
  negatable: string[];
}

/** Values by flag name, and the positional arguments under `_`. */
export interface ParsedArgs {
  _: string[];
  [name: string]: string | boolean | string[] | undefined;
}

/** Collects flags and positional arguments. */
export const parseArgs = untypedParseArgs as unknown as (args: string[], options: ParseArgsOptions) => ParsedArgs;

/** How many single-character edits turn one word into the other. Loaded on demand: only mistakes need it. */
export async function editDistance(a: string, b: string): Promise<number> {
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance") as unknown as {
    levenshteinDistance(a: string, b: string): number;
  };
  return levenshteinDistance(a, b);
}
