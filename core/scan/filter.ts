/**
 * Which entries take part in a transfer.
 *
 * @module
 */

import type { Ignore, Options as IgnoreOptions } from "ignore";
import type { Stat } from "../fs/types.ts";
import { asByteString, type ByteString, displayName, encodeText } from "../paths/bytes.ts";
import { BlitError } from "../errors.ts";

/**
 * What a filter says of an entry: it takes part, it does not, or it is a directory that is only walked, because something
 * below it may take part.
 */
export type Admission = "yes" | "no" | "walk";

/** The rules of a {@linkcode Filter}, as plain data that can be sent to a worker. */
export interface FilterRules {
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  readonly minSizeBytes?: number;
  readonly maxSizeBytes?: number;
  /** Files modified later than this are left out; seconds since 1970. */
  readonly modifiedBeforeSeconds?: number;
  /** Files modified earlier than this are left out; seconds since 1970. */
  readonly modifiedAfterSeconds?: number;
  /** Listed paths, relative and normal; see {@linkcode normaliseListedPath}. */
  readonly filesFrom?: readonly ByteString[];
}

/** Decides about entries by path, kind, size and time. */
export interface Filter {
  /** Whether an entry takes part. */
  admits(path: ByteString, stat: Stat): Admission;
  /**
   * The only names that may take part in a directory, where a list names them; `undefined` where the directory itself must
   * be read.
   */
  namesIn(path: ByteString): readonly ByteString[] | undefined;
  /** Names of the list in a directory that takes part as a whole: each of them has to be there. */
  expectedIn(path: ByteString): readonly ByteString[];
  /** Paths of the list at this path or below; empty without a list. */
  listedBelow(path: ByteString): readonly ByteString[];
}

/** Everything takes part. */
export const admitAll: Filter = {
  admits: () => "yes",
  namesIn: () => undefined,
  expectedIn: () => [],
  listedBelow: () => [],
};

/**
 * Loads a filter; without rules it is {@linkcode admitAll}, which costs nothing. The pattern matcher is loaded only when there
 * are patterns: that takes 15 ms.
 */
export async function loadFilter(rules: FilterRules): Promise<Filter> {
  const hasPatterns = rules.exclude.length > 0 || rules.include.length > 0;
  return createFilter(rules, hasPatterns ? createMatcherWith((await import("ignore")).default) : undefined);
}

/** Makes the matcher of some patterns. */
type CreateMatcher = (patterns: readonly string[]) => Ignore;

function createFilter(rules: FilterRules, createMatcher: CreateMatcher | undefined): Filter {
  const parts: ((path: ByteString, stat: Stat) => Admission)[] = [];
  const listed = rules.filesFrom === undefined ? undefined : new ListedPaths(rules.filesFrom);
  if (listed !== undefined) parts.push((path) => listed.admits(path));
  if (rules.exclude.length > 0) {
    const excluded = new Patterns(rules.exclude, createMatcher!);
    parts.push((path, stat) => excluded.matches(path, stat) ? "no" : "yes");
  }
  if (rules.include.length > 0) {
    const included = new Patterns(rules.include, createMatcher!);
    parts.push((path, stat) => included.matches(path, stat) ? "yes" : stat.kind === "directory" ? "walk" : "no");
  }
  if (hasFileRules(rules)) parts.push((_, stat) => stat.kind !== "file" || admitsFile(rules, stat) ? "yes" : "no");
  if (parts.length === 0) return admitAll;
  return {
    admits: (path, stat) => weakest(parts, path, stat),
    namesIn: (path) => listed?.namesIn(path),
    expectedIn: (path) => listed?.expectedIn(path) ?? [],
    listedBelow: (path) => listed?.listedBelow(path) ?? [],
  };
}

/**
 * A line of a `filesFrom` list as a path relative to the source: without `./`, leading and repeated slashes.
 *
 * @throws {BlitError} "usage" for a path that leaves the source.
 */
export function normaliseListedPath(text: string): ByteString {
  const components = text.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) {
    throw new BlitError("usage", `Cannot use the listed path "${text}": it leaves the source`, { path: text });
  }
  return encodeText(components.join("/"));
}

function weakest(
  parts: readonly ((path: ByteString, stat: Stat) => Admission)[],
  path: ByteString,
  stat: Stat,
): Admission {
  let result: Admission = "yes";
  for (const part of parts) {
    const admission = part(path, stat);
    if (admission === "no") return "no";
    if (admission === "walk") result = "walk";
  }
  return result;
}

function hasFileRules(rules: FilterRules): boolean {
  return rules.minSizeBytes !== undefined || rules.maxSizeBytes !== undefined ||
    rules.modifiedBeforeSeconds !== undefined || rules.modifiedAfterSeconds !== undefined;
}

function admitsFile(rules: FilterRules, stat: Stat): boolean {
  const modified = stat.mtimeSeconds + stat.mtimeNanoseconds / 1e9;
  return stat.size >= (rules.minSizeBytes ?? 0) && stat.size <= (rules.maxSizeBytes ?? Infinity) &&
    modified <= (rules.modifiedBeforeSeconds ?? Infinity) && modified >= (rules.modifiedAfterSeconds ?? -Infinity);
}

/** Patterns by gitignore's rules. */
class Patterns {
  /** `ignore` remembers every path it was asked about; a new instance after so many keeps memory flat. */
  static readonly REMEMBERED_PATHS = 10_000;

  #matcher: Ignore;
  #asked = 0;

  constructor(readonly patterns: readonly string[], readonly createMatcher: CreateMatcher) {
    this.#matcher = createMatcher(patterns);
  }

  matches(path: ByteString, stat: Stat): boolean {
    if (path === "") return false; // the root always takes part
    if (++this.#asked % Patterns.REMEMBERED_PATHS === 0) this.#matcher = this.createMatcher(this.patterns);
    const text = displayName(path);
    return this.#matcher.ignores(stat.kind === "directory" ? `${text}/` : text);
  }
}

function createMatcherWith(ignore: (options: IgnoreOptions) => Ignore): CreateMatcher {
  // Names are matched exactly; gitignore folds case only where git is told to.
  return (patterns) => ignore({ ignorecase: false, allowRelativePaths: true }).add([...patterns]);
}

/** The paths of a list, and the directories that lead to them. */
class ListedPaths {
  readonly #listed: Set<string>;
  /** Directories that lead to listed paths, with the names to look at in each. */
  readonly #names = new Map<string, Set<ByteString>>();

  constructor(paths: readonly ByteString[]) {
    this.#listed = new Set(paths);
    for (const path of paths) this.#addParents(path);
  }

  admits(path: ByteString): Admission {
    if (this.#isBelowListed(path)) return "yes";
    return this.#names.has(path) ? "walk" : "no";
  }

  namesIn(path: ByteString): readonly ByteString[] | undefined {
    if (this.#isBelowListed(path)) return undefined;
    const names = this.#names.get(path);
    return names === undefined ? [] : [...names];
  }

  expectedIn(path: ByteString): readonly ByteString[] {
    return this.#isBelowListed(path) ? [...this.#names.get(path) ?? []] : [];
  }

  listedBelow(path: ByteString): readonly ByteString[] {
    if (this.#listed.has(path)) return [path];
    const names = [...this.#names.get(path) ?? []];
    return names.flatMap((name) => this.listedBelow(asByteString(path === "" ? name : `${path}/${name}`)));
  }

  #addParents(path: ByteString): void {
    for (let rest: string = path; rest !== "";) {
      const slash = rest.lastIndexOf("/");
      const parent = slash < 0 ? "" : rest.slice(0, slash);
      const names = this.#names.get(parent) ?? new Set();
      names.add(asByteString(rest.slice(slash + 1)));
      this.#names.set(parent, names);
      rest = parent;
    }
  }

  #isBelowListed(path: ByteString): boolean {
    if (this.#listed.has("")) return true;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (this.#listed.has(path.slice(0, end))) return true;
    }
    return false;
  }
}
