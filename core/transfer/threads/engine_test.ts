import { assert, assertEquals } from "../../../tests/helpers/assert.ts";
import { Scratch } from "../../../tests/helpers/scratch.ts";
import { asByteString } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import { COPY_JOB } from "./_testing.ts";
import { Engine } from "./engine.ts";
import type { Job, Task } from "./job.ts";
import { Outbox } from "./outbox.ts";

const NAMES = Array.from({ length: 500 }, (_, i) => asByteString(`${i}`));

/** Both sides have directories of these names, with their time from long ago in the source only. */
async function withEngine(run: (engine: Engine, finished: () => number) => void): Promise<void> {
  using scratch = new Scratch();
  const [source, destination] = [scratch.directory("source"), scratch.directory("destination")];
  for (const name of NAMES) {
    Deno.mkdirSync(`${source}/${name}`);
    Deno.mkdirSync(`${destination}/${name}`);
    Deno.utimeSync(`${source}/${name}`, 1, 1);
  }
  const job: Job = { ...COPY_JOB, source, shownSource: source, destination };
  const outbox = new Outbox(() => {}, false);
  const engine = new Engine({ job, filter: await loadFilter(job.filter), outbox, thread: 0 });
  try {
    run(engine, () => NAMES.filter((name) => Deno.statSync(`${destination}/${name}`).mtime?.getTime() === 1000).length);
    assertEquals(outbox.counters.failed, 0);
  } finally {
    engine.close();
  }
}

Deno.test("Engine finishes many directories in steps, between which it can be stopped", async () => {
  const task: Task = { kind: "finalize", paths: NAMES };
  await withEngine((engine, finished) => {
    engine.scheduler.start([task]);
    assert(engine.step());
    const first = finished();
    assert(first > 0 && first < NAMES.length / 2, `${first} at once`);
    while (engine.step());
    assertEquals(finished(), NAMES.length);
  });
  await withEngine((engine, finished) => {
    engine.scheduler.start([task]);
    assert(engine.step());
    const first = finished();
    engine.stop();
    while (engine.step());
    assertEquals(finished(), first);
  });
});
