/**
 * Tests that mostly wait for others, run side by side.
 *
 * @module
 */

import { has, type Need } from "./needs.ts";

/**
 * Defines tests that run where the machine has everything they need. The first one that runs starts all of them, so they have
 * to share nothing; each is reported under its own name.
 */
export function testTogether(needs: readonly Need[], tests: Readonly<Record<string, () => Promise<void>>>): void {
  const missing = needs.filter((need) => !has(need));
  const suffix = missing.length > 0 ? ` [ignored: this machine lacks ${missing.join(", ")}]` : "";
  let started: Map<string, Promise<void>> | undefined;
  const start = (): Map<string, Promise<void>> => {
    const running = new Map(Object.entries(tests).map(([name, run]) => [name, run()]));
    // One that fails early is reported when its turn comes.
    for (const result of running.values()) result.catch(() => {});
    return running;
  };
  for (const name of Object.keys(tests)) {
    Deno.test({
      name: name + suffix,
      ignore: missing.length > 0,
      // What belongs to the others is still there when the first one ends.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: () => (started ??= start()).get(name),
    });
  }
}
