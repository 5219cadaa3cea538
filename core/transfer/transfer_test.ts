import { assert, assertEquals } from "@std/assert";
import type { TransferEvent } from "../events.ts";
import { InlineExecutor } from "./threads/inline_executor.ts";
import { mirror, type Transfer } from "./transfer.ts";

/** How often a run that lasts for several heartbeats asks for what a progress event consists of. */
async function countProgress(listen: (run: Transfer) => Promise<unknown>, onEvent?: () => void): Promise<number> {
  const root = Deno.makeTempDirSync({ prefix: "blit-test-" });
  const { currentPath, scanComplete, counters } = InlineExecutor.prototype;
  let asked = 0;
  const counting = <T>(method: () => T) =>
    function (this: InlineExecutor): T {
      asked++;
      return method.call(this);
    };
  try {
    for (const side of ["source", "destination"]) Deno.mkdirSync(`${root}/${side}`);
    Deno.writeTextFileSync(`${root}/source/a`, "1");
    Deno.writeTextFileSync(`${root}/destination/b`, "2");
    const confirmDeletions = async (): Promise<boolean> => {
      Object.assign(InlineExecutor.prototype, {
        currentPath: counting(currentPath),
        scanComplete: counting(scanComplete),
        counters: counting(counters),
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      Object.assign(InlineExecutor.prototype, { currentPath, scanComplete, counters });
      return false;
    };
    // A heart that beats every 50 ms.
    const options = { workers: 0, stallTimeoutMs: 200, confirmDeletions, onEvent };
    await listen(mirror(`${root}/source/`, `${root}/destination`, options)).catch(() => {});
    return asked;
  } finally {
    Object.assign(InlineExecutor.prototype, { currentPath, scanComplete, counters });
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("a transfer sums up no progress when nobody listens", async () => {
  assertEquals(await countProgress((run) => Promise.resolve(run)), 0);
});

Deno.test("a transfer sums up progress for a callback and for a loop", async () => {
  assert(await countProgress((run) => Promise.resolve(run), () => {}) > 0);
  const types: TransferEvent["type"][] = [];
  const loop = async (run: Transfer): Promise<void> => {
    for await (const event of run) types.push(event.type);
  };
  assert(await countProgress(loop) > 0);
  assert(types.includes("progress"));
});
