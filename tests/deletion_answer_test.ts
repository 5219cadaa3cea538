/** A mirror that asks before it deletes waits for its answer, but not for ever: without one, nothing is deleted. */

import { assertRejects } from "@std/assert";
import { BlitError, mirror, serve } from "../mod.ts";
import { parseDelegationRule } from "../core/config/delegation.ts";
import { chooseFileSystem } from "../core/fs/mod.ts";
import { type Daemon, startDaemon } from "../daemon/daemon.ts";
import { assertEquals, assertStringIncludes } from "./helpers/assert.ts";
import { Scratch } from "./helpers/scratch.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { buildTree } from "./helpers/tree.ts";

/** How long the daemon waits here, in milliseconds; elsewhere ten minutes. */
const ANSWER_MS = 300;
const log = { info: () => {}, warn: () => {}, error: () => {} };

function startImpatient(path: string, sourcePort?: number): Promise<Daemon> {
  return startDaemon({
    bind: "127.0.0.1",
    port: 0,
    modules: [{ name: "m", path: Deno.realPathSync(path), comment: "", readOnly: false, trusted: false }],
    motd: "",
    delegation: sourcePort === undefined ? [] : [parseDelegationRule(`127.0.0.1:${sourcePort}`)!],
    fileSystem: chooseFileSystem(),
    log,
    answerMs: ANSWER_MS,
  });
}

Deno.test("a mirror to a server deletes nothing when the answer comes too late", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const module = buildTree(scratch.join("module"), { "old": "1" });
  await using cleanup = new AsyncDisposableStack();
  const daemon = await startImpatient(module);
  cleanup.defer(() => daemon.stop());
  const answered = Promise.withResolvers<boolean>();
  const error = await assertRejects(
    () =>
      Promise.resolve(
        mirror(`${source}/`, `127.0.0.1:${daemon.port}:/m/`, { confirmDeletions: () => answered.promise }),
      ),
    BlitError,
  );
  assertEquals(error.code, "refused");
  assertStringIncludes(error.message, "not confirmed");
  answered.resolve(true);
  assertEquals(listPaths(module), ["new", "old"]);
});

Deno.test("a mirror from server to server deletes nothing when the answer comes too late", async () => {
  using scratch = new Scratch();
  await using source = await serve({ modules: { m: buildTree(scratch.join("source"), { "new": "1" }) }, port: 0 });
  const module = buildTree(scratch.join("module"), { "old": "1" });
  await using cleanup = new AsyncDisposableStack();
  const daemon = await startImpatient(module, source.port);
  cleanup.defer(() => daemon.stop());
  const answered = Promise.withResolvers<boolean>();
  const options = { confirmDeletions: () => answered.promise };
  const [from, to] = [`127.0.0.1:${source.port}:/m/`, `127.0.0.1:${daemon.port}:/m/`];
  const error = await assertRejects(() => Promise.resolve(mirror(from, to, options)), BlitError);
  assertEquals(error.code, "refused");
  answered.resolve(true);
  assertEquals(listPaths(module), ["new", "old"]);
});
