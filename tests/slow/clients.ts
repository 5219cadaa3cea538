/** 64 clients of one daemon at once, on either carrier: `deno test -A tests/slow/clients.ts`. */

import { runClients } from "../helpers/many_clients.ts";

for (const forceGrpc of [false, true]) {
  Deno.test(`64 clients at once, ${forceGrpc ? "in the control stream" : "over the data ports"}`, async () => {
    console.log(await runClients(64, { forceGrpc }));
  });
}
