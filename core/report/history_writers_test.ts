/** Many processes that write the history at once. */

import { assert, assertEquals } from "@std/assert";
import { linesUpTo, sampleRun, TestDirectory } from "./_testing.ts";
import { readRuns } from "./history.ts";
import { FILE_BYTES } from "./history_rotation.ts";

Deno.test("appendRun() loses nothing and tears nothing with eight writers and a rotation between them", async () => {
  using directory = new TestDirectory();
  const [writers, runsEach] = [8, 200];
  // So much that the writers go past the limit of a file once, and that all they write fits into the two.
  const older = linesUpTo(FILE_BYTES * 0.8);
  Deno.writeTextFileSync(directory.join("perf_local.jsonl"), older);
  await whileWriting(directory, writers, runsEach, () => {
    assertEquals(readRuns(directory.path).notice, undefined, "a reader sees whole lines only");
  });
  const { runs, notice } = readRuns(directory.path);
  assertEquals(notice, undefined);
  for (let writer = 0; writer < writers; writer++) {
    const own = runs.filter(({ stalls }) => stalls === writer + 1).map(({ files }) => files);
    assertEquals(own, Array.from({ length: runsEach }, (_, i) => i), `writer ${writer}`);
  }
  assertEquals(runs.length, older.split("\n").length - 1 + writers * runsEach);
  assertEquals(directory.names(), ["perf_local.jsonl", "perf_local.lock", "perf_local.old.jsonl"]);
});

Deno.test("what appendRun() took is there at once, over many rotations and while damage is set aside", async () => {
  using directory = new TestDirectory();
  const path = directory.join("perf_local.jsonl");
  let [damages, isDamaged] = [0, false];
  await whileWriting(directory, 8, 700, () => {
    if (!isDamaged && damages < 3) Deno.writeTextFileSync(path, "garbage\n", { append: true });
    isDamaged ||= damages < 3;
    const { notice } = readRuns(directory.path);
    if (notice === undefined) return;
    assert(notice.startsWith("Left out 1 line of"), notice); // no line was torn
    damages++;
    isDamaged = false;
  });
  assert(damages > 0);
  const { runs, notice } = readRuns(directory.path);
  assert(runs.length < 8 * 700, "there were rotations");
  assert(notice === undefined || isDamaged, notice);
});

/** Has other processes append runs, each telling its own by `stalls` and counting `files` up, and acts all the time. */
async function whileWriting(directory: TestDirectory, writers: number, runsEach: number, act: () => void) {
  const starting = Array.from({ length: writers }, (_, i) => startWriter(directory.path, i + 1, runsEach));
  const done = Promise.all((await Promise.all(starting)).map((finish) => finish()));
  let finished = false;
  done.finally(() => finished = true).catch(() => {}); // awaited below
  while (!finished) {
    act();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
}

/** Another process. It is ready to write when the promise resolves, and begins when the function is called. */
async function startWriter(directory: string, stalls: number, count: number): Promise<() => Promise<void>> {
  const program = `
    import { appendRun, readRuns } from ${JSON.stringify(import.meta.resolve("./history.ts"))};
    const directory = ${JSON.stringify(directory)};
    const record = ${JSON.stringify(sampleRun({ stalls }))};
    Deno.stdout.writeSync(new Uint8Array(1));
    Deno.stdin.readSync(new Uint8Array(1));
    const isThere = (files, options) =>
      readRuns(directory, options).runs.some((run) => run.stalls === record.stalls && run.files === files);
    for (let files = 0; files < ${count}; files++) {
      if (!appendRun(directory, { ...record, files })) Deno.exit(1);
      const until = Date.now() + 10_000;
      let found = isThere(files, { newestBytes: 8192, mayRepair: false });
      // Many others may have written since, and what is set aside is away for a moment.
      while (!found && Date.now() < until) found = isThere(files, { mayRepair: false });
      if (!found) Deno.exit(2);
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
