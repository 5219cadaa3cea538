/**
 * The shape of the table that describes the command line.
 *
 * @module
 */

import type { Verb } from "../../core/events.ts";

/** The verbs that run something; those of two words are typed as two. */
export type CommandName =
  | Verb
  | "scan"
  | "list"
  | "ls"
  | "find"
  | "du"
  | "df"
  | "rm"
  | "jobs list"
  | "jobs watch"
  | "jobs cancel"
  | "diagnostics perf"
  | "diagnostics dump"
  | "profile"
  | "completions";

/** Every verb that `blit` understands. */
export type VerbName = CommandName | "help";

/** The headings under which the program's help lists its verbs, in this order. */
export const VERB_GROUPS = ["Moving and comparing", "Looking", "Tidying up", "Help"] as const;

/** A heading of the program's help. */
export type VerbGroup = typeof VERB_GROUPS[number];

/** The verbs that move or compare data. */
export const TRANSFER_VERBS = ["copy", "mirror", "move", "verify"] as const satisfies readonly Verb[];

/** What the text after a flag must look like; `boolean` takes none, `list` may be repeated. */
export type FlagType = "boolean" | "string" | "size" | "duration" | "count" | "list";

/** The headings of a help text, in the order in which they are printed. */
export const FLAG_GROUPS = [
  "What takes part",
  "What is shown",
  "What counts as equal",
  "Writing and deleting",
  "Servers",
  "Past runs",
  "History",
  "Output",
] as const;

/** A heading of a help text. */
export type FlagGroup = typeof FLAG_GROUPS[number];

/** One flag. */
export interface FlagSpec {
  /** Without the dashes, as typed. */
  readonly name: string;
  /** One letter; only switches have one. */
  readonly short?: string;
  readonly type: FlagType;
  /** What the help text calls the value. */
  readonly value?: string;
  /** One sentence without a final period. */
  readonly help: string;
  /** Where a verb needs another sentence; it stands for `default` as well. */
  readonly helpFor?: Readonly<Partial<Record<VerbName, string>>>;
  readonly group: FlagGroup;
  readonly verbs: readonly VerbName[];
  /** Whether `--no-<name>` exists. */
  readonly negatable?: boolean;
  /** What holds without the flag, where that is not plainly "off". */
  readonly default?: string;
}

/** Flags of which at most one may be given. */
export interface FlagConflict {
  readonly flags: readonly string[];
  readonly reason: string;
}

/** A command line worth copying, and what it does. */
export interface Example {
  readonly command: string;
  readonly effect: string;
}

/** A program with verbs of the table. */
export interface Program {
  /** Under which people run it. */
  readonly name: string;
  /** One sentence without a final period. */
  readonly summary: string;
  readonly verbs: readonly VerbSpec[];
  /** Command lines that show what it is for. */
  readonly examples: readonly string[];
}

/** One verb. */
export interface VerbSpec {
  readonly name: VerbName;
  /** One sentence without a final period. */
  readonly summary: string;
  readonly group: VerbGroup;
  /** Names of the positional arguments; those in brackets may be left out, one that ends in dots may be repeated. */
  readonly arguments: readonly string[];
  /** Paragraphs: what a trailing slash means, and what else must be known. */
  readonly notes: readonly string[];
  readonly examples: readonly Example[];
  /** What must be granted instead of `-A`. */
  readonly permissions: readonly string[];
}
