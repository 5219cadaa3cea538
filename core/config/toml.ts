/**
 * TOML files, and on which line each key stands.
 *
 * The parser tells values but not where they were written; people who made a mistake want to know the line. So keys are
 * looked up in the text once more, when there is something to complain about.
 *
 * @module
 */

import { parse as untypedParse } from "@std/toml";
import { BlitError } from "../errors.ts";

/** Keys and positions in arrays, from the top of the file: `["module", 1, "path"]`. */
export type KeyPath = readonly (string | number)[];

/** A table of a TOML file. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** A parsed file. */
export interface TomlFile {
  /** As the user wrote its path. */
  readonly path: string;
  readonly text: string;
  readonly root: TomlTable;
}

const parse = untypedParse as unknown as (text: string) => TomlTable;

/**
 * Parses a TOML file.
 *
 * @throws {BlitError} "usage" with file and line.
 */
export function parseToml(text: string, path: string): TomlFile {
  const { twice, lost } = scanKeys(text);
  if (twice !== undefined) {
    // The parser would take the last one.
    const reason = `"${twice.key}": it stands on line ${twice.firstLine} already`;
    throw new BlitError("usage", `Cannot use "${path}", line ${twice.line}: ${reason}`, { path });
  }
  if (lost !== undefined) {
    throw new BlitError("usage", `Cannot use "${path}", line ${lost}: "${LOST_KEY}": unknown key`, { path });
  }
  try {
    return { path, text, root: parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, line, rest] = /^Parse error on line (\d+), column \d+: (.*)$/s.exec(message) ?? [];
    const where = line === undefined ? "" : `, line ${line}`;
    throw new BlitError("usage", `Cannot use "${path}"${where}: ${lowerFirst(rest ?? message)}`, {
      path,
      cause: error,
    });
  }
}

/**
 * The line, from 1, on which a key is written; of the nearest table around it where the key itself is not found, as in
 * an inline table, and `undefined` where even that is not.
 */
export function findLine(text: string, keys: KeyPath): number | undefined {
  const { lines } = scanKeys(text);
  for (let length = keys.length; length > 0; length--) {
    const line = lines.get(spell(keys.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

const TABLE = /^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$/;
const ASSIGNMENT = /^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$/;
const KEY_PART = /[A-Za-z0-9_-]+|"[^"]*"|'[^']*'/g;

/** The parser sets the prototype of its object by this key, where nobody finds it as a key. */
const LOST_KEY = "__proto__";
const LOST_INLINE = new RegExp(`^\\s*[[{].*[{,\\s]["']?${LOST_KEY}["']?\\s*[=.]`);

/** Where keys stand, and the first one that stands there twice. */
interface KeyScan {
  readonly lines: ReadonlyMap<string, number>;
  readonly twice?: { readonly key: string; readonly line: number; readonly firstLine: number };
  /** Line of the first key that the parser would lose. */
  readonly lost?: number;
}

function scanKeys(text: string): KeyScan {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table: KeyPath = [];
  let twice: KeyScan["twice"];
  let lost: KeyScan["lost"];
  for (const { line, key, header, isArray, value } of keyLines(text)) {
    let keys: KeyPath;
    if (key !== undefined) keys = [...table, ...splitKey(key)];
    else {
      keys = splitKey(header);
      const count = counts.get(spell(keys)) ?? 0;
      if (isArray) {
        counts.set(spell(keys), count + 1);
        keys = [...keys, count];
      }
      table = keys;
    }
    if (keys.includes(LOST_KEY) || LOST_INLINE.test(value)) lost ??= line;
    const firstLine = lines.get(spell(keys));
    if (firstLine === undefined) lines.set(spell(keys), line);
    else twice ??= { key: key ?? header, line, firstLine };
  }
  return { lines, ...(twice && { twice }), ...(lost !== undefined && { lost }) };
}

type KeyLine =
  & { readonly line: number; readonly isArray: boolean; readonly value: string }
  & ({ readonly key: string; readonly header: undefined } | { readonly key: undefined; readonly header: string });

/** The lines on which a table or a key begins; what is inside a text over several lines is neither. */
function* keyLines(text: string): Generator<KeyLine> {
  let quotes: string | undefined;
  for (const [index, content] of text.split("\n").entries()) {
    if (quotes !== undefined) {
      if (content.includes(quotes)) quotes = undefined;
      continue;
    }
    const [, key, value = ""] = ASSIGNMENT.exec(content) ?? [];
    const [, bracket, header] = TABLE.exec(content) ?? [];
    const line = index + 1;
    if (key !== undefined) yield { line, key, header: undefined, isArray: false, value };
    else if (header !== undefined) yield { line, key: undefined, header, isArray: bracket === "[[", value };
    const [, opening] = /("""|''')/.exec(value) ?? [];
    if (opening !== undefined && value.split(opening).length === 2) quotes = opening;
  }
}

function splitKey(key: string): string[] {
  return (key.match(KEY_PART) ?? []).map((part) => part.replace(/^["'](.*)["']$/, "$1"));
}

function spell(keys: KeyPath): string {
  return JSON.stringify(keys);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
