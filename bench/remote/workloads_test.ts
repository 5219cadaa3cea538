import assert from "node:assert/strict";
import { countBytes, countFiles } from "../trees.ts";
import { listRemoteWorkloads } from "./workloads.ts";

Deno.test("listRemoteWorkloads() has every workload in both directions, with the published sizes and limits", () => {
  const workloads = listRemoteWorkloads(1);
  const lines = workloads.map(({ name, direction, tree, targets }) => {
    assert.ok(name.startsWith(`${direction}-`), name);
    const limits = targets.map((target) => target.kind === "ratio" ? target.atMost : target.kind);
    return [name, countFiles(tree), countBytes(tree), ...limits];
  });
  assert.deepEqual(lines.filter(([name]) => `${name}`.startsWith("push")), [
    ["push-large", 1, 2_000_000_000, 0.35],
    ["push-small", 100_000, 409_600_000, 0.5],
    ["push-idle", 100_000, 409_600_000, 0.6],
    ["push-grpc", 1, 2_000_000_000, 1],
    ["push-delayed", 10_000, 40_960_000, 0.5, "difference"],
  ]);
  const without = (name: string | number) => `${name}`.slice("push-".length);
  const [pushes, pulls] = Object.values(Object.groupBy(lines, ([name]) => `${name}`.slice(0, 4)));
  assert.deepEqual(
    pushes!.map(([name, ...rest]) => [without(name), ...rest]),
    pulls!.map(([name, ...rest]) => [without(name), ...rest]),
  );
  assert.equal(workloads.find(({ name }) => name === "pull-delayed")?.tree.length, 500);
});

Deno.test("listRemoteWorkloads() compares only with tools that take part", () => {
  for (const { name, subject, tools, targets } of listRemoteWorkloads(1)) {
    assert.ok(tools.includes(subject), name);
    for (const target of targets) {
      if ("against" in target) assert.ok(tools.includes(target.against), name);
    }
  }
});
