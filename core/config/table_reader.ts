/**
 * Reading a table key by key, so that every mistake is told with file, line, key and what is allowed.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { cleanText } from "../paths/bytes.ts";
import { findLine, type KeyPath, type TomlFile, type TomlTable } from "./toml.ts";

/** One table of a file, with the keys that it may have. Read every key, then {@linkcode TableReader.finish}. */
export class TableReader<Key extends string = string> {
  readonly #file: TomlFile;
  readonly #at: KeyPath;
  readonly #table: TomlTable;
  readonly #known = new Set<string>();

  /** Reads the table at this place of the file, which may be absent. */
  constructor(file: TomlFile, at: KeyPath, value: unknown) {
    this.#file = file;
    this.#at = at;
    if (value !== undefined && !isTable(value)) throw this.#error([], "expected a table");
    this.#table = value ?? {};
  }

  /** A text of one line. */
  text(key: Key): string | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    // deno-lint-ignore no-control-regex -- a NUL or a line break in a name or path is a mistake
    if (typeof value === "string" && !/[\x00\r\n]/.test(value)) return value;
    throw this.wrong(key, "a text of one line in quotes");
  }

  /** A text of one line, or a number. */
  textOrNumber(key: Key): string | number | undefined {
    const value = this.#get(key);
    return typeof value === "number" ? value : this.text(key);
  }

  /** A text of any number of lines. */
  lines(key: Key): string | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "string") return value;
    throw this.wrong(key, "a text in quotes");
  }

  /** `true` or `false`. */
  switch(key: Key): boolean | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw this.wrong(key, "true or false");
  }

  /** A whole number in a range. */
  whole(key: Key, least: number, most: number): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.wrong(key, `a whole number from ${least} to ${most}`);
  }

  /** One of a few words. */
  choice<T extends string>(key: Key, choices: readonly T[]): T | undefined {
    const value = this.#get(key);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    throw this.wrong(key, choices.map((choice) => `"${choice}"`).join(" or "));
  }

  /** A list of texts. */
  texts(key: Key): string[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw this.wrong(key, 'a list of texts, such as ["a", "b"]');
  }

  /** The table of this name. */
  table<Inner extends string>(key: Key): TableReader<Inner> {
    return new TableReader<Inner>(this.#file, [...this.#at, key], this.#get(key));
  }

  /** The tables that are written `[[key]]`. */
  tables<Inner extends string>(key: Key): TableReader<Inner>[] {
    const value = this.#get(key);
    if (value === undefined) return [];
    if (!Array.isArray(value) || !value.every(isTable)) throw this.wrong(key, `tables that begin with [[${key}]]`);
    return value.map((item, i) => new TableReader<Inner>(this.#file, [...this.#at, key, i], item));
  }

  /** Refuses every key that nobody has read. */
  finish(): void {
    const unknown = Object.keys(this.#table).find((key) => !this.#known.has(key));
    if (unknown === undefined) return;
    const allowed = [...this.#known].sort().join(", ");
    throw this.#error([unknown], `unknown key${this.#inTable()}, allowed are ${allowed}`);
  }

  /** The error for a key without which nothing goes. */
  missing(key: Key): BlitError {
    return this.#error([], `"${key}" is missing${this.#inTable()}`, true);
  }

  /** The error for a value that has another form than the key needs. */
  wrong(key: Key, expected: string): BlitError {
    return this.problem(key, `it is ${show(this.#table[key])}, expected ${expected}`);
  }

  /** The error for a value with which something else is wrong. */
  problem(key: Key, reason: string): BlitError {
    return this.#error([key], reason);
  }

  #get(key: Key): unknown {
    this.#known.add(key);
    return this.#table[key];
  }

  #inTable(): string {
    const name = this.#at.findLast((key) => typeof key === "string");
    return name === undefined ? "" : ` in [${name}]`;
  }

  #error(keys: string[], reason: string, bare = false): BlitError {
    const path = [...this.#at, ...keys];
    const line = findLine(this.#file.text, path);
    const where = line === undefined ? "" : `, line ${line}`;
    const key = path.findLast((part) => typeof part === "string") ?? "";
    const what = bare ? reason : `"${cleanText(String(key))}": ${reason}`;
    return new BlitError("usage", `Cannot use "${this.#file.path}"${where}: ${what}`, { path: this.#file.path });
  }
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A value as it could be written, short. */
function show(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : JSON.stringify(value) ?? String(value);
  return cleanText(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
