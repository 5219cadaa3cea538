/**
 * A module is a wall, also while somebody swaps its directories for symbolic links: nothing outside is written, deleted or read.
 *
 * @module
 */

import { assert, assertEquals } from "./helpers/assert.ts";
import { assertNoSecret, createPlaces, outcome, ROUNDS, Swapper } from "./helpers/containment.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { assertSameTree, snapshot } from "./helpers/snapshot.ts";

/** How long each kind of transfer is repeated, in milliseconds. */
const DURATION_MS = 2000;
/** A round that is given up must not wait for anything, in milliseconds. */
const LONGEST_ROUND_MS = 15_000;
/** Of one test, however few tries it has come to. */
const MOST_MS = 30_000;

for (const [name, round] of Object.entries(ROUNDS)) {
  testWhere(["native"], `${name} stay in a module whose directories are swapped for links`, async () => {
    using scratch = new Scratch();
    const { module, outside, ...places } = createPlaces(scratch);
    const before = snapshot(outside);
    await using server = await startServer(scratch, { m: { path: module, trusted: true } });
    const results: Record<string, number> = {};
    let swaps = 0;
    {
      await using swapper = new Swapper(module, outside);
      const started = Date.now();
      let rounds = 0;
      // A machine that is busy gets more time for as many tries.
      const isEnough = (ms: number): boolean => ms > DURATION_MS && rounds > 10 && swapper.swaps > 5000;
      while (!isEnough(Date.now() - started) && Date.now() - started < MOST_MS) {
        const roundStarted = Date.now();
        const result = await outcome(round({ server, scratch, ...places }, rounds++));
        results[result] = (results[result] ?? 0) + 1;
        // Nothing waits for a side that has given up.
        const took = Date.now() - roundStarted;
        assert(took < LONGEST_ROUND_MS, `a round takes ${took} ms`);
      }
      swaps = swapper.swaps;
    }
    assert(swaps > 2000, `only ${swaps} swaps`);
    assert(Object.values(results).reduce((a, b) => a + b, 0) > 3, JSON.stringify(results));
    assertEquals("internal" in results, false, JSON.stringify(results));
    assertSameTree(outside, before);
    for (const into of ["into 0", "into 1"]) assertNoSecret(scratch.join(into));
    server.assertSound();
  });
}
