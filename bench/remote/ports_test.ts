import assert from "node:assert/strict";
import { DELAYED_ADDRESS, findFreePorts, SERVER_ADDRESS } from "./ports.ts";

Deno.test({
  name: "findFreePorts() gives ports in a row that can be listened on at both addresses",
  ignore: Deno.build.os !== "linux", // elsewhere, 127.0.0.2 is no address of the machine
  fn() {
    const first = findFreePorts(4);
    using listeners = new DisposableStack();
    for (let port = first; port < first + 4; port++) {
      for (const hostname of [SERVER_ADDRESS, DELAYED_ADDRESS]) listeners.use(Deno.listen({ hostname, port }));
    }
    assert.ok(first >= 20_000 && first + 4 <= 32_000);
  },
});
