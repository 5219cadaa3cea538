import { assert, assertEquals } from "@std/assert";
import type { Executor } from "../threads/executor.ts";
import { Heartbeat } from "./heartbeat.ts";

/** Counts the beats within a time, while a worker waits for work or does not. */
async function beatsWithin(ms: number, isIdle: boolean): Promise<number> {
  let beats = 0;
  const heartbeat = new Heartbeat({ limitMs: 60_000, beat: () => beats++, describe: (path) => path });
  let signs = 0;
  const executor = {
    hasIdle: () => isIdle,
    vitals: () => ({ signs: signs++, inSlowCall: false }),
    currentPath: () => "",
  } as unknown as Executor;
  await heartbeat.watch(executor, new Promise<void>((resolve) => setTimeout(resolve, ms)));
  heartbeat.stop();
  return beats;
}

Deno.test("Heartbeat beats every second, and every half second while a worker waits for work", async () => {
  const [busy, idle] = await Promise.all([beatsWithin(3300, false), beatsWithin(3300, true)]);
  assert(busy >= 1 && busy <= 3, `${busy} beats`);
  assert(idle > busy && idle <= 6, `${idle} beats, ${busy} without idle workers`);
  assertEquals(busy < idle, true);
});
