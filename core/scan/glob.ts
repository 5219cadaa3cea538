/**
 * Patterns for names and paths.
 *
 * | pattern | matches |
 * |---|---|
 * | `?` | one character, no slash |
 * | `*` | any characters, no slash |
 * | `**` | as a component: any number of components |
 * | `[a-z]`, `[!a-z]` | one character that is, or is not, one of these |
 * | `{a,b}` | one of the two; not nested |
 * | `\x` | `x` itself |
 *
 * Patterns come from strangers as well, so they are not turned into regular expressions: those can take for ever. This takes at
 * most the length of the text times that of the pattern.
 *
 * @module
 */

import { BlitError } from "../errors.ts";

/** The longest pattern, in characters. */
export const MAX_GLOB_LENGTH = 1024;
/** What braces may come to. */
const MOST_ALTERNATIVES = 64;

type Token =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "any" }
  | { readonly type: "set"; readonly ranges: readonly (readonly [string, string])[]; readonly negated: boolean }
  | { readonly type: "star" }
  /** `**` and the slash behind it. */
  | { readonly type: "components" }
  /** `**` at the end. */
  | { readonly type: "rest" };

/** A pattern that can be asked. */
export interface Glob {
  /** Whether it is about the path and not about the name alone: it contains a slash. */
  readonly isPath: boolean;
  matches(text: string): boolean;
}

/**
 * Reads a pattern.
 *
 * @throws {BlitError} "usage" for one that has no meaning
 */
export function parseGlob(pattern: string): Glob {
  if (pattern.length > MAX_GLOB_LENGTH) throw invalid(pattern, `it is longer than ${MAX_GLOB_LENGTH} characters`);
  const alternatives = expandBraces(pattern).map((alternative) => tokenize(alternative.replace(/^\//, ""), pattern));
  const tails = alternatives.map(tailOf);
  return {
    isPath: pattern.includes("/"),
    // Most texts are told apart by how they end.
    matches: (text) => alternatives.some((tokens, i) => text.endsWith(tails[i]) && matchTokens(tokens, text)),
  };
}

/** `a{b,c}` -> `ab`, `ac`. */
function expandBraces(pattern: string): string[] {
  const pieces = pattern.match(/\\.|\{[^{}]*,[^{}]*\}|[^\\{]+|./gsu) ?? [];
  let result = [""];
  for (const piece of pieces) {
    const options = piece.startsWith("{") && piece.length > 1 ? piece.slice(1, -1).split(",") : [piece];
    if (result.length * options.length > MOST_ALTERNATIVES) {
      throw invalid(pattern, `its braces come to more than ${MOST_ALTERNATIVES} patterns`);
    }
    result = result.flatMap((start) => options.map((option) => start + option));
  }
  return result;
}

function tokenize(pattern: string, whole: string): Token[] {
  const tokens: Token[] = [];
  const addText = (text: string): void => {
    const last = tokens.at(-1);
    if (last?.type === "text") tokens[tokens.length - 1] = { type: "text", text: last.text + text };
    else tokens.push({ type: "text", text });
  };
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (character === "\\") {
      if (i + 1 === characters.length) throw invalid(whole, "a backslash at its end stands for nothing");
      addText(characters[++i]);
    } else if (character === "?") tokens.push({ type: "any" });
    else if (character === "[") {
      const end = endOfSet(characters, i);
      if (end === undefined) throw invalid(whole, 'a "[" has no "]"');
      tokens.push(parseSet(characters.slice(i + 1, end)));
      i = end;
    } else if (character === "*") {
      const start = i;
      while (characters[i + 1] === "*") i++;
      const isComponent = i > start && (start === 0 || characters[start - 1] === "/");
      if (isComponent && i + 1 === characters.length) tokens.push({ type: "rest" });
      else if (isComponent && characters[i + 1] === "/") tokens.push({ type: "components" }), i++;
      else tokens.push({ type: "star" });
    } else addText(character);
  }
  return tokens;
}

/** The place of the bracket that ends a set; the first character of a set can be one itself. */
function endOfSet(characters: readonly string[], start: number): number | undefined {
  let i = start + 1;
  if (characters[i] === "!" || characters[i] === "^") i++;
  const end = characters.indexOf("]", i + 1);
  return end === -1 ? undefined : end;
}

function parseSet(characters: readonly string[]): Token {
  const negated = characters[0] === "!" || characters[0] === "^";
  const rest = negated ? characters.slice(1) : characters;
  const ranges: [string, string][] = [];
  for (let i = 0; i < rest.length; i++) {
    if (rest[i + 1] === "-" && i + 2 < rest.length) {
      ranges.push([rest[i], rest[i + 2]]);
      i += 2;
    } else ranges.push([rest[i], rest[i]]);
  }
  return { type: "set", ranges, negated };
}

function tailOf(tokens: readonly Token[]): string {
  const last = tokens.at(-1);
  return last?.type === "text" ? last.text : "";
}

/**
 * One way back for `*` and one for `**` are enough: a later star of a kind can take whatever an earlier one would have given
 * up.
 */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let at = 0;
  let token = 0;
  let star: { at: number; token: number } | undefined;
  let components: { at: number; token: number } | undefined;
  for (;;) {
    const current = tokens[token];
    if (current === undefined && at === text.length) return true;
    if (current?.type === "rest") return true;
    if (current?.type === "star") {
      star = { at, token: ++token };
      continue;
    }
    if (current?.type === "components") {
      components = { at, token: ++token };
      star = undefined;
      continue;
    }
    const length = current === undefined ? 0 : matchLength(current, text, at);
    if (length > 0) {
      at += length;
      token++;
    } else if (star !== undefined && star.at < text.length && text[star.at] !== "/") {
      star.at += lengthAt(text, star.at);
      ({ at, token } = star);
    } else if (components !== undefined) {
      // The next component.
      const slash = text.indexOf("/", components.at);
      if (slash === -1) return false;
      components.at = slash + 1;
      star = undefined;
      ({ at, token } = components);
    } else return false;
  }
}

/** How much of the text a token takes; 0 where it does not match. */
function matchLength(token: Token, text: string, at: number): number {
  if (token.type === "text") return text.startsWith(token.text, at) ? token.text.length : 0;
  if (at >= text.length || text[at] === "/") return 0;
  const length = lengthAt(text, at);
  if (token.type !== "set") return length;
  const character = text.slice(at, at + length);
  const isIn = token.ranges.some(([first, last]) => character >= first && character <= last);
  return isIn !== token.negated ? length : 0;
}

/** Of the character there: those beyond U+FFFF take two places. */
function lengthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

function invalid(pattern: string, reason: string): BlitError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}...` : pattern;
  return new BlitError("usage", `Cannot use the pattern "${shown}": ${reason}`);
}
