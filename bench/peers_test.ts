import assert from "node:assert/strict";
import { listTools, type ToolName } from "./peers.ts";
import type { Job } from "./runner.ts";

const COPY_TREE: Job = { verb: "copy", what: "tree", checksum: false, source: "/a/src", destination: "/a/dst" };
const COPY_FILE: Job = { ...COPY_TREE, what: "file", source: "/a/src/f", destination: "/a/dst/f" };
const MIRROR: Job = { ...COPY_TREE, verb: "mirror" };

function lineFor(name: ToolName, job: Job): string {
  const tool = listTools().find((candidate) => candidate.name === name)!;
  const { program, args } = tool.commandFor(job);
  return [program, ...args].join(" ").replace(Deno.execPath(), "deno").replace(/\S*\/mod\.ts/, "mod.ts");
}

Deno.test("every tool makes the destination a copy of the source", () => {
  assert.equal(lineFor("blit", COPY_TREE), "deno run -A mod.ts copy /a/src /a/dst");
  assert.equal(lineFor("rsync", COPY_TREE), "rsync -a /a/src/ /a/dst/");
  assert.equal(lineFor("cp", COPY_TREE), "cp -a /a/src /a/dst");
  assert.match(lineFor("tar", COPY_TREE), /-cf - \. \| tar -C "\$2" -xpf - sh \/a\/src \/a\/dst$/);
  assert.match(lineFor("rclone", COPY_TREE), /^rclone copy .*--ignore-checksum .* \/a\/src \/a\/dst$/);
});

Deno.test("every tool copies one file to its own name", () => {
  assert.equal(lineFor("blit", COPY_FILE), "deno run -A mod.ts copy /a/src/f /a/dst/f");
  assert.equal(lineFor("rsync", COPY_FILE), "rsync -a /a/src/f /a/dst/f");
  assert.match(lineFor("tar", COPY_FILE), /sh \/a\/src \/a\/dst f$/);
  assert.match(lineFor("rclone", COPY_FILE), /^rclone copyto /);
});

Deno.test("a mirror deletes, and compares content where asked", () => {
  assert.equal(lineFor("blit", MIRROR), "deno run -A mod.ts mirror /a/src/ /a/dst --yes");
  assert.equal(lineFor("rsync", { ...MIRROR, checksum: true }), "rsync -a --delete -c /a/src/ /a/dst/");
  assert.match(lineFor("rclone", { ...MIRROR, checksum: true }), /^rclone sync .*--checksum/);
  assert.throws(() => lineFor("cp", MIRROR), TypeError);
  assert.throws(() => lineFor("tar", MIRROR), TypeError);
});

Deno.test("the portable variant is not allowed to use FFI", () => {
  const line = lineFor("blit-portable", COPY_TREE);
  assert.doesNotMatch(line, /-A|ffi/);
  assert.match(line, /--no-prompt --allow-read --allow-write --allow-sys --allow-env mod\.ts/);
});
