/**
 * The table of verbs and flags -> what can stand where in a command line.
 *
 * @module
 */

import { FLAG_CONFLICTS, flagsOf, type FlagSpec, type Program, type VerbSpec } from "../table/mod.ts";

/** What a word can be: something to choose from, or a text of which nothing is known. */
export type WordKind =
  | "place" // a local path, a server's module or a path in it
  | "server"
  | "job" // of the server before it
  | "file"
  | "directory"
  | keyof typeof CHOICES
  | "text";

/** Kinds that are one of a few words. */
export const CHOICES = {
  "shell": ["bash", "zsh", "fish", "powershell"],
  "entry-kind": ["file", "directory", "symlink", "fifo", "socket", "block-device", "character-device"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The words of a kind, where there are only a few. */
export function choicesOf(kind: WordKind): readonly string[] | undefined {
  return Object.hasOwn(CHOICES, kind) ? CHOICES[kind as keyof typeof CHOICES] : undefined;
}

/** A flag as a shell offers it. */
export interface CompletedFlag {
  /** With its dashes, as typed: `--dry-run`, `-n`, `--no-progress`. */
  readonly spellings: readonly string[];
  readonly help: string;
  /** What its value is; `undefined` for a switch. */
  readonly value: WordKind | undefined;
  /** What the help text calls the value. */
  readonly placeholder: string;
  readonly repeats: boolean;
  /** Spellings of the flags beside which it makes no sense. */
  readonly excludes: readonly string[];
}

/** A verb as a shell offers it. */
export interface CompletedVerb {
  /** One word or two. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** What its arguments are, in order. */
  readonly arguments: readonly WordKind[];
  /** Their names, in the same order. */
  readonly argumentNames: readonly string[];
  /** Whether the last argument may be repeated. */
  readonly repeats: boolean;
}

/** A program as a shell completes it. */
export interface CompletionModel {
  readonly program: string;
  /** `program`, as the names of functions may contain it. */
  readonly identifier: string;
  /** All verbs but `help`, which takes the words of the others. */
  readonly verbs: readonly CompletedVerb[];
  /** The first words of verbs of two, with what is said about them. */
  readonly families: ReadonlyMap<string, string>;
}

/** What an argument or a value is, by what the help texts call it. */
const KINDS: Readonly<Record<string, WordKind>> = {
  SOURCE: "place",
  DESTINATION: "place",
  TARGET: "place",
  PLACE: "place",
  PATH: "place",
  SERVER: "server",
  HOST: "server",
  ID: "job",
  SHELL: "shell",
  KIND: "entry-kind",
  FILE: "file",
  DIR: "directory",
};

/** What is known of a program's words. */
export function completionModel(program: Program): CompletionModel {
  const verbs = program.verbs.filter(({ name }) => name !== "help").map(toVerb);
  const families = new Map<string, string>();
  for (const { words: [first, second] } of verbs) {
    if (second === undefined) continue;
    const members = verbs.filter(({ words }) => words[0] === first && words.length > 1).map(({ words }) => words[1]);
    families.set(first, members.join(", "));
  }
  return { program: program.name, identifier: program.name.replaceAll("-", "_"), verbs, families };
}

function toVerb(verb: VerbSpec): CompletedVerb {
  const flags = flagsOf(verb.name);
  return {
    words: verb.name.split(" "),
    summary: verb.summary,
    flags: flags.flatMap((flag) => toFlags(flag, verb, flags)),
    arguments: verb.arguments.map((name) => KINDS[plainName(name)] ?? "text"),
    argumentNames: verb.arguments.map(plainName),
    repeats: verb.arguments.at(-1)?.includes("...") ?? false,
  };
}

/** `SOURCE` from `[SOURCE...]`. */
function plainName(argument: string): string {
  return argument.replace(/[^A-Z]/g, "");
}

/** A flag, and its negation as another one. */
function toFlags(flag: FlagSpec, verb: VerbSpec, all: readonly FlagSpec[]): CompletedFlag[] {
  const { name, short, value = "", type, negatable } = flag;
  const common = {
    help: flag.helpFor?.[verb.name] ?? flag.help,
    value: type === "boolean" ? undefined : KINDS[value] ?? "text",
    placeholder: value,
    repeats: type === "list",
    excludes: excludedBy(flag, all),
  };
  const spellings = [`--${name}`, ...short === undefined ? [] : [`-${short}`]];
  if (!negatable) return [{ ...common, spellings }];
  return [
    { ...common, spellings, excludes: [...common.excludes, `--no-${name}`] },
    { ...common, spellings: [`--no-${name}`], help: `Never: ${common.help}`, excludes: [`--${name}`] },
  ];
}

function excludedBy({ name }: FlagSpec, all: readonly FlagSpec[]): string[] {
  const others = FLAG_CONFLICTS.filter(({ flags }) => flags.includes(name)).flatMap(({ flags }) => flags);
  return all.filter((other) => other.name !== name && others.includes(other.name))
    .flatMap(({ name, short }) => [`--${name}`, ...short === undefined ? [] : [`-${short}`]]);
}
