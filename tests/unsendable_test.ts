/**
 * What no record can carry is a failure of that entry, on every route: what is beside it arrives, and a mirror deletes nothing.
 *
 * @module
 */

import { copy, mirror, move } from "../mod.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";
import { requireTool } from "./helpers/shell.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir } from "./helpers/tree.ts";

/** 1.3 MB of attributes, as tmpfs allows them. */
const MANY_ATTRIBUTES = `
  value=$(head -c 65000 /dev/zero | tr '\\0' x)
  for i in $(seq 20); do printf 'trusted.a%s="%s"\\n' $i "$value"; done | (echo '# file: rich'; cat) | setfattr --restore=-`;

/** A source in which some entries are more than a record can hold. */
function buildSource(root: string): string {
  const source = buildTree(`${root}/source`, {
    "a": "1",
    "rich": dir({ "below": "2" }),
    "sub": dir({ "z": "3" }),
  });
  requireTool("bash", ["-c", MANY_ATTRIBUTES], source);
  requireTool("truncate", ["-s", "10P", "huge", "excluded huge"], source);
  requireTool("touch", ["-d", "@5000000000000000", "late", "sub/late"], source);
  requireTool("touch", ["-d", "@-5000000000000000", "early"], source);
  requireTool("touch", ["-d", "@4000000000000000", "not so late"], source);
  return source;
}

const REFUSED = ["early", "huge", "late", "rich", "sub/late"];

for (const route of ["push", "pull", "daemon to daemon"] as const) {
  testWhere(
    ["linux", "native", "mounts", "attributes"],
    `what no record can carry fails by itself, ${route}`,
    async () => {
      using scratch = new Scratch();
      using disk = mountTmpfs(16);
      const source = buildSource(disk.path);
      const destination = buildTree(`${disk.path}/destination`, { "old": "4" });
      await using from = await startServer(scratch, { m: { path: source, trusted: true } });
      const port = from.daemon.port;
      const delegation = [`127.0.0.1:${port}`];
      await using to = await startServer(scratch, { m: { path: destination, trusted: true } }, { delegation });
      const ends = {
        "push": [`${source}/`, to.at("m")],
        "pull": [from.at("m"), destination],
        "daemon to daemon": [from.at("m"), to.at("m")],
      } as const;
      const [here, there] = ends[route];
      const options = { exclude: ["excluded*"] };
      const { status, failures } = await mirror(here, there, options);
      assertEquals(status, "partial");
      assertEquals(
        failures.map(({ path, code }) => `${path} ${code}`).sort(),
        REFUSED.map((path) => `${path} unsupported`),
      );
      for (const { message } of failures) assertMatch(message, /^Cannot send ".*": its /);
      assertEquals(listPaths(destination), ["a", "not so late", "old", "rich/", "sub/", "sub/z"]);
      for (const server of [from, to]) server.assertSound();
    },
  );
}

testWhere(
  ["linux", "native", "mounts"],
  "a move ends well whose destination has a file that no record can carry",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(16);
    const source = buildTree(scratch.join("source"), { "a": "1" });
    const destination = buildTree(`${disk.path}/destination`, {});
    requireTool("truncate", ["-s", "10P", "huge"], destination);
    await using server = await startServer(scratch, { m: { path: source } });
    const { status, removed } = await move(server.at("m"), destination);
    assertEquals([status, removed, listPaths(source), listPaths(destination)], ["done", 1, [], ["a", "huge"]]);
    server.assertSound();
  },
);

testWhere(["linux", "native", "mounts"], "a file of nearly 2^53 bytes arrives", async () => {
  using scratch = new Scratch();
  using disk = mountTmpfs(16);
  const source = buildTree(`${disk.path}/source`, {});
  requireTool("truncate", ["-s", "7P", "large"], source);
  await using server = await startServer(scratch, { m: { path: source } });
  const { status, failures } = await copy(server.at("m"), `${disk.path}/destination`);
  assertEquals([status, failures], ["done", []]);
  assertEquals(Deno.statSync(`${disk.path}/destination/large`).size, 7 * 2 ** 50);
});
