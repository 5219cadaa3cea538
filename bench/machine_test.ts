import assert from "node:assert/strict";
import { describeLoad, describeMachine, parseCpuModel } from "./machine.ts";

Deno.test("parseCpuModel() takes the first model and copes with none", () => {
  assert.equal(
    parseCpuModel("processor\t: 0\nmodel name\t: Fast CPU @ 3GHz\nmodel name\t: other\n"),
    "Fast CPU @ 3GHz",
  );
  assert.equal(parseCpuModel("processor\t: 0\n"), "unknown model");
});

Deno.test("describeMachine() names what bears on speed", () => {
  const info = {
    cores: 2,
    cpuModel: "Fast",
    memoryBytes: 24 * 1024 ** 3,
    kernel: "linux 6 x",
    system: "S",
    facts: ["f"],
  };
  assert.deepEqual(describeMachine(info), [
    "machine: 2 cores, Fast, 24.0 GiB of memory",
    "system: linux 6 x, S",
    "machine: f",
  ]);
});

Deno.test("describeLoad() warns about a busy machine only", () => {
  assert.equal(describeLoad([0.4, 3, 3], 2), undefined);
  assert.match(describeLoad([1.26, 0, 0], 2) ?? "", /load was 1\.3/);
});
