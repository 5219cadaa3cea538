/**
 * The manual page of a program, from its table of verbs and flags.
 *
 * @module
 */

import { describeExitCodes } from "../../cli/exit_codes.ts";
import { FLAG_GROUPS, flagsOf, type FlagSpec, type Program, usageOf, type VerbSpec } from "../../cli/table/mod.ts";
import { bold, escape, fill, italic, item, literal, page, paragraph, part, section, title } from "./roff.ts";

/** What a page says beside its program. */
export interface PageFacts {
  /** Of the latest change that readers would notice, as `2026-01-31`. */
  readonly date: string;
  readonly version: string;
  /** Other pages, as `blit-daemon(1)`. */
  readonly seeAlso: readonly string[];
}

/** The page, section 1. */
export function programPage(program: Program, facts: PageFacts): string {
  const { name, verbs } = program;
  const shared = sharedNotes(verbs);
  const [, what = program.summary] = /^Blit (.*)$/.exec(program.summary) ?? [];
  return page(title(name, 1, facts), [
    section("NAME", `${escape(name)} \\- ${escape(what)}`),
    section("SYNOPSIS", `${bold(name)}\n${italic("VERB")}\n[${italic("FLAGS")}]\n[${italic("ARGUMENTS")}]`),
    section("DESCRIPTION", fill(`${program.summary}.`), ...shared.map(paragraph), ...placeNotes(verbs)),
    section("VERBS", ...verbs.map((verb) => verbPart(verb, program, shared))),
    section("FLAGS", ...flagParts(program)),
    section("EXIT STATUS", ...describeExitCodes().map(({ status, meaning }) => item(bold(`${status}`), `${meaning}.`))),
    section("FILES", ...files()),
    section("ENVIRONMENT", fill(ENVIRONMENT)),
    section("SEE ALSO", facts.seeAlso.map(reference).join(",\n")),
  ]);
}

const ENVIRONMENT =
  "No environment variable configures anything. XDG_CONFIG_HOME and HOME tell where the configuration " +
  "directory is, and with NO_COLOR nothing is coloured.";

/** `blit-daemon(1)` as pages refer to each other. */
export function reference(name: string): string {
  const [, page, number] = /^(.*)\((\d)\)$/.exec(name) ?? [];
  return `.BR ${escape(page)} (${number})`;
}

/** Paragraphs that several verbs have are told once. */
function sharedNotes(verbs: readonly VerbSpec[]): string[] {
  const all = verbs.flatMap(({ notes }) => notes);
  return [...new Set(all.filter((note, i) => all.indexOf(note) !== i))];
}

function placeNotes(verbs: readonly VerbSpec[]): string[] {
  if (!verbs.some(({ arguments: names }) => names.includes("SOURCE") || names.includes("TARGET"))) return [];
  return [
    paragraph(
      "A place on a server is written server:/module/path, server:9031:/module/path or [::1]:9031:/module/path with " +
        "another port, and server://path below its default root. A local name with a colon is written ./name:with-colon.",
    ),
  ];
}

function verbPart(verb: VerbSpec, program: Program, shared: readonly string[]): string {
  const notes = verb.notes.map((note) => shared.reduce((text, known) => text.replace(known, ""), note).trim());
  const flags = flagsOf(verb.name).map(({ name, negatable }) => negatable ? `--[no-]${name}` : `--${name}`);
  const [command, ...words] = usageOf(verb, program).split(" ");
  return part(
    verb.name,
    [bold([command, ...words.slice(0, verb.name.split(" ").length)].join(" ")), ...usageWords(words, verb)].join("\n"),
    paragraph(`${verb.summary}.`),
    ...notes.filter((note) => note !== "").map(paragraph),
    ...verb.examples.length === 0
      ? []
      : [".PP", literal(verb.examples.flatMap(({ command, effect }) => [command, `    ${effect}`]))],
    flags.length === 0 ? "" : paragraph(`Flags: ${flags.join(", ")}.`),
    verb.permissions.length === 0 ? "" : paragraph(`Permissions instead of -A: ${verb.permissions.join("; ")}.`),
  );
}

/** Behind the verb: what may be left out, and what stands for something else. */
function usageWords(words: readonly string[], verb: VerbSpec): string[] {
  return words.slice(verb.name.split(" ").length).map((word) =>
    word.split(/([A-Z]+)/).map((piece) => /[A-Z]/.test(piece) ? italic(piece) : escape(piece)).join("")
  );
}

function flagParts(program: Program): string[] {
  const flags = [...new Map(program.verbs.flatMap(({ name }) => flagsOf(name)).map((flag) => [flag.name, flag]))
    .values()];
  const ordered = program.verbs.flatMap(({ name }) => flagsOf(name)).filter((flag) => flags.includes(flag));
  return FLAG_GROUPS.flatMap((group) => {
    const members = [...new Set(ordered)].filter((flag) => flag.group === group);
    return members.length === 0 ? [] : [part(group, ...members.map((flag) => flagItem(flag, program)))];
  });
}

function flagItem(flag: FlagSpec, program: Program): string {
  const { name, short, value, negatable, help } = flag;
  const spellings = [...short === undefined ? [] : [`-${short}`], `--${name}`, ...negatable ? [`--no-${name}`] : []];
  const term = spellings.map(bold).join(", ") + (value === undefined ? "" : ` ${italic(value)}`);
  const verbs = program.verbs.filter((verb) => flagsOf(verb.name).includes(flag)).map((verb) => verb.name);
  const general = verbs.filter((verb) => flag.helpFor?.[verb] === undefined);
  const rest = flag.default === undefined ? [] : [`Default: ${flag.default}.`];
  const others = verbs.filter((verb) => !general.includes(verb)).map((verb) => `With ${verb}: ${flag.helpFor![verb]}.`);
  // With all verbs there is nothing to tell apart.
  const where = general.length === 0 || verbs.length === program.verbs.length ? [] : [`With ${general.join(", ")}.`];
  const texts = general.length === 0 ? others : [[`${help}.`, ...rest, ...where].join(" "), ...others];
  return item(term, ...texts);
}

function files(): string[] {
  return [
    item(italic("~/.config/blit"), "The configuration directory, unless --config-dir names another one."),
    item(italic("~/.config/blit/perf_local.jsonl"), "The history of runs: amounts and times, never a path or a name."),
    item(
      italic("~/.config/blit/hosts"),
      "Servers that completions offer, one a line; what follows a # is a remark. It is only read.",
    ),
  ];
}
