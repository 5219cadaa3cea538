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

/** The verbs, in the order in which the help text shows them. */
export const VERBS: readonly VerbSpec[] = [
  {
    name: "copy",
    summary: "Copy files and directories; what is equal at the destination is left alone",
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
    name: "help",
    summary: "Explain a verb",
    arguments: ["[VERB]"],
    notes: [],
    examples: [{ command: "blit help copy", effect: "explains copy" }],
    permissions: [],
  },
];
