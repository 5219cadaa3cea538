import { assertEquals, assertStringIncludes } from "@std/assert";
import { answerHello } from "../../wire/handshake.ts";
import { TcpCarrier } from "../../wire/tcp_carrier.ts";
import type { ServeRanges } from "./serve_ranges.ts";

const MESSAGE: ServeRanges = {
  host: "127.0.0.1",
  port: 0,
  token: new Uint8Array(32),
  fileSystem: "portable",
  root: "/",
  shownRoot: "/",
  single: undefined,
  filter: { exclude: [], include: [] },
};

/** What a worker says that nobody there has caught, within a moment. */
async function uncaughtAfter(message: ServeRanges): Promise<string | undefined> {
  const worker = new Worker(new URL("./range_worker.ts", import.meta.url), { type: "module" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve) => {
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(event.message);
      };
      timer = setTimeout(() => resolve(undefined), 700);
      worker.postMessage(message);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

Deno.test("a worker that serves ranges keeps no defect to itself", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const letIn = async (): Promise<void> => {
    const carrier = new TcpCarrier(await listener.accept());
    await answerHello(carrier, { redeem: () => ({ kind: "accepted", session: {} }) });
    carrier.close();
  };
  const [uncaught] = await Promise.all([uncaughtAfter({ ...MESSAGE, port, filter: undefined as never }), letIn()]);
  listener.close();
  assertStringIncludes(uncaught ?? "nothing", "TypeError");
});

Deno.test("a worker that serves ranges is silent where it is not let in", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  assertEquals(await uncaughtAfter({ ...MESSAGE, port }), undefined);
});
