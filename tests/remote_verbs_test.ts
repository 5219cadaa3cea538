/**
 * Every verb and every option does through a daemon what it does on one machine: the same trees, counts, entries and failures.
 *
 * @module
 */

import type { MirrorOptions, Verb } from "../mod.ts";
import { assertEquals } from "./helpers/assert.ts";
import { testWhere } from "./helpers/needs.ts";
import { type Outcome, RouteRunner, type Scenario } from "./helpers/routes.ts";
import { Scratch } from "./helpers/scratch.ts";
import { dir, fifo, file, link, rawName, socket, symlink, type Tree } from "./helpers/tree.ts";

const OLD = "2020-01-01T00:00:00Z";
const NEW = "2024-01-01T00:00:00Z";

/** A file as it was, and the same one as it is now; of the kinds that comparisons tell apart. */
const SOURCE: Tree = {
  "same": file("same", { mtime: OLD }),
  "same content": file("content", { mtime: NEW }),
  "other content": file("CONTENT", { mtime: OLD }),
  "longer": file("longer than it was", { mtime: OLD }),
  "older": file("older", { mtime: OLD }),
  "mode": file("mode", { mtime: OLD, mode: 0o600 }),
  "new": "new",
  "large": file("x".repeat(200_000), { mtime: OLD }),
  "large changed": file("y".repeat(2_000_000), { mtime: NEW }),
  "sub": dir({
    "a.tmp": "filtered",
    "b": file("b", { mtime: NEW }),
    "empty": dir({}, { mtime: NEW }),
    "deep": dir({ "c": "c", "d.tmp": "" }, { mtime: NEW }),
  }, { mtime: NEW }),
  "only filtered": dir({ "e.tmp": "e" }),
  "link": symlink("same", { mtime: OLD }),
  "link changed": symlink("sub", { mtime: OLD }),
  "pipe": fifo({ mtime: OLD }),
  "hard": dir({ "first": "hard", "second": link("SRC/hard/first"), "third": link("SRC/hard/first") }, { mtime: NEW }),
  "file now": "was a directory",
  "directory now": dir({ "f": "was a file" }),
  [rawName("bytes-\xe9")]: "bytes",
  "new\nline": "awkward",
  "socket": socket(),
};

const DESTINATION: Tree = {
  "same": file("same", { mtime: OLD }),
  "same content": file("content", { mtime: OLD }),
  "other content": file("content", { mtime: OLD }),
  "longer": file("short", { mtime: OLD }),
  "older": file("newer", { mtime: NEW }),
  "mode": file("mode", { mtime: OLD, mode: 0o640 }),
  "large": file("x".repeat(200_000), { mtime: OLD }),
  "large changed": file("x".repeat(2_000_000), { mtime: OLD }),
  "sub": dir({
    "b": file("b", { mtime: OLD }),
    "extra": "extra",
    "x.tmp": "kept",
    "deep": dir({ "d.tmp": "kept" }, { mtime: OLD }),
  }, { mtime: OLD }),
  "link": symlink("same", { mtime: OLD }),
  "link changed": symlink("same", { mtime: OLD }),
  "hard": dir({ "first": "hard", "second": "hard" }, { mtime: OLD }),
  "file now": dir({ "g": "g" }, { mtime: OLD }),
  "directory now": "was a file",
  "extra": dir({ "h": "h", "i": dir({ "j": "j", "k.tmp": "k" }) }),
  [rawName("extra-\xe9")]: "bytes",
};

const BEFORE: Tree = { "SRC": dir(SOURCE, { mtime: NEW }), "DST": dir(DESTINATION, { mtime: OLD }) };
/** A move that could be a rename is one only on one machine; with a filter it copies. */
const COPIES: MirrorOptions = { exclude: ["no such name"] };

const OPTIONS: Readonly<Record<string, MirrorOptions>> = {
  "no option": {},
  "checksum": { comparison: "checksum" },
  "size-only": { comparison: "size-only" },
  "ignore-times": { comparison: "ignore-times" },
  "ignore-existing": { comparison: "ignore-existing" },
  "force": { force: true },
  "dry-run": { dryRun: true },
  "dry-run with checksum": { dryRun: true, comparison: "checksum" },
  "dry-run with force": { dryRun: true, force: true },
  "exclude": { exclude: ["*.tmp", "extra"] },
  "exclude a directory": { exclude: ["/sub/", "hard"] },
  "include": { include: ["b", "deep", "*.tmp"] },
  "include with exclude": { include: ["sub"], exclude: ["*.tmp"] },
  "sizes": { minSizeBytes: 2, maxSizeBytes: 10 },
  "ages": { minAgeMs: 1000 * 3600 * 24 * 365, maxAgeMs: 1000 * 3600 * 24 * 365 * 5 },
  "files-from": { filesFrom: ["sub/b", "hard", "missing", "new\nline", "link"] },
  "files-from with exclude": { filesFrom: ["sub", "new"], exclude: ["*.tmp"] },
  "files-from that names nothing": { filesFrom: [] },
};

const MIRROR_OPTIONS: Readonly<Record<string, MirrorOptions>> = {
  ...OPTIONS,
  "delete-excluded": { exclude: ["*.tmp"], deleteExcluded: true },
  "dry-run with delete-excluded": { dryRun: true, exclude: ["*.tmp"], deleteExcluded: true },
  "max-delete that is too small": { maxDelete: 3 },
  "max-delete that is enough": { maxDelete: 1000 },
  "max-delete in a dry run": { maxDelete: 3, dryRun: true },
  "no confirmation": { confirmDeletions: () => false },
  "confirmation": { confirmDeletions: () => true },
};

const VERBS: Readonly<Record<Verb, Readonly<Record<string, MirrorOptions>>>> = {
  copy: OPTIONS,
  mirror: MIRROR_OPTIONS,
  move: OPTIONS,
  verify: {
    "no option": {},
    "checksum": { comparison: "checksum" },
    "size-and-time": { comparison: "size-and-time" },
    "size-only": { comparison: "size-only" },
    "exclude": { exclude: ["*.tmp", "extra"] },
    "include": { include: ["sub"] },
    "sizes": { minSizeBytes: 2, maxSizeBytes: 10 },
    "files-from": { filesFrom: ["sub/b", "hard", "missing"] },
    "ignore-times": { comparison: "ignore-times" },
  },
};

for (const [verb, options] of Object.entries(VERBS) as [Verb, typeof OPTIONS][]) {
  testWhere(
    ["root", "native"],
    `${verb} by push and by pull does with every option what a local ${verb} does`,
    async () => {
      using scratch = new Scratch();
      await using runner = await RouteRunner.start(scratch);
      const wrong: string[] = [];
      for (const [name, values] of Object.entries(options)) {
        const scenario = { verb, before: BEFORE, source: "SRC/", destination: "DST", options: values };
        wrong.push(...await differences(runner, name, scenario));
      }
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    },
  );
}

testWhere(
  ["root", "native"],
  "whole directories and single files by push and by pull are what they are locally",
  async () => {
    using scratch = new Scratch();
    await using runner = await RouteRunner.start(scratch);
    const wrong: string[] = [];
    const cases: Record<string, Pick<Scenario, "verb" | "source" | "destination" | "options">> = {
      "move of a directory": { verb: "move", source: "SRC", destination: "DST", options: COPIES },
      "move of a directory without sockets": { verb: "move", source: "SRC/sub", destination: "DST" },
      "move of a directory with a filter": {
        verb: "move",
        source: "SRC/sub",
        destination: "DST",
        options: { exclude: ["*.tmp"] },
      },
      "move of a file": { verb: "move", source: "SRC/large", destination: "DST/sub", options: COPIES },
      "move of a link": { verb: "move", source: "SRC/link", destination: "DST/sub/", options: COPIES },
      "move over a file": { verb: "move", source: "SRC/longer", destination: "DST/longer", options: COPIES },
      "move over a directory": { verb: "move", source: "SRC/file now", destination: "DST", options: COPIES },
      "mirror of a directory": { verb: "mirror", source: "SRC/sub", destination: "DST" },
      "mirror of a file": { verb: "mirror", source: "SRC/new", destination: "DST" },
      "mirror of an empty directory": { verb: "mirror", source: "SRC/sub/empty/", destination: "DST" },
      "mirror of an empty directory, allowed": {
        verb: "mirror",
        source: "SRC/sub/empty/",
        destination: "DST",
        options: { allowEmptySource: true },
      },
      "mirror of an empty directory, allowed, dry": {
        verb: "mirror",
        source: "SRC/sub/empty/",
        destination: "DST",
        options: { allowEmptySource: true, dryRun: true },
      },
      "mirror of what a filter leaves nothing of": {
        verb: "mirror",
        source: "SRC/only filtered/",
        destination: "DST",
        options: { exclude: ["*.tmp"] },
      },
      "verify of a directory": { verb: "verify", source: "SRC/sub", destination: "DST" },
      "verify of a file": { verb: "verify", source: "SRC/same", destination: "DST" },
      "verify of a file that differs": { verb: "verify", source: "SRC/longer", destination: "DST" },
      "verify of a file that is missing": { verb: "verify", source: "SRC/new", destination: "DST" },
      "verify against nothing": { verb: "verify", source: "SRC/", destination: "DST/missing" },
      "verify against a file": { verb: "verify", source: "SRC/", destination: "DST/same" },
      "copy of a hard-linked file": { verb: "copy", source: "SRC/hard/second", destination: "DST/hard" },
      "copy of a pipe": { verb: "copy", source: "SRC/pipe", destination: "DST" },
      "copy of a socket": { verb: "copy", source: "SRC/socket", destination: "DST" },
      "copy of a file that a filter leaves out": {
        verb: "copy",
        source: "SRC/sub/a.tmp",
        destination: "DST",
        options: { exclude: ["*.tmp"] },
      },
    };
    for (const [name, values] of Object.entries(cases)) {
      wrong.push(...await differences(runner, name, { before: BEFORE, ...values }));
    }
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  },
);

/** What is not as it is locally, as lines. */
async function differences(runner: RouteRunner, name: string, scenario: Scenario): Promise<string[]> {
  const here = lines(await runner.run("local", scenario));
  assertEquals(here.length > 0, true);
  const wrong: string[] = [];
  for (const route of ["push", "pull"] as const) {
    const there = lines(await runner.run(route, scenario));
    wrong.push(
      ...here.filter((line) => !there.includes(line)).map((line) => `    ${route}, local: ${line}`),
      ...there.filter((line) => !here.includes(line)).map((line) => `    ${route}, there: ${line}`),
    );
  }
  return wrong.length === 0 ? [] : [`${scenario.verb}, ${name}`, ...wrong];
}

/** The source has another name for the daemon than for us: only the rest of a message is compared. */
function lines({ end, message, counters, failures, entries, differences, after }: Outcome): string[] {
  return [
    `ends with ${end}: ${message.replace(/"(127\.0\.0\.1(:[^"]*)?|SRC[^"]*)"/, "<source>")}`,
    ...Object.entries(counters).map(([name, count]) => `${name} ${count}`),
    // What reads says "Cannot read", whoever it reads for.
    ...failures.map((line) => line.replace(/Cannot (copy|mirror|move|verify|read) /, "Cannot read ")),
    ...entries,
    ...differences,
    ...Object.entries(after).map(([path, line]) => `${JSON.stringify(path)} = ${line}`),
  ];
}
