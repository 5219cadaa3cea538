import assert from "node:assert/strict";
import { holdsContent, measure } from "./measure.ts";

const ignore = Deno.build.os !== "linux";

function shell(script: string): { program: string; args: string[] } {
  return { program: "sh", args: ["-c", script] };
}

Deno.test({
  name: "measure() gives time and memory of a program that does its work",
  ignore,
  async fn() {
    const result = await measure(shell("sleep 0.1; :"));
    assert.equal(result.problem, undefined);
    assert.ok(result.wallMs >= 100, String(result.wallMs));
    assert.ok(result.peakBytes > 100 * 1024 && result.peakSumBytes >= result.peakBytes);
  },
});

Deno.test({
  name: "measure() reports the first complaint of a program that fails",
  ignore,
  async fn() {
    assert.equal((await measure(shell("echo one >&2; echo two >&2; exit 3"))).problem, "one");
    assert.equal((await measure(shell("exit 3"))).problem, "exit status 3");
  },
});

Deno.test({
  name: "measure() sees the first byte before the end",
  ignore,
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      const script = `mkdir ${directory}/a; : > ${directory}/a/empty; sleep 0.1; echo x > ${directory}/a/b; sleep 0.1`;
      const result = await measure(shell(script), { watchDirectory: directory });
      assert.ok(result.firstByteMs !== undefined && result.firstByteMs >= 100 && result.firstByteMs < result.wallMs);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: "measure() stops a pipeline when it is aborted",
  ignore,
  async fn() {
    const controller = new AbortController();
    const run = measure(shell("sleep 60 | sleep 60"), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await assert.rejects(run, /enough/);
  },
});

Deno.test("holdsContent() says no for a directory that is not there", () => {
  assert.equal(holdsContent("/nowhere at all"), false);
});
