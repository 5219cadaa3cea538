/**
 * Every verb of `blit`, once.
 *
 * @module
 */

import type { VerbSpec } from "./types.ts";

const SLASH_RULE = 'A slash at the end of SOURCE means "what is in it": SOURCE/ puts its contents into DESTINATION. ' +
  "SOURCE without a slash becomes DESTINATION/<name of SOURCE> where DESTINATION is a directory or ends in a slash, " +
  "and becomes DESTINATION itself where nothing is there yet.";

const READ_BOTH = "--allow-read=SOURCE,DESTINATION (and the folder of the program, when run from a checkout)";
const NATIVE = "--allow-ffi is optional on Linux: faster, and keeps what Deno's API cannot " +
  "(names that are not UTF-8, extended attributes, nanoseconds)";
const NETWORK = "--allow-net=SERVER --allow-read --allow-env, for a server";
const READ_CONFIG = "--allow-env=XDG_CONFIG_HOME,HOME --allow-read=~/.config/blit, or what --config-dir names";

/** The verbs, in the order in which the help text shows them. */
export const VERBS: readonly VerbSpec[] = [
  {
    name: "copy",
    summary: "Copy files and directories; what is equal at the destination is left alone",
    group: "Moving and comparing",
    arguments: ["SOURCE", "DESTINATION"],
    notes: [SLASH_RULE],
    examples: [
      { command: "blit copy photos /media/disk/", effect: "makes /media/disk/photos" },
      { command: "blit copy photos/ /media/disk", effect: "puts what is in photos into /media/disk" },
      { command: "blit copy -n --exclude node_modules work /backup/", effect: "shows what would be copied" },
    ],
    permissions: [READ_BOTH, "--allow-write=DESTINATION", NATIVE],
  },
  {
    name: "mirror",
    summary: "Copy, then delete whatever the destination has and the source does not",
    group: "Moving and comparing",
    arguments: ["SOURCE", "DESTINATION"],
    notes: [
      SLASH_RULE,
      "Deletions come last, and only after the whole source has been read without an error. Blit asks before it " +
      "deletes; without a terminal it refuses, unless --yes is given.",
    ],
    examples: [
      { command: "blit mirror photos/ /backup/photos", effect: "makes /backup/photos equal to photos" },
      { command: "blit mirror --yes --max-delete 100 photos/ /backup/photos", effect: "for a scheduled job" },
    ],
    permissions: [READ_BOTH, "--allow-write=DESTINATION", NATIVE],
  },
  {
    name: "move",
    summary: "Move files and directories; a source goes only after its copy is on disk",
    group: "Moving and comparing",
    arguments: ["SOURCE", "DESTINATION"],
    notes: [SLASH_RULE],
    examples: [
      { command: "blit move inbox/ archive", effect: "moves what is in inbox into archive" },
      { command: "blit move film.mkv /media/disk/", effect: "makes /media/disk/film.mkv" },
    ],
    permissions: [READ_BOTH, "--allow-write=SOURCE,DESTINATION", NATIVE],
  },
  {
    name: "verify",
    summary: "Compare two trees, contents included, and change nothing",
    group: "Moving and comparing",
    arguments: ["SOURCE", "DESTINATION"],
    notes: [
      "The trailing-slash rule is that of copy, so the arguments of a copy verify it. " + SLASH_RULE,
      "Each difference is a line of standard output: what differs, and the path.",
    ],
    examples: [
      { command: "blit verify photos /media/disk/", effect: "compares photos with /media/disk/photos" },
      { command: "blit verify --size-only photos/ /backup/photos", effect: "compares names, kinds and sizes" },
    ],
    permissions: [READ_BOTH, NATIVE],
  },
  {
    name: "list",
    summary: "List what a server exports, or what is in a directory",
    group: "Looking",
    arguments: ["TARGET"],
    notes: [
      "TARGET is a server (nas, nas:9031, [::1]), whose modules are listed; a place on one (nas:/media/photos, nas://photos); or " +
      "a local path. A word alone is a server, so that a local name needs a slash, as in ./photos.",
      "Symbolic links are shown with their target and not followed.",
    ],
    examples: [
      { command: "blit list nas", effect: "lists the modules of the server nas" },
      { command: "blit list --json nas:/media/photos", effect: "lists a directory of it, for a program" },
      { command: "blit list ./photos", effect: "lists a local directory" },
    ],
    permissions: [NETWORK, "--allow-read=TARGET for a local path"],
  },
  {
    name: "jobs list",
    summary: "List the transfers of a server: those that go on, and the latest that have ended",
    group: "Looking",
    arguments: ["SERVER"],
    notes: ["A server remembers the latest 100 jobs until it is restarted."],
    examples: [{ command: "blit jobs list nas", effect: "lists the jobs of the server nas" }],
    permissions: [NETWORK],
  },
  {
    name: "jobs watch",
    summary: "Follow a transfer of a server from its beginning to its end",
    group: "Looking",
    arguments: ["SERVER", "[ID]"],
    notes: [
      "Without an id the only job that goes on is followed. Of a long job the latest reports are shown. The exit status is that " +
      "of the job; Ctrl-C ends the watching, not the job.",
    ],
    examples: [{ command: "blit jobs watch nas", effect: "shows how far it is" }],
    permissions: [NETWORK],
  },
  {
    name: "jobs cancel",
    summary: "Stop a transfer of a server",
    group: "Looking",
    arguments: ["SERVER", "ID"],
    notes: [
      "What is done stays done. Whoever started a job can stop it, from the same address, and whoever is on the server itself.",
    ],
    examples: [
      { command: "blit jobs cancel nas 6f1c", effect: "stops the job of this id" },
    ],
    permissions: [NETWORK],
  },
  {
    name: "diagnostics perf",
    summary: "Show past runs: how fast they were, and how well their time was predicted",
    group: "Looking",
    arguments: [],
    notes: [
      "The newest run is the last. A prediction is made from the runs before that one only, as it would have been made " +
      "at its start; ERROR is by how much of the time taken it was too long, or with a minus too short. " +
      "There is none for the first runs of a profile, and for runs that copied little of what they looked at.",
      "A profile is a pair of file systems, what is done between them, and the implementation. Its rate is that of all " +
      "its runs together; the small chart shows the newest, each bar a run.",
      "The history holds amounts and times, never a path or a name, and never leaves this machine.",
      "With --json one document is printed: sizes in bytes, times in milliseconds.",
    ],
    examples: [
      { command: "blit diagnostics perf --limit 50", effect: "shows the newest 50 runs" },
      { command: "blit diagnostics perf --disable --clear", effect: "forgets all runs and records no more" },
    ],
    permissions: [READ_CONFIG, "--allow-write=~/.config/blit for --enable, --disable and --clear"],
  },
  {
    name: "diagnostics dump",
    summary: "Show what Blit sees for a copy, and how it would go about it, without writing anything",
    group: "Looking",
    arguments: ["SOURCE", "DESTINATION"],
    notes: [
      "Endpoints, destination, file systems, permissions, route and workers, as a copy with the same arguments would find " +
      "them. What is wrong is listed, and the exit status is the one that the copy would end with.",
      SLASH_RULE,
      "With --json one document is printed: sizes in bytes.",
    ],
    examples: [
      { command: "blit diagnostics dump photos /media/disk/", effect: "shows what copying photos would meet" },
      { command: "blit diagnostics dump --json photos /media/disk/", effect: "the same, to attach to a report" },
    ],
    permissions: [READ_BOTH, "--allow-write=DESTINATION, if the copy has it: it is only asked about", NATIVE],
  },
  {
    name: "profile",
    summary: "Show what past runs have taught: the cost of a file and of a byte",
    group: "Looking",
    arguments: [],
    notes: [
      "Costs are moving averages over the newest runs, for each pair of file systems and kind of work, without workers and " +
      "with them. A cost is used once five runs have taught it, and for up to ten times as much as the largest of them.",
      "With --json one document is printed: times in milliseconds or nanoseconds, as the names say.",
    ],
    examples: [{ command: "blit profile", effect: "shows what was learned" }],
    permissions: [READ_CONFIG],
  },
  {
    name: "help",
    summary: "Explain a verb",
    group: "Help",
    arguments: ["[VERB...]"],
    notes: [],
    examples: [
      { command: "blit help copy", effect: "explains copy" },
      { command: "blit help diagnostics", effect: "lists the verbs that begin with this word" },
    ],
    permissions: [],
  },
];
