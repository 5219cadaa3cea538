/**
 * Every flag of `blit`, once. Parser, help text and suggestions read this table.
 *
 * @module
 */

import type { FlagConflict, FlagSpec } from "./types.ts";
import { TRANSFER_VERBS } from "./types.ts";

const WRITERS = ["copy", "mirror", "move"] as const;
const LOOKERS = ["diagnostics perf", "diagnostics dump", "profile"] as const;
const ASKERS = ["list", "jobs list", "jobs watch", "jobs cancel"] as const;

/** The flags, in the order in which the help text shows them. */
export const FLAGS = [
  {
    name: "include",
    type: "list",
    value: "GLOB",
    help: "Take only what matches, by gitignore's rules; may be repeated",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "exclude",
    type: "list",
    value: "GLOB",
    help: "Leave out what matches, by gitignore's rules; wins over --include; may be repeated",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "files-from",
    type: "string",
    value: "FILE",
    help: 'Take only the paths listed in FILE ("-" for standard input), one a line or separated by NUL',
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "min-size",
    type: "size",
    value: "SIZE",
    help: "Leave out smaller files; 100, 10K, 1.5M and 2G count in units of 1,024",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "max-size",
    type: "size",
    value: "SIZE",
    help: "Leave out larger files",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "min-age",
    type: "duration",
    value: "TIME",
    help: "Leave out files modified more recently than this; 30s, 10m, 2h, 7d, 1w",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "max-age",
    type: "duration",
    value: "TIME",
    help: "Leave out files modified longer ago than this",
    group: "What takes part",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "checksum",
    short: "c",
    type: "boolean",
    help: "Compare contents",
    helpFor: {
      "verify": "Compare contents, which is what verify does anyway",
      "diagnostics dump": "Look at a copy that compares contents, which may choose another route",
    },
    group: "What counts as equal",
    verbs: [...TRANSFER_VERBS, "diagnostics dump"],
    default: "size and modification time",
  },
  {
    name: "size-only",
    type: "boolean",
    help: "Compare sizes only",
    helpFor: { verify: "Compare names, kinds and sizes only" },
    group: "What counts as equal",
    verbs: TRANSFER_VERBS,
  },
  {
    name: "ignore-times",
    type: "boolean",
    help: "Copy every file, also what looks unchanged",
    group: "What counts as equal",
    verbs: WRITERS,
  },
  {
    name: "ignore-existing",
    type: "boolean",
    help: "Leave whatever the destination has already",
    group: "What counts as equal",
    verbs: WRITERS,
  },
  {
    name: "dry-run",
    short: "n",
    type: "boolean",
    help: "Print what would be done and write nothing",
    group: "Writing and deleting",
    verbs: WRITERS,
  },
  {
    name: "force",
    type: "boolean",
    help: "Replace a directory of the destination where the source has something else",
    group: "Writing and deleting",
    verbs: WRITERS,
  },
  {
    name: "delete-excluded",
    type: "boolean",
    help: "Also delete what the filters leave out",
    group: "Writing and deleting",
    verbs: ["mirror"],
  },
  {
    name: "max-delete",
    type: "count",
    value: "N",
    help: "Delete nothing when more than N entries would go",
    group: "Writing and deleting",
    verbs: ["mirror"],
    default: "no limit",
  },
  {
    name: "allow-empty-source",
    type: "boolean",
    help: "Let an empty source empty the destination",
    group: "Writing and deleting",
    verbs: ["mirror"],
  },
  {
    name: "yes",
    short: "y",
    type: "boolean",
    help: "Delete without asking; needed where there is no terminal to ask on",
    group: "Writing and deleting",
    verbs: ["mirror"],
  },
  {
    name: "force-grpc",
    type: "boolean",
    help: "Send everything through the server's control port, which is slower; only with a server",
    group: "Servers",
    verbs: TRANSFER_VERBS,
    default: "only where its data port cannot be reached",
  },
  {
    name: "detach",
    type: "boolean",
    help: "From server to server: print the id of the job and let it go on without this program",
    group: "Servers",
    verbs: ["copy", "mirror"],
  },
  {
    name: "progress",
    type: "boolean",
    negatable: true,
    help: "Show progress, without a terminal as a few lines a minute; --no-progress never shows it",
    group: "Output",
    verbs: [...TRANSFER_VERBS, "jobs watch"],
    default: "on a terminal, after one second",
  },
  {
    name: "quiet",
    short: "q",
    type: "boolean",
    help: "Print errors only",
    group: "Output",
    verbs: [...TRANSFER_VERBS, "jobs watch"],
  },
  {
    name: "verbose",
    short: "v",
    type: "boolean",
    help: "Print the resolved destination, the route and every entry; with an error its stack trace",
    helpFor: {
      "verify": "Print the resolved destination and the route; with an error its stack trace",
      "jobs watch": "Print every entry that the job reports; with an error its stack trace",
    },
    group: "Output",
    verbs: [...TRANSFER_VERBS, "jobs watch"],
  },
  {
    name: "json",
    type: "boolean",
    help: "Print one JSON object a line, the last one the summary; with --verbose every entry",
    helpFor: {
      "verify": "Print one JSON object a line, the last one the summary",
      "diagnostics perf": "Print one JSON document",
      "diagnostics dump": "Print one JSON document",
      "profile": "Print one JSON document",
      "list": "Print one JSON object a line, each an entry or a module",
      "jobs list": "Print one JSON object a line, each a job",
      "jobs cancel": "Print the job as a JSON object",
    },
    group: "Output",
    verbs: [...TRANSFER_VERBS, ...LOOKERS, ...ASKERS],
  },
  {
    name: "limit",
    type: "count",
    value: "N",
    help: "Show only the newest N runs",
    group: "Past runs",
    verbs: ["diagnostics perf"],
    default: "20",
  },
  {
    name: "enable",
    type: "boolean",
    help: "Record runs from now on",
    group: "Past runs",
    verbs: ["diagnostics perf"],
  },
  {
    name: "disable",
    type: "boolean",
    help: "Record no runs from now on; what is there stays",
    group: "Past runs",
    verbs: ["diagnostics perf"],
  },
  {
    name: "clear",
    type: "boolean",
    help: "Forget all past runs",
    group: "Past runs",
    verbs: ["diagnostics perf"],
  },
  {
    name: "no-history",
    type: "boolean",
    help: "Do not record this run; the history never leaves this machine",
    helpFor: { "diagnostics dump": "Look at a copy that is not recorded" },
    group: "History",
    verbs: [...TRANSFER_VERBS, "diagnostics dump"],
  },
  {
    name: "config-dir",
    type: "string",
    value: "DIR",
    help: "Where settings and history are",
    group: "History",
    verbs: [...TRANSFER_VERBS, ...LOOKERS],
    default: "~/.config/blit, or what the platform has for it",
  },
  {
    name: "help",
    short: "h",
    type: "boolean",
    help: "Print this text",
    group: "Output",
    verbs: [...TRANSFER_VERBS, ...LOOKERS, ...ASKERS, "help"],
  },
  {
    name: "version",
    short: "V",
    type: "boolean",
    help: "Print the version",
    group: "Output",
    verbs: [...TRANSFER_VERBS, ...LOOKERS, ...ASKERS, "help"],
  },
] as const satisfies readonly FlagSpec[];

/** Flags that contradict each other. */
export const FLAG_CONFLICTS: readonly FlagConflict[] = [
  {
    flags: ["checksum", "size-only", "ignore-times", "ignore-existing"],
    reason: "each is another way to decide what is equal",
  },
  { flags: ["quiet", "verbose"], reason: "one asks for less output, the other for more" },
  { flags: ["quiet", "json"], reason: "one asks for no output, the other for all of it" },
  { flags: ["quiet", "progress"], reason: "one asks for no output, the other for progress" },
  {
    flags: ["delete-excluded", "files-from"],
    reason: "everything that is not listed would be deleted",
  },
  { flags: ["detach", "dry-run"], reason: "nobody would see what would be done" },
  { flags: ["detach", "verbose"], reason: "nobody would see what is done" },
  { flags: ["detach", "progress"], reason: "nobody would see it" },
  { flags: ["enable", "disable"], reason: "one contradicts the other" },
  ...["enable", "disable", "clear"].map((name) => ({
    flags: ["limit", name],
    reason: `with --${name} no runs are shown`,
  })),
];

type Flag = typeof FLAGS[number];

/** The flags of a command line as they were typed: text where a value follows, not yet checked or converted. */
export type RawFlags = {
  [F in Flag as F["name"]]?: F["type"] extends "boolean" ? boolean : F["type"] extends "list" ? string[] : string;
};
