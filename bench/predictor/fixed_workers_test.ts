import assert from "node:assert/strict";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "fixed_workers.ts refuses what it does not measure",
  ignore,
  async fn() {
    const script = new URL("./fixed_workers.ts", import.meta.url).pathname;
    for (const args of [["0", "move", "/a", "/b"], ["0", "mirror", "/a", "/b"], ["0", "--version"]]) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, ...args] })
        .output();
      assert.notEqual(code, 0);
      assert.match(new TextDecoder().decode(stderr), /^Cannot (run|mirror) /);
    }
  },
});
