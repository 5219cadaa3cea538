/** What keeps the history small and readable: rotation, and setting aside what is damaged. */

import { assert, assertEquals } from "@std/assert";
import { holdLock, linesUpTo, sampleRun, spyOnWrites, TestDirectory } from "./_testing.ts";
import { appendRun, clearRuns, readRuns } from "./history.ts";
import { FILE_BYTES, HISTORY_BYTES } from "./history_rotation.ts";
import { formatRun } from "./run_record.ts";

const onUnix = Deno.build.os !== "windows";
const line = formatRun(sampleRun())!;

Deno.test("appendRun() waits for nobody: not for who holds the lock, not for who rotates", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  using _lock = holdLock(directory.path);
  const full = linesUpTo(FILE_BYTES);
  Deno.writeTextFileSync(path, full);
  const started = performance.now();
  for (const files of [1, 2, 3]) assert(appendRun(directory.path, sampleRun({ files })));
  assert(performance.now() - started < 1000, "it waits");
  assertEquals(readRuns(directory.path).runs.slice(-3).map(({ files }) => files), [1, 2, 3]);
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock"]);
});

Deno.test("appendRun() lets no lock that is held for ever make the history as large as it likes", () => {
  using directory = new TestDirectory();
  using _lock = holdLock(directory.path);
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), linesUpTo(HISTORY_BYTES));
  assertEquals(appendRun(directory.path, sampleRun()), false);
});

Deno.test("appendRun() begins a new file when one is full, and keeps the one before", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const full = linesUpTo(FILE_BYTES);
  for (const files of [10, 20]) {
    Deno.writeTextFileSync(path, full);
    using before = Deno.openSync(path);
    assert(appendRun(directory.path, sampleRun({ files })));
    assertEquals(Deno.readTextFileSync(path), formatRun(sampleRun({ files })));
    assertEquals(Deno.readTextFileSync(directory.join("perf_local.old.jsonl")), full);
    assertEquals(
      before.statSync().ino,
      Deno.statSync(directory.join("perf_local.old.jsonl")).ino,
      "renamed, not copied",
    );
    assertEquals(readRuns(directory.path).runs.length, full.split("\n").length);
    assertEquals(readRuns(directory.path).runs.at(-1)!.files, files);
  }
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock", "perf_local.old.jsonl"]);
});

Deno.test("appendRun() writes once more when its file has left the history between opening and writing", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  for (const rotations of [1, 2, 3]) {
    const full = linesUpTo(FILE_BYTES);
    let rotated = 0;
    using _writes = spyOnWrites((file, bytes, write) => {
      // Others fill the file that this one has opened, and the next ones.
      while (rotated++ < rotations) {
        Deno.writeTextFileSync(path, full);
        assert(appendRun(directory.path, sampleRun({ files: 0 })));
      }
      return write(file, bytes);
    });
    assert(appendRun(directory.path, sampleRun({ stalls: rotations })));
    const own = readRuns(directory.path).runs.filter(({ stalls }) => stalls === rotations);
    assertEquals(own.length, 1, `${rotations} rotations`);
  }
});

Deno.test("appendRun() writes once more when its file is set aside or cleared between opening and writing", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const acts = [() => void readRuns(directory.path), () => clearRuns(directory.path)];
  for (const [i, act] of acts.entries()) {
    Deno.writeTextFileSync(path, `garbage\n${line}`);
    let acted = false;
    using _writes = spyOnWrites((file, bytes, write) => {
      if (!acted) act();
      acted = true;
      return write(file, bytes);
    });
    assert(appendRun(directory.path, sampleRun({ files: i })));
    assertEquals(readRuns(directory.path).runs.filter(({ files }) => files === i).length, 1);
  }
});

Deno.test("the history never exceeds 1 MiB, whatever was in its place; the newest good lines stay", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const lines = linesUpTo(HISTORY_BYTES);
  const garbage = "\xff\x00 no line of ours\n".repeat(1000);
  const places: [string, number][] = [
    [lines + lines, 1000],
    [lines + lines.slice(0, -20), 1000],
    [garbage + lines, 1000],
    [lines + garbage, 100],
    ["x".repeat(3 * HISTORY_BYTES), 0],
  ];
  for (const [text, least] of places) {
    Deno.writeTextFileSync(path, text);
    for (const files of [1, 2, 3]) assert(appendRun(directory.path, sampleRun({ files })));
    const { runs } = readRuns(directory.path);
    assertEquals(runs.slice(-3).map(({ files }) => files), [1, 2, 3]);
    assert(runs.length >= least, `${runs.length} runs`);
    const sizes = [...Deno.readDirSync(directory.path)].map((
      { name },
    ) => [name, Deno.statSync(directory.join(name)).size]);
    const bytes = sizes.filter(([name]) => !String(name).includes("damaged")).reduce(
      (sum, [, size]) => sum + Number(size),
      0,
    );
    assert(bytes <= HISTORY_BYTES, JSON.stringify(sizes));
    assert(sizes.every(([, size]) => Number(size) <= FILE_BYTES), JSON.stringify(sizes));
    clearRuns(directory.path);
  }
});

Deno.test({
  name: "a history of many MiB that somebody else wrote is never read as a whole",
  ignore: !onUnix,
  fn() {
    using directory = new TestDirectory();
    const path = directory.join("perf_local.jsonl");
    const acts: [string, () => number][] = [
      ["appending", () => Number(appendRun(directory.path, sampleRun()))],
      ["reading", () => readRuns(directory.path).runs.length],
    ];
    for (const [name, act] of acts) {
      for (const end of ["", "garbage\n"]) {
        {
          using file = Deno.openSync(path, { write: true, create: true, truncate: true });
          file.truncateSync(2 ** 30); // all holes
          file.seekSync(0, Deno.SeekMode.End);
          file.writeSync(new TextEncoder().encode(`\n${linesUpTo(100_000)}${end}`));
        }
        const { readSync } = Deno.FsFile.prototype;
        let bytes = 0;
        try {
          Deno.FsFile.prototype.readSync = function (this: Deno.FsFile, buffer): number | null {
            const count = readSync.call(this, buffer);
            bytes += count ?? 0;
            return count;
          };
          assert(act() > 0, name);
        } finally {
          Deno.FsFile.prototype.readSync = readSync;
        }
        assert(bytes < 4 * HISTORY_BYTES, `${bytes} bytes read by ${name}`);
        assert(
          readRuns(directory.path).runs.length > 250,
          `${readRuns(directory.path).runs.length} after ${name} ${end}`,
        );
        assert(
          directory.names().every((name) =>
            name === "perf_local.jsonl" || Deno.statSync(directory.join(name)).size <= FILE_BYTES
          ),
        );
        clearRuns(directory.path);
      }
    }
  },
});

Deno.test("readRuns() sets a damaged history aside and keeps the good lines", () => {
  using directory = new TestDirectory();
  const later = '{"schema":2,"new":1}\n';
  const good = line + later + formatRun(sampleRun({ files: 2 }))!;
  const damaged = `${line}{"schema":1,"ti\n\n${later}\xff\x00\n${formatRun(sampleRun({ files: 2 }))!}`;
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), damaged);
  const { runs, notice } = readRuns(directory.path);
  assertEquals(runs, [sampleRun(), sampleRun({ files: 2 })]);
  const aside = directory.names().find((name) => /^perf_local\.damaged-\d{8}T\d{6}Z\.jsonl$/.test(name))!;
  assertEquals(Deno.readTextFileSync(directory.join(aside)), damaged);
  assertEquals(Deno.readTextFileSync(directory.join("perf_local.old.jsonl")), good);
  assert(notice!.includes(aside) && notice!.includes("2 lines"), notice);
  assertEquals(readRuns(directory.path), { runs });
  assertEquals(directory.names().length, 3);
});

Deno.test("readRuns() changes nothing where it may not repair", () => {
  using directory = new TestDirectory();
  const damaged = `${line}garbage\n`;
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), damaged);
  const { runs, notice } = readRuns(directory.path, { mayRepair: false });
  assertEquals([runs.length, notice], [1, undefined]);
  assertEquals(directory.names(), ["perf_local.jsonl"]);
  assertEquals(Deno.readTextFileSync(directory.join("perf_local.jsonl")), damaged);
});

Deno.test("readRuns() keeps three damaged files at most, the newest", () => {
  using directory = new TestDirectory();
  Deno.writeTextFileSync(directory.join("perf_local.damaged-20200101T000000Z.jsonl"), "old");
  for (const text of ["1\n", "2\n", "3\n"]) {
    Deno.writeTextFileSync(directory.join("perf_local.jsonl"), text);
    assert(readRuns(directory.path).notice !== undefined);
  }
  const aside = directory.names().filter((name) => name.includes("damaged"));
  assertEquals(aside.map((name) => Deno.readTextFileSync(directory.join(name))).sort(), ["1\n", "2\n", "3\n"]);
});

Deno.test("readRuns() looks again under the lock before it sets anything aside", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  Deno.writeTextFileSync(path, `garbage\n${line}`);
  const { tryLockSync } = Deno.FsFile.prototype;
  try {
    // Whoever had the lock has done it already.
    Deno.FsFile.prototype.tryLockSync = function (this: Deno.FsFile, exclusive): boolean {
      Deno.writeTextFileSync(path, line + line);
      return tryLockSync.call(this, exclusive);
    };
    assertEquals(readRuns(directory.path), { runs: [sampleRun()] });
  } finally {
    Deno.FsFile.prototype.tryLockSync = tryLockSync;
  }
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock"]);
});

Deno.test("readRuns() sets aside an old file that is damaged, and leaves the new one alone", () => {
  using directory = new TestDirectory();
  const [path, old] = ["perf_local.jsonl", "perf_local.old.jsonl"].map((name) => directory.join(name));
  const newer = formatRun(sampleRun({ files: 2 }))!;
  Deno.writeTextFileSync(old, `${line}garbage\n`);
  Deno.writeTextFileSync(path, newer);
  const { ino } = Deno.statSync(path);
  assert(readRuns(directory.path).notice!.includes("1 line"));
  assertEquals([Deno.readTextFileSync(old), Deno.readTextFileSync(path)], [line, newer]);
  assertEquals(Deno.statSync(path).ino, ino);
  Deno.writeTextFileSync(path, `${newer}garbage\n`);
  assertEquals(readRuns(directory.path).runs.length, 2);
  assertEquals([Deno.readTextFileSync(old), directory.names().includes("perf_local.jsonl")], [line + newer, false]);
});
