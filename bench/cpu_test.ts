import assert from "node:assert/strict";
import { capture } from "./commands.ts";
import { parseCpuMs, readChildrenCpuMs } from "./cpu.ts";

Deno.test("parseCpuMs() adds user and system time", () => {
  const words = new BigInt64Array(18);
  words.set([1n, 500n, 2n, 250_000n]);
  assert.equal(parseCpuMs(new Uint8Array(words.buffer)), 3250.5);
});

Deno.test({
  name: "readChildrenCpuMs() counts what a program has worked, not how long it slept",
  ignore: Deno.build.os !== "linux" || readChildrenCpuMs() === undefined,
  async fn() {
    const before = readChildrenCpuMs()!;
    await capture({ program: "sh", args: ["-c", "sleep 0.3"] });
    const slept = readChildrenCpuMs()!;
    await capture({ program: "sh", args: ["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"] });
    const worked = readChildrenCpuMs()!;
    assert.ok(slept - before < 100, `slept: ${slept - before} ms`);
    assert.ok(worked - slept > 10 && worked - slept > 2 * (slept - before), `worked: ${worked - slept} ms`);
  },
});
