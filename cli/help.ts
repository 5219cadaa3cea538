/**
 * Help texts, generated from the table.
 *
 * @module
 */

import { describeExitCodes } from "./exit_codes.ts";
import { BLIT, commandOf, familyOf, FLAG_GROUPS, flagsOf, usageOf, VERB_GROUPS } from "./table/mod.ts";
import type { FlagSpec, Program, VerbSpec } from "./table/mod.ts";
import { wrap } from "./wrap.ts";

/** How wide a help text is on a terminal of this width: lines longer than 100 are hard to read. */
export function helpColumns(terminalColumns = 80): number {
  return Math.min(100, Math.max(40, terminalColumns));
}

/** The help text of one verb, wrapped to this many columns. */
export function verbHelp(verb: VerbSpec, columns: number, program: Program = BLIT): string {
  const sections = [
    wrap(verb.summary, columns),
    `Usage: ${usageOf(verb, program)}`,
    ...verb.notes.map((note) => wrap(note, columns)),
    section("Examples", examplesOf(verb, program)),
    ...FLAG_GROUPS.map((group) => flagSection(group, flagsOf(verb.name), verb, columns)),
    ...closingSections(verb, columns),
  ];
  return sections.filter((text) => text !== "").join("\n\n") + "\n";
}

function examplesOf({ examples }: VerbSpec, program: Program): string[] {
  return examples.flatMap(({ command, effect }) => [`  ${commandOf(program, command)}`, `      ${effect}`]);
}

/** The help text of a program, wrapped to this many columns. */
export function programHelp(columns: number, program: Program = BLIT): string {
  const { name, summary, examples } = program;
  const sections = [
    wrap(summary, columns),
    `Usage: ${name} VERB [FLAGS] [ARGUMENTS]`,
    ...verbSections(columns, program),
    section("Examples", examples.map((command) => `  ${commandOf(program, command)}`)),
    wrap(`"${name} VERB --help" lists the flags of a verb, "${name} --version" prints the version.`, columns),
    exitCodes(columns),
  ];
  return sections.join("\n\n") + "\n";
}

/** The help text of the first word of several verbs. */
export function familyHelp(word: string, columns: number, program: Program = BLIT): string {
  const { name } = program;
  const verbs = familyOf(word, program);
  const sections = [
    `Usage: ${name} ${word} VERB [FLAGS] [ARGUMENTS]`,
    section("Verbs", verbRows(verbs, columns)),
    wrap(`"${name} ${verbs[0].name} --help" lists the flags of a verb.`, columns),
    exitCodes(columns),
  ];
  return sections.join("\n\n") + "\n";
}

/** The verbs under their headings, all in the same two columns. */
function verbSections(columns: number, { verbs }: Program): string[] {
  const rows = verbRows(verbs, columns);
  return VERB_GROUPS.map((group) => section(group, rows.filter((_, i) => verbs[i].group === group)))
    .filter((text) => text !== "");
}

function verbRows(verbs: readonly VerbSpec[], columns: number): string[] {
  return twoColumns(verbs.map((verb) => [`  ${verb.name}`, verb.summary]), columns);
}

function flagSection(group: string, flags: FlagSpec[], verb: VerbSpec, columns: number): string {
  const rows = flags.filter((flag) => flag.group === group).map((flag): [string, string] => {
    const general = flag.default ? `${flag.help} (default: ${flag.default})` : flag.help;
    return [spell(flag), flag.helpFor?.[verb.name] ?? general];
  });
  return section(group, twoColumns(rows, columns));
}

/** The statuses a verb ends with; and what has to be granted, where it touches files. */
function closingSections(verb: VerbSpec, columns: number): string[] {
  const permissions = verb.permissions.map((permission) => wrap(permission, columns, "  ", "    "));
  return [exitCodes(columns), section("Permissions instead of -A", permissions)];
}

function exitCodes(columns: number): string {
  const rows = describeExitCodes().map(({ status, meaning }): [string, string] => [`  ${status}`, meaning]);
  return section("Exit status", twoColumns(rows, columns));
}

function spell(flag: FlagSpec): string {
  const short = flag.short ? `-${flag.short}, ` : "    ";
  const long = flag.negatable ? `--[no-]${flag.name}` : `--${flag.name}`;
  return `  ${short}${long}${flag.value ? ` ${flag.value}` : ""}`;
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? "" : `${title}:\n${lines.join("\n")}`;
}

/** Rows whose right halves start in one column. */
function twoColumns(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const left = Math.max(0, ...rows.map(([text]) => text.length)) + 2;
  return rows.map(([text, help]) => wrap(help, columns, text.padEnd(left), " ".repeat(left)));
}
