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
const MULTICAST =
  "--allow-net=224.0.0.251,[ff02::fb],0.0.0.0:5353,[::]:5353 --allow-sys=networkInterfaces --allow-read";
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
    name: "scan",
    summary: "Find the servers in the local network",
    group: "Looking",
    arguments: [],
    notes: [
      "Asks on every network interface (multicast DNS) and shows what has answered when the time is over. A server on another " +
      "network, or with --no-mdns, is not found; its name or address works all the same.",
      "Whoever is in the network can answer. A name is what a server calls itself, no proof of who it is.",
      "With --json each server is an object with name, host, port, addresses, version, protocol, modules, and moreModules where " +
      "the announcement had no room for all of them. The module with the empty name is the default root.",
    ],
    examples: [
      { command: "blit scan", effect: "shows the servers that answer within two seconds" },
      { command: "blit scan --wait 10 --json", effect: "waits longer, and prints one JSON object a server" },
    ],
    permissions: [MULTICAST],
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
    name: "ls",
    summary: "List what is in a directory, here or on a server, as it is read",
    group: "Looking",
    arguments: ["[TARGET]"],
    notes: [
      "TARGET is a local path, the working directory where it is left out; a place on a server (nas:/media/photos, nas://photos); or " +
      "a server (nas:, nas:9031), whose modules are listed. A word alone is a local path, and a server where nothing here has this name.",
      "Up to 10,000 entries are sorted by name; a larger directory is printed as it is read. Symbolic links are shown with their " +
      "target and not followed.",
    ],
    examples: [
      { command: "blit ls", effect: "lists the working directory" },
      { command: "blit ls nas:/media/photos", effect: "lists a directory of the server nas" },
    ],
    permissions: ["--allow-read=TARGET", NETWORK],
  },
  {
    name: "find",
    summary: "Find entries of a tree by name, path, kind, size and age",
    group: "Looking",
    arguments: ["TARGET", "[GLOB]"],
    notes: [
      "TARGET is a directory here or on a server, or a server (nas:, nas:9031), of which all modules are searched. Every path " +
      "below it that fits is a line, as soon as it is found. On a server the daemon searches; only what fits travels.",
      "GLOB without a slash is about names, with one about paths below TARGET: ? is a character, * any number of them, ** any number " +
      "of directories, [a-z] and [!a-z] one of a set, {a,b} one of two. Quote it, or the shell takes it.",
      "Symbolic links are found, never followed.",
    ],
    examples: [
      { command: "blit find nas:/media *.iso --min-size 1G", effect: "finds large images on the server nas" },
      { command: "blit find photos 2024/**/*.{jpg,png} --type file", effect: "finds pictures below photos/2024" },
    ],
    permissions: ["--allow-read=TARGET", NETWORK],
  },
  {
    name: "du",
    summary: "Show what directories take, with everything in them",
    group: "Looking",
    arguments: ["[TARGET]"],
    notes: [
      "TARGET is a path here, the working directory where it is left out; a place on a server; or a server (nas:, nas:9031), of which " +
      "all modules are measured, by the daemon. Each directory is a line as soon as it is known: what it takes on disk, and the bytes in " +
      "its files.",
      "A file with several names counts once. Symbolic links count for themselves and are never followed.",
    ],
    examples: [
      { command: "blit du --depth 1 --sort nas:/media", effect: "shows the largest directories of a module" },
      { command: "blit du --depth 0 --exact photos", effect: "shows one total, in bytes" },
    ],
    permissions: ["--allow-read=TARGET", NETWORK],
  },
  {
    name: "df",
    summary: "Show how full the file systems of a server's modules are",
    group: "Looking",
    arguments: ["[TARGET]"],
    notes: [
      "TARGET is a server (nas:, nas:9031), all modules of which are shown; one module (nas:/media); or a path here, the working directory where " +
      "it is left out. Modules on one file system share what is free.",
    ],
    examples: [
      { command: "blit df nas:", effect: "shows all modules of the server nas" },
      { command: "blit df --json nas:/media", effect: "shows one of them, for a program" },
    ],
    permissions: [NETWORK, "--allow-read=TARGET and, without FFI, --allow-sys=statfs, for a local path"],
  },
  {
    name: "jobs list",
    summary: "List the transfers of a server: those that go on, and the latest that have ended",
    group: "Looking",
    arguments: ["SERVER"],
    notes: [
      "A server remembers the latest 100 jobs until it is restarted. What is no terminal gets JSON, one object a line.",
    ],
    examples: [{ command: "blit jobs list nas", effect: "lists the jobs of the server nas" }],
    permissions: [NETWORK],
  },
  {
    name: "jobs watch",
    summary: "Follow what a server is doing, or one of its transfers, to the end",
    group: "Looking",
    arguments: ["SERVER", "[ID]"],
    notes: [
      "Without an id every job that goes on has a row on a terminal, until none is left; the exit status is 0 where all of them " +
      "were done. With an id, or the beginning of one, that job is followed, as far back as its latest reports go, and the exit " +
      "status is that of the job. What is no terminal gets JSON, one object a line. Ctrl-C ends the watching, not the jobs.",
    ],
    examples: [
      { command: "blit jobs watch nas", effect: "shows how far all transfers of nas are" },
      { command: "blit jobs watch nas 6f1c", effect: "follows the one whose id begins so" },
    ],
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
      { command: "blit jobs cancel nas 6f1c", effect: "stops the job whose id begins so" },
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
    name: "rm",
    summary: "Remove an entry on a server, with everything below it",
    group: "Tidying up",
    arguments: ["TARGET"],
    notes: [
      "TARGET is a place in a module (nas:/media/old), never a module itself and never a local path: a mistyped server must not remove " +
      "something here. A slash at its end changes nothing, except that TARGET has to be a directory then.",
      "Blit counts what would go and asks; without a terminal it refuses, unless --yes is given. A symbolic link goes itself, never " +
      "what it points to. What cannot be removed is named and keeps the directories above it; the rest goes.",
    ],
    examples: [
      { command: "blit rm --dry-run nas:/media/old", effect: "shows what would go" },
      { command: "blit rm --yes nas:/media/old", effect: "removes it without asking" },
    ],
    permissions: [NETWORK],
  },
  {
    name: "completions",
    summary: "Print what completes the words of a command line in a shell",
    group: "Help",
    arguments: ["SHELL", "[QUESTION]"],
    notes: [
      "SHELL is bash, zsh, fish or powershell. The script knows verbs and flags by itself; for what only a server knows it runs " +
      '"completions query QUESTION", which prints one answer a line and nothing where the server does not answer ' +
      "within 300 milliseconds. Questions are place:TEXT, server:TEXT and job:SERVER.",
      "Servers are offered that are listed, one a line, in the file hosts of the configuration directory. It is yours to write: " +
      "Blit keeps no record of the servers that you use.",
    ],
    examples: [
      { command: "blit completions bash", effect: "to ~/.local/share/bash-completion/completions/blit" },
      { command: "blit completions zsh", effect: "to a file _blit in a directory of $fpath" },
      { command: "blit completions fish", effect: "to ~/.config/fish/completions/blit.fish" },
      { command: "blit completions powershell", effect: "to a file that $PROFILE runs" },
    ],
    permissions: [`none; for query ${NETWORK}`],
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
