import { assert, assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { holdLock, sampleRun, TestDirectory } from "./_testing.ts";
import { appendRun, clearRuns, HISTORY_BYTES, readRuns } from "./history.ts";
import { formatRun } from "./run_record.ts";

const onUnix = Deno.build.os !== "windows";
const line = formatRun(sampleRun())!;

/** Lines whose `files` count up from 0, as many as fit. */
function linesUpTo(bytes: number): string {
  let text = "";
  for (let files = 0;; files++) {
    const next = formatRun(sampleRun({ files }))!;
    if (text.length + next.length > bytes) return text;
    text += next;
  }
}

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

Deno.test("appendRun() takes back what a full disk let it write", () => {
  using directory = new TestDirectory();
  appendRun(directory.path, sampleRun());
  {
    using _writes = spyOnWrites((file, bytes, write) => write(file, bytes.subarray(0, 10)));
    assertEquals(appendRun(directory.path, sampleRun()), false);
  }
  assertEquals(Deno.readTextFileSync(directory.join("perf_local.jsonl")), line);
});

Deno.test("appendRun() does not let a torn line take the next one with it", () => {
  using directory = new TestDirectory();
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), line + line.slice(0, 20));
  assert(appendRun(directory.path, sampleRun({ files: 7 })));
  assertEquals(readRuns(directory.path).runs, [sampleRun(), sampleRun({ files: 7 })]);
});

Deno.test("appendRun() gives up soon while another process holds the lock", () => {
  using directory = new TestDirectory();
  {
    using _lock = holdLock(directory.path);
    const started = performance.now();
    assertEquals(appendRun(directory.path, sampleRun()), false);
    const elapsedMs = performance.now() - started;
    assert(elapsedMs > 50 && elapsedMs < 1000, `${elapsedMs} ms`);
  }
  assertEquals(readRuns(directory.path).runs, []);
  assert(appendRun(directory.path, sampleRun()));
});

Deno.test("appendRun() keeps the newest half when the history is full", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const full = linesUpTo(HISTORY_BYTES);
  Deno.writeTextFileSync(path, full);
  using before = Deno.openSync(path);
  assert(appendRun(directory.path, sampleRun({ files: 123_456_789 })));
  const text = Deno.readTextFileSync(path);
  const kept = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  assert(full.endsWith(kept), "the newest lines stay as they are");
  assert(kept.length <= HISTORY_BYTES / 2 && kept.length > HISTORY_BYTES / 2 - 2 * line.length, `${kept.length}`);
  assertEquals(readRuns(directory.path).runs.at(-1)!.files, 123_456_789);
  assertEquals(before.statSync().size, full.length, "who reads the old file can read it to its end");
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock"]);
});

Deno.test("appendRun() never exceeds 1 MiB, also after a file that was larger or torn", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  const full = linesUpTo(HISTORY_BYTES);
  const torn = full.slice(0, HISTORY_BYTES - line.length);
  for (const text of [full + full + full, full + " ".repeat(HISTORY_BYTES - full.length), torn]) {
    Deno.writeTextFileSync(path, text);
    for (let i = 0; i < 3; i++) {
      assert(appendRun(directory.path, sampleRun()));
      assert(Deno.statSync(path).size <= HISTORY_BYTES);
    }
  }
});

Deno.test("appendRun() refuses what does not fit the schema", () => {
  using directory = new TestDirectory();
  assertEquals(appendRun(directory.path, sampleRun({ files: NaN })), false);
  assertEquals(appendRun(directory.path, { ...sampleRun(), source: undefined as never }), false);
  assertEquals(directory.names(), []);
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
  assertEquals(Deno.readTextFileSync(directory.join("perf_local.jsonl")), good);
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

Deno.test("readRuns() takes no line for damaged that is just being written", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  Deno.writeTextFileSync(path, line + line.slice(0, 20));
  {
    using _lock = holdLock(directory.path);
    assertEquals(readRuns(directory.path), { runs: [sampleRun()] });
  }
  assertEquals(Deno.readTextFileSync(path), line + line.slice(0, 20));
  assert(readRuns(directory.path).notice !== undefined);
});

Deno.test("readRuns() looks again under the lock before it sets anything aside", () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  Deno.writeTextFileSync(path, line + line.slice(0, 20));
  const { tryLockSync } = Deno.FsFile.prototype;
  try {
    // Whoever had the lock completes the line.
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
  for (const name of ["perf_local.jsonl", "perf_local.jsonl.tmp", "perf_local.damaged-20200101T000000Z.jsonl"]) {
    Deno.writeTextFileSync(directory.join(name), line);
  }
  Deno.writeTextFileSync(directory.join("perf.json"), "{}");
  {
    using _lock = holdLock(directory.path);
    assertEquals((assertThrows(() => clearRuns(directory.path), BlitError) as BlitError).code, "busy");
    assertEquals(readRuns(directory.path).runs.length, 1);
  }
  clearRuns(directory.path);
  assertEquals(directory.names(), ["perf.json", "perf_local.lock"]);
});

Deno.test("appendRun() loses nothing and tears nothing with eight writers and a rotation between them", async () => {
  using directory = new TestDirectory();
  const writers = 8;
  const runsEach = 200;
  // So much that the writers go past the limit once, and that all they write fits into what is kept.
  const older = linesUpTo(HISTORY_BYTES * 0.85);
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), older);
  const started = Array.from({ length: writers }, (_, i) => startWriter(directory.path, i + 3, runsEach));
  const done = Promise.all((await Promise.all(started)).map((finish) => finish()));
  let finished = false;
  done.finally(() => finished = true).catch(() => {}); // awaited below
  while (!finished) {
    assertEquals(readRuns(directory.path).notice, undefined, "a reader sees whole lines only");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await done;
  const { runs, notice } = readRuns(directory.path);
  assertEquals(notice, undefined);
  const everyRun = Array.from({ length: runsEach }, (_, i) => i);
  for (let writer = 3; writer < writers + 3; writer++) {
    const own = runs.filter(({ workers }) => workers === writer).map(({ files }) => files);
    assertEquals(own, everyRun, `writer ${writer}`);
  }
  const olderKept = runs.length - writers * runsEach;
  assert(olderKept > 0 && olderKept < older.split("\n").length - 1, "there was a rotation");
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock"]);
});

/**
 * Another process that appends runs; `workers` tells it from the others, `files` counts up. It is ready to write when the
 * promise resolves, and begins when the function is called.
 */
async function startWriter(directory: string, workers: number, count: number): Promise<() => Promise<void>> {
  const program = `
    import { appendRun } from ${JSON.stringify(import.meta.resolve("./history.ts"))};
    const record = ${JSON.stringify(sampleRun({ workers }))};
    Deno.stdout.writeSync(new Uint8Array(1));
    Deno.stdin.readSync(new Uint8Array(1));
    for (let files = 0; files < ${count}; files++) {
      // It may give up while the others are at it, and says so.
      for (let i = 0; !appendRun(${JSON.stringify(directory)}, { ...record, files }); i++) if (i === 20) Deno.exit(1);
    }`;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", program], stdin: "piped", stdout: "piped" });
  const child = command.spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return async () => {
    await child.stdin.close();
    await reader.cancel();
    assert((await child.status).success, "a writer had to give up, or failed");
  };
}

type Write = (file: Deno.FsFile, bytes: Uint8Array) => number;

/** Puts something between the code and its writes to files. */
function spyOnWrites(
  replacement: (file: Deno.FsFile, bytes: Uint8Array, write: Write) => number,
): Disposable & { readonly sizes: number[] } {
  const { writeSync } = Deno.FsFile.prototype;
  const sizes: number[] = [];
  Deno.FsFile.prototype.writeSync = function (this: Deno.FsFile, bytes): number {
    sizes.push(bytes.length);
    return replacement(this, bytes, (file, part) => writeSync.call(file, part));
  };
  return { sizes, [Symbol.dispose]: () => void (Deno.FsFile.prototype.writeSync = writeSync) };
}
