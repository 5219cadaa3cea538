/** Clients of one daemon at the same time; `tests/slow/clients.ts` has 64 of them. */

import { runClients } from "./helpers/many_clients.ts";
import { testWhere } from "./helpers/needs.ts";

testWhere(["linux"], "eight clients at once are served correctly, fairly and in little memory", async () => {
  await runClients(8);
});
