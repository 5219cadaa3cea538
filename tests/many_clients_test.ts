/** Clients of one daemon at the same time; `tests/slow/clients.ts` has them with more files, on every way that content takes. */

import { runClients } from "./helpers/many_clients.ts";
import { testWhere } from "./helpers/needs.ts";

testWhere(["linux"], "64 clients at once are served correctly, fairly and in little memory", async () => {
  await runClients(64, { smallFiles: 50 });
});
