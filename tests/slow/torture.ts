/**
 * Random trees with directories larger than every batch and window, random destinations made of them, and random requests, on every
 * route and with interruptions: `BLIT_TORTURE=600 deno test -A --no-check tests/slow/torture.ts`.
 *
 * The number is the seconds that each of the two tests goes on drawing cases, 60 where it is not given. Each case prints its seed and
 * what it is; `BLIT_TORTURE_SEED=N` carries out that case alone. `TMPDIR=/dev/shm` is faster, and leaves daemons without FFI out.
 *
 * Judges are rsync, the trees before, the dry run, the second run, and the run on one thread of this machine. What two right runs may
 * do in different ways is not compared: which name of a file with several is the first, and so whose content stays where sizes and
 * times are equal.
 *
 * @module
 */

import { testWhere } from "../helpers/needs.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Rig } from "../helpers/torture/rig.ts";
import { tryInterruptions } from "../helpers/torture/interruption.ts";
import { tryRoutes, type Verdict } from "../helpers/torture/scenario.ts";

const NEEDS = ["root", "native", "rsync", "attributes"] as const;
const seconds = Number(Deno.env.get("BLIT_TORTURE") ?? 60);
const only = Deno.env.get("BLIT_TORTURE_SEED");

testWhere(NEEDS, "every route does the same, and rsync finds nothing to do", () => torture(tryRoutes));
testWhere(
  NEEDS,
  "runs that are interrupted lose nothing, and the next one brings it to its end",
  () => torture(tryInterruptions),
);

/** Carries out case after case until the time is over. */
async function torture(tryCase: (rig: Rig, seed: number) => Promise<Verdict>): Promise<void> {
  using scratch = new Scratch();
  await using rig = await Rig.start(scratch);
  const deadline = Date.now() + seconds * 1000;
  const first = only === undefined ? Date.now() % 1_000_000_000 : Number(only);
  const failed: number[] = [];
  for (let seed = first; seed === first || (only === undefined && Date.now() < deadline); seed++) {
    const started = Date.now();
    const { title, findings } = await tryCase(rig, seed);
    console.log(`seed ${seed}: ${title} (${Date.now() - started} ms)`);
    for (const finding of findings) console.log(`seed ${seed}: ${finding}`);
    if (findings.length > 0) failed.push(seed);
    rig.clear();
  }
  if (failed.length > 0) throw new Error(`Findings with the seeds ${failed.join(", ")}`);
}
