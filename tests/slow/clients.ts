/** 64 clients of one daemon at once, on every way that content takes: `deno test -A tests/slow/clients.ts`. */

import { MOST_DAEMON_BYTES, runClients } from "../helpers/many_clients.ts";

Deno.test("64 clients at once, over the data ports", async () => {
  console.log(await runClients(64));
});

Deno.test("64 clients at once, through the control port", async () => {
  console.log(await runClients(64, { way: "control port" }));
});

Deno.test("64 clients at once, in calls", async () => {
  // HTTP/2 and its messages leave buffers behind faster than the collector thinks it has to work.
  console.log(await runClients(64, { way: "calls", mostBytes: 2 * MOST_DAEMON_BYTES }));
});
