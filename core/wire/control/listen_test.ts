import { assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { listenControl, type ListenOptions } from "./listen.ts";

const OPTIONS: ListenOptions = { hostname: "127.0.0.1", port: 0, handler: (_, response) => void response.end() };

async function codeOf(options: ListenOptions): Promise<string> {
  return (await assertRejects(() => listenControl(options), BlitError)).code;
}

Deno.test({
  name: "listenControl() rejects where the permission is missing",
  permissions: { net: false },
  fn: async () => assertEquals(await codeOf(OPTIONS), "permission-denied"),
});

Deno.test("listenControl() refuses a port that is taken, and what is no address of this machine", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await codeOf({ ...OPTIONS, port: taken.addr.port }), "refused");
  for (const hostname of ["203.0.113.1", "not an address"]) {
    assertEquals(await codeOf({ ...OPTIONS, hostname }), "usage");
  }
});
