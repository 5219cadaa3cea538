/** 64 clients of one daemon at once, on either carrier: `deno test -A tests/slow/clients.ts`. */

import { MOST_DAEMON_BYTES, runClients } from "../helpers/many_clients.ts";

Deno.test("64 clients at once, over the data ports", async () => {
  console.log(await runClients(64));
});

Deno.test("64 clients at once, in the control stream", async () => {
  // HTTP/2 and its messages leave buffers behind faster than the collector thinks it has to work.
  console.log(await runClients(64, { mostBytes: 2 * MOST_DAEMON_BYTES, copyOptions: { forceGrpc: true } }));
});
