import { assertEquals } from "@std/assert";
import { createTestIo } from "./_testing.ts";
import { watchSignals, watchStateRequests } from "./signals.ts";

Deno.test("watchSignals() aborts on the first signal and exits on the second", () => {
  const io = createTestIo();
  const controller = new AbortController();
  using signals = watchSignals(controller, io);
  assertEquals([signals.status, controller.signal.aborted], [undefined, false]);
  io.send("SIGTERM");
  assertEquals([signals.status, controller.signal.aborted, io.exits], [143, true, []]);
  io.send("SIGINT");
  assertEquals([signals.status, io.exits], [143, [130]]);
});

Deno.test("watchSignals() gives a hang-up its own status", () => {
  const io = createTestIo();
  using signals = watchSignals(new AbortController(), io);
  io.send("SIGHUP");
  assertEquals(signals.status, 129);
});

Deno.test("watchSignals() listens on Windows to what exists there, and stops listening when disposed of", () => {
  const io = createTestIo({ platform: "windows" });
  {
    using signals = watchSignals(new AbortController(), io);
    io.send("SIGTERM");
    assertEquals([signals.status, io.handlers()], [undefined, 2]);
    io.send("SIGBREAK");
    assertEquals(signals.status, 130);
  }
  assertEquals(io.handlers(), 0);
});

Deno.test("watchStateRequests() calls back for SIGUSR1 and SIGINFO until it is disposed of", () => {
  const io = createTestIo();
  let requests = 0;
  {
    using _requests = watchStateRequests(io, () => requests++);
    for (const name of ["SIGUSR1", "SIGINFO", "SIGUSR1"] as const) io.send(name);
  }
  io.send("SIGUSR1");
  assertEquals([requests, io.handlers(), io.exits], [3, 0, []]);
});

Deno.test("watchStateRequests() does without the signals that a system lacks", () => {
  const io = createTestIo();
  const unknown = {
    ...io,
    onSignal(name: Deno.Signal, handler: () => void) {
      if (name === "SIGINFO") throw new TypeError("Invalid signal: SIGINFO");
      io.onSignal(name, handler);
    },
  };
  let requests = 0;
  using _requests = watchStateRequests(unknown, () => requests++);
  io.send("SIGUSR1");
  assertEquals([requests, io.handlers()], [1, 1]);
  using none = watchStateRequests(createTestIo({ platform: "windows" }), () => {});
  assertEquals(typeof none[Symbol.dispose], "function");
});
