/**
 * The wall of a module while transfers of all kinds go on at once: swapped for links by other clients, which must achieve nothing
 * with either file system, and by another process, against which the portable file system promises less than the native one.
 *
 * @module
 */

import { copy, mirror } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import {
  assertNoSecret,
  assertNothingLost,
  CONTENT,
  createPlaces,
  type Fixture,
  outcome,
  ROUNDS,
  Swapper,
} from "./helpers/containment.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { assertSameTree, snapshot } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";

/** How long transfers are repeated, in milliseconds. */
const DURATION_MS = 3500;
/** However few tries it has come to. */
const MOST_MS = 30_000;
const PORTABLE = ["-A", "--deny-ffi"];

/** Repeats all kinds of transfers at once; how they ended, and how often. */
async function repeat(fixture: Fixture, isOver: (rounds: number) => boolean): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  let rounds = 0;
  await Promise.all(
    Object.values(ROUNDS).map(async (round) => {
      while (!isOver(rounds)) {
        const result = await outcome(round(fixture, rounds++));
        results[result] = (results[result] ?? 0) + 1;
      }
    }),
  );
  return results;
}

for (const [kind, permissions] of [["native", ["-A"]], ["portable", PORTABLE]] as const) {
  const needs = kind === "native" ? ["native"] as const : ["unix"] as const;
  testWhere(needs, `clients that swap directories for links lead no other client outside (${kind})`, async () => {
    using scratch = new Scratch();
    const { module, outside, ...places } = createPlaces(scratch);
    const before = snapshot(outside);
    const linked = scratch.directory("linked");
    Deno.symlinkSync(outside, `${linked}/d`);
    const plain = buildTree(scratch.join("plain"), { "d": dir(CONTENT) });
    await using server = await startServer(scratch, { m: { path: module, trusted: true } }, { permissions });
    const started = Date.now();
    let swaps = 0;
    const isOver = (rounds: number): boolean =>
      Date.now() - started > (rounds > 20 && swaps > 10 ? DURATION_MS : MOST_MS);
    async function swap(isDone: () => boolean): Promise<void> {
      while (!isDone()) {
        // A directory is replaced by a link of the same name, and the link by a directory.
        await outcome(mirror(`${linked}/`, server.at("m"), { force: true }));
        await outcome(copy(`${plain}/`, server.at("m"), { force: true }));
        swaps++;
      }
    }
    let areOver = false;
    const transfers = repeat({ server, scratch, ...places }, isOver).finally(() => areOver = true);
    await Promise.all([transfers, swap(() => areOver)]);
    const results = await transfers;
    assert(swaps > 3 && ("loop" in results || "not-directory" in results), `${swaps}, ${JSON.stringify(results)}`);
    assertEquals("internal" in results, false, JSON.stringify(results));
    assertSameTree(outside, before);
    for (const into of ["into 0", "into 1"]) assertNoSecret(scratch.join(into));
    server.assertSound();
  });
}

testWhere(
  ["unix"],
  "a process that swaps directories for links gets nothing out, and destroys nothing outside",
  async () => {
    using scratch = new Scratch();
    const { module, outside, ...places } = createPlaces(scratch);
    // As another user would need it.
    Deno.chmodSync(module, 0o777);
    const before = snapshot(outside);
    await using server = await startServer(scratch, { m: { path: module, trusted: true } }, { permissions: PORTABLE });
    let results: Record<string, number>;
    let swaps = 0;
    {
      await using swapper = new Swapper(module, outside, 20);
      const started = Date.now();
      results = await repeat({ server, scratch, ...places }, (rounds) => {
        return Date.now() - started > (rounds > 5 && swapper.swaps > 300 ? DURATION_MS : MOST_MS);
      });
      swaps = swapper.swaps;
    }
    assert(swaps > 100, `only ${swaps} swaps`);
    assertEquals("internal" in results, false, JSON.stringify(results));
    assertNothingLost(outside, before);
    for (const into of ["into 0", "into 1"]) assertNoSecret(scratch.join(into));
    // And once nobody swaps any more, everything works.
    const { status, failures } = await copy(`${places.first}/`, server.at("m", "d"), { comparison: "ignore-times" });
    assertEquals([status, failures], ["done", []]);
    server.assertSound();
  },
);
