import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import published from "../import_map.jsr.json" with { type: "json" };
import { compareMaps } from "./import_maps.ts";
import { stagePackage } from "./publish.ts";

Deno.test("import_map.jsr.json maps what deno.json maps, to the same packages and versions", () => {
  assertEquals(compareMaps(config.imports, published.imports), []);
});

Deno.test("compareMaps() finds what is missing, of another version, or another module", () => {
  const here = { "a": "npm:a@1.2.3", "@std/cli/parse-args": "npm:deno-std@1.4.0/cli/parse_args.js" };
  const there = { "a": "npm:a@1.2.3", "@std/cli/parse-args": "jsr:@std/cli@^1.0.0/parse-args" };
  assertEquals(compareMaps(here, there), []);
  const std = "@std/cli/parse-args";
  for (
    const [wrong, name] of [
      [{ ...there, "a": "npm:a@1.2.4" }, "a"],
      [{ ...there, "a": "npm:a@^1.2.3" }, "a"],
      [{ ...there, "b": "npm:b@1.0.0" }, "b"],
      [{ [std]: there[std] }, "a"],
      [{ ...there, [std]: "jsr:@std/cli@^2.0.0/parse-args" }, std],
      [{ ...there, [std]: "jsr:@std/cli@^1.0.0" }, std],
      [{ ...there, [std]: "jsr:@std/text@^1.0.0/parse-args" }, std],
      [{ ...there, [std]: here[std] }, std],
    ] as [Record<string, string>, string][]
  ) {
    const differences = compareMaps(here, wrong);
    assertEquals(differences.length, 1, JSON.stringify(wrong));
    assertStringIncludes(differences[0], `"${name}" is `);
  }
});

Deno.test({
  name: "stagePackage() takes what is tracked and listed, with the imports from JSR",
  ignore: !new Deno.Command("git", { args: ["rev-parse"], cwd: new URL("..", import.meta.url) }).outputSync().success,
  async fn() {
    const directory = Deno.makeTempDirSync();
    try {
      await stagePackage(directory);
      const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
      assert(["mod.ts", "README.md", "cli", "core", "daemon", "proto", "utils"].every((name) => names.includes(name)));
      assert(!["tests", "bench", "tools", "docs", ".git"].some((name) => names.includes(name)), String(names));
      const staged = JSON.parse(Deno.readTextFileSync(`${directory}/deno.json`));
      assertEquals(staged.imports, published.imports);
      assertEquals([staged.name, staged.version, staged.publish], [config.name, config.version, config.publish]);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  },
});
