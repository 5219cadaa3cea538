/**
 * A daemon in a script, and a script that asks one.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BlitError, connect, copy, serve, type ServeOptions } from "../mod.ts";
import { assertEquals, assertMatch } from "./helpers/assert.ts";
import { assertComplete } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree } from "./helpers/snapshot.ts";
import { buildTree, dir, symlink } from "./helpers/tree.ts";
import { until } from "./helpers/wait.ts";

Deno.test("serve() exports directories until it is stopped; connect() looks at them", async () => {
  using scratch = new Scratch();
  const media = buildTree(scratch.join("media"), { "a": "12345", "sub": dir({ "link": symlink("../a") }) });
  const lines: string[] = [];
  const daemon = await serve({
    modules: { media: { path: media, comment: "films" }, "": { path: scratch.path, readOnly: true } },
    port: 0,
    motd: "hello",
    onLog: (level, message, { verb }) => lines.push(`${level} ${message} ${verb}`),
  });
  assertEquals([daemon.address, daemon.port > 0], ["127.0.0.1", true]);
  const server = await connect(`127.0.0.1:${daemon.port}`);
  assertEquals([server.name, server.motd], [`127.0.0.1:${daemon.port}`, "hello"]);
  assertEquals(await server.listModules(), [
    { name: "", comment: "", readOnly: true, trusted: false },
    { name: "media", comment: "films", readOnly: false, trusted: false },
  ]);
  const names = async (path: string) => (await Array.fromAsync(server.list(path))).map(({ name }) => name).sort();
  assertEquals(await names("/media"), ["a", "sub"]);
  assertEquals(await names("/media/sub/"), ["link"]);
  assertEquals(await names("//"), ["media"]);
  const { kind, target } = await server.stat("//media/sub/link");
  assertEquals([kind, target], ["symlink", "../a"]);
  assertEquals((await server.stat("/media/a")).sizeBytes, 5);

  const place = `127.0.0.1:${daemon.port}:/media/copy/`;
  assertComplete(await copy(`${media}/sub/`, place));
  assertSameTree(`${media}/copy`, `${media}/sub`);
  // The client may know the end before the daemon has noted it.
  await until(() => lines.length > 1, "the end of the job is logged");
  assertEquals(lines, ["info Job started copy", "info Job ended copy"]);

  for (const path of ["media", "", "/"]) {
    assertEquals((await assertRejects(() => server.stat(path), BlitError)).code, "usage", path);
  }
  assertEquals((await assertRejects(() => server.stat("/media/nothing"), BlitError)).code, "not-found");
  assertEquals((await assertRejects(() => server.stat("/media/../x"), BlitError)).code, "invalid-name");
  server.close();
  await assertRejects(() => server.listModules(), BlitError);
  await daemon.stop();
  await daemon.stop();
  const gone = await assertRejects(() => connect(`127.0.0.1:${daemon.port}`), BlitError);
  assertEquals(gone.code, "unreachable");
});

Deno.test("serve() refuses a port that is taken", async () => {
  using scratch = new Scratch();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const options = { modules: { m: scratch.path }, port: taken.addr.port };
  assertEquals((await assertRejects(() => serve(options), BlitError)).code, "refused");
});

Deno.test("serve() refuses what cannot be exported, and starts nothing", async () => {
  using scratch = new Scratch();
  const cases: [ServeOptions, RegExp][] = [
    [{ modules: { "a/b": scratch.path } }, /^Cannot serve module "a\/b": its name has to be 1 to 64/],
    [{ modules: { m: scratch.join("missing") } }, /^Cannot serve module "m": .*does not exist/],
    [{ modules: { m: { path: scratch.path, readOnly: true, trusted: true } } }, /nobody to trust/],
    [{ modules: {}, port: 65_536 }, /^Cannot serve on port 65536/],
    [{ modules: {}, port: 0, delegation: ["nas:0"] }, /^Cannot allow delegation from "nas:0"/],
  ];
  for (const [options, message] of cases) {
    const error = await assertRejects(() => serve(options), BlitError);
    assertEquals(error.code, "usage");
    assertMatch(error.message, message);
  }
});

Deno.test("connect() refuses what is no server, and gives up when told to", async () => {
  for (const text of ["", "nas:/m", "nas:0", "nas:70000", "a b", "::1", "[nas]", "http://nas"]) {
    assertEquals((await assertRejects(() => connect(text), BlitError)).code, "usage", text);
  }
  const error = await assertRejects(() => connect("127.0.0.1:1", { signal: AbortSignal.abort() }), BlitError);
  assertEquals(error.code, "interrupted");
});

testWhere(["linux", "native"], "Server.list() shows names of any bytes, with the exact ones beside", async () => {
  using scratch = new Scratch();
  const make = `touch "$(printf 'a\\377b')" plain`;
  new Deno.Command("sh", { args: ["-c", make], cwd: scratch.path }).outputSync();
  await using daemon = await serve({ modules: { m: scratch.path }, port: 0 });
  using server = await connect(`127.0.0.1:${daemon.port}`);
  const entries = await Array.fromAsync(server.list("/m"));
  const byName = entries.map(({ name, nameBase64 }) => [name, nameBase64]).sort();
  assertEquals(byName, [["a\\xffb", btoa("a\xffb")], ["plain", undefined]]);
});
