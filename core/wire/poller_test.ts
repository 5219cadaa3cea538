import { POLLOUT, untilReady } from "./poller.ts";

const isPossible = Deno.build.os === "linux" && Deno.permissions.querySync({ name: "ffi" }).state === "granted";

Deno.test({
  name: "untilReady() resolves for whoever waits again in the turn in which the last wait is over",
  ignore: !isPossible,
  fn: async () => {
    const library = Deno.dlopen("libc.so.6", {
      eventfd: { parameters: ["u32", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
    const descriptor = library.symbols.eventfd(0, 0); // there is always room to write
    const waiting = setTimeout(() => {
      throw new Error("a wait was forgotten");
    }, 5000);
    for (let i = 0; i < 3; i++) await untilReady(descriptor, POLLOUT);
    clearTimeout(waiting);
    library.symbols.close(descriptor);
    library.close();
  },
});
