import { assert, assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { holdLock, linesUpTo, sampleRun, spyOnWrites, TestDirectory } from "./_testing.ts";
import { appendRun, clearRuns, readRuns } from "./history.ts";
import { FILE_BYTES, HISTORY_BYTES } from "./history_rotation.ts";
import { formatRun } from "./run_record.ts";

const onUnix = Deno.build.os !== "windows";
const line = formatRun(sampleRun())!;

Deno.test("readRuns() gives back what appendRun() took, in order", () => {
  using directory = new TestDirectory();
  const config = directory.join("a/b");
  assertEquals(readRuns(config), { runs: [] });
  for (const files of [1, 2, 3]) assert(appendRun(config, sampleRun({ files })));
  assertEquals(readRuns(config), { runs: [1, 2, 3].map((files) => sampleRun({ files })) });
});

Deno.test({
  name: "appendRun() lets only the owner read",
  ignore: !onUnix,
  fn() {
    using directory = new TestDirectory();
    appendRun(directory.join("config"), sampleRun());
    assertEquals(Deno.statSync(directory.join("config")).mode! & 0o777, 0o700);
    assertEquals(Deno.statSync(directory.join("config/perf_local.jsonl")).mode! & 0o777, 0o600);
  },
});

Deno.test("appendRun() writes once, to a file opened for appending", () => {
  using directory = new TestDirectory();
  const opened: (boolean | undefined)[] = [];
  const { openSync } = Deno;
  using writes = spyOnWrites((file, bytes, write) => write(file, bytes));
  try {
    Deno.openSync = (path, options) => {
      if (String(path).endsWith(".jsonl")) opened.push(options?.append);
      return openSync(path, options);
    };
    assert(appendRun(directory.path, sampleRun()));
  } finally {
    Deno.openSync = openSync;
  }
  assertEquals(writes.sizes, [line.length]);
  assertEquals(opened, [true]);
});

Deno.test("appendRun() says so when a full disk takes a part of a line, which harms no other", () => {
  using directory = new TestDirectory();
  appendRun(directory.path, sampleRun());
  {
    using _writes = spyOnWrites((file, bytes, write) => write(file, bytes.subarray(0, 10)));
    assertEquals(appendRun(directory.path, sampleRun()), false);
  }
  assertEquals(readRuns(directory.path), { runs: [sampleRun()] });
  assert(appendRun(directory.path, sampleRun({ files: 7 })));
  assertEquals(readRuns(directory.path).runs, [sampleRun(), sampleRun({ files: 7 })]);
});

Deno.test("appendRun() does not let a torn line take the next one with it", () => {
  using directory = new TestDirectory();
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), line + line.slice(0, 20));
  assert(appendRun(directory.path, sampleRun({ files: 7 })));
  assertEquals(readRuns(directory.path).runs, [sampleRun(), sampleRun({ files: 7 })]);
});

Deno.test("appendRun() refuses what does not fit the schema", () => {
  using directory = new TestDirectory();
  assertEquals(appendRun(directory.path, sampleRun({ files: NaN })), false);
  assertEquals(appendRun(directory.path, { ...sampleRun(), source: undefined as never }), false);
  assertEquals(directory.names(), []);
});

Deno.test("readRuns() takes no line for damaged that is just being written", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  Deno.writeTextFileSync(path, line + line.slice(0, 20));
  assertEquals(readRuns(directory.path), { runs: [sampleRun()] });
  assertEquals(Deno.readTextFileSync(path), line + line.slice(0, 20));
  assert(appendRun(directory.path, sampleRun()));
  assert(readRuns(directory.path).notice!.includes("1 line"), "now it is one that a crash has torn");
});

Deno.test("readRuns() reads a file once that is renamed while it reads", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  Deno.writeTextFileSync(path, line);
  const { openSync } = Deno;
  try {
    Deno.openSync = (name, options) => {
      const file = openSync(name, options);
      if (name === path) Deno.renameSync(path, directory.join("perf_local.old.jsonl"));
      return file;
    };
    assertEquals(readRuns(directory.path), { runs: [sampleRun()] });
  } finally {
    Deno.openSync = openSync;
  }
});

Deno.test("readRuns() reads the newest runs only where that is enough", () => {
  using directory = new TestDirectory();
  for (const files of [1, 2, 3, 4]) appendRun(directory.path, sampleRun({ files }));
  const { runs, notice } = readRuns(directory.path, { newestBytes: Math.round(2.5 * line.length) });
  assertEquals(runs.map(({ files }) => files), [3, 4]);
  assertEquals(notice, undefined);
});

Deno.test("readRuns() reads no more than 1 MiB of a larger file", () => {
  using directory = new TestDirectory();
  const text = linesUpTo(HISTORY_BYTES);
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), text + text);
  const { runs, notice } = readRuns(directory.path);
  assert(runs.length > 100 && runs.length * line.length < HISTORY_BYTES * 1.05);
  assertEquals(notice, undefined);
});

Deno.test({
  name: "a history behind a symbolic link is kept and cleared where it is",
  ignore: !onUnix,
  fn() {
    using directory = new TestDirectory();
    const elsewhere = directory.join("elsewhere");
    Deno.mkdirSync(elsewhere);
    const config = directory.join("config");
    Deno.mkdirSync(config);
    for (const target of ["../elsewhere/history", `${elsewhere}/history`]) {
      Deno.symlinkSync(target, `${config}/perf_local.jsonl`);
      assert(appendRun(config, sampleRun())); // the link leads to nothing yet
      Deno.writeTextFileSync(`${elsewhere}/history`, linesUpTo(FILE_BYTES) + "garbage\n", { append: true });
      assert(appendRun(config, sampleRun({ files: 7 })));
      assert(readRuns(config).notice!.includes("could not be read"));
      assertEquals(readRuns(config).runs.at(-1)!.files, 7);
      assertEquals([...Deno.readDirSync(elsewhere)].length, 3);
      clearRuns(config);
      assertEquals([...Deno.readDirSync(elsewhere)], []);
      assertEquals([readRuns(config), Deno.readLinkSync(`${config}/perf_local.jsonl`)], [{ runs: [] }, target]);
      Deno.removeSync(`${config}/perf_local.jsonl`);
    }
  },
});

Deno.test("readRuns() says what is in the way of the history, and nobody waits for it", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const special = [() => Deno.mkdirSync(path)];
  if (onUnix) special.push(() => void new Deno.Command("mkfifo", { args: [path] }).outputSync());
  for (const create of special) {
    create();
    const { runs, notice, error } = readRuns(directory.path);
    assertEquals([runs, error!.message], [[], notice]);
    assert(notice!.includes("not a regular file"), notice);
    assertEquals(appendRun(directory.path, sampleRun()), false);
    Deno.removeSync(path);
  }
});

Deno.test({
  name: "appendRun() and readRuns() do nothing without permission, so that no prompt appears",
  permissions: { read: false, write: false },
  fn() {
    const { mkdirSync, statSync } = Deno;
    const asked: string[] = [];
    try {
      Deno.mkdirSync = () => void asked.push("mkdir");
      Deno.statSync = (path) => {
        asked.push("stat");
        return statSync(path);
      };
      assertEquals(appendRun("/nowhere/blit", sampleRun()), false);
      assertEquals(readRuns("/nowhere/blit"), { runs: [] });
    } finally {
      Object.assign(Deno, { mkdirSync, statSync });
    }
    assertEquals(asked, []);
  },
});

Deno.test("clearRuns() forgets everything but the settings", () => {
  using directory = new TestDirectory();
  clearRuns(directory.join("missing"));
  const names = ["perf_local.jsonl", "perf_local.old.jsonl", "perf_local.damaged-20200101T000000Z.jsonl"];
  for (const name of names.flatMap((name) => [name, `${name}.tmp`])) Deno.writeTextFileSync(directory.join(name), line);
  Deno.writeTextFileSync(directory.join("perf.json"), "{}");
  {
    using _lock = holdLock(directory.path);
    assertEquals((assertThrows(() => clearRuns(directory.path), BlitError) as BlitError).code, "busy");
    assertEquals(readRuns(directory.path).runs.length, 2);
  }
  clearRuns(directory.path);
  assertEquals(directory.names(), ["perf.json", "perf_local.lock"]);
});
