/**
 * What SIGUSR1 does besides asking for the state: from 2.9.2 on, Deno opens its debugger on a loopback port when any program
 * receives it. Through that port every user of the machine could run code as whoever runs Blit, so it is closed again.
 *
 * @module
 */

import inspector from "node:inspector";

/** Deno opens it within milliseconds, on a busy machine later. */
const LOOKS = 250;
const LOOK_INTERVAL_MS = 20;

/**
 * Waits for the debugger and closes it, also one that was open before: nothing tells them apart. Without permission for `sys`
 * it can neither be seen nor closed.
 */
export async function closeDebugger(): Promise<void> {
  if (Deno.permissions.querySync({ name: "sys" }).state !== "granted") return;
  for (let look = 0; look < LOOKS && inspector.url() === undefined; look++) {
    await new Promise<void>((resolve) => Deno.unrefTimer(setTimeout(resolve, LOOK_INTERVAL_MS)));
  }
  if (inspector.url() !== undefined) inspector.close();
}
