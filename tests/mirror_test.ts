/**
 * What a mirror deletes, and above all what it does not.
 *
 * @module
 */

import { BlitError, mirror, type TransferEvent } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertNothingDone, entryLines, mirrorAll } from "./helpers/engine.ts";
import { bindMount } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, parseEvents } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { buildTree, dir, fifo, file, link, symlink, type Tree } from "./helpers/tree.ts";
import { NOBODY, NobodysHome, WITHOUT_OVERRIDE, withoutReadOverride } from "./helpers/users.ts";

async function refusal(run: PromiseLike<unknown>): Promise<BlitError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof BlitError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

for (const { name, ...options } of allVariants) {
  Deno.test(`mirror() makes the destination exactly the source, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "kept": "1",
      "changed": "new",
      "sub": dir({ "kept": "2" }),
      "file now": "3",
      "directory now": dir({ "inside": "4" }),
      "empty": dir(),
    });
    const destination = buildTree(scratch.join("destination"), {
      "extra": "5",
      "extra directory": dir({ "deep": dir({ "deeper": dir({ "file": "6" }) }), "empty": dir() }),
      "changed": "old content",
      "sub": dir({ "extra": "7", "kept": "8, longer" }),
      "file now": dir({ "was": dir({ "a directory": "9" }) }),
      "directory now": "was a file",
    });
    await mirrorAll(source, destination, options);
    assertSameTree(destination, source, { basic: options.fileSystem === "portable" });
    assertNothingDone(await mirrorAll(source, destination, options));
  });
}

testWhere(["unix"], "mirror() deletes links and FIFOs themselves and never what a link points to", async () => {
  using scratch = new Scratch();
  buildTree(scratch.join("outside"), { "precious": "1" });
  const source = buildTree(scratch.join("source"), { "file": "1" });
  const destination = buildTree(scratch.join("destination"), {
    "to directory": symlink("../outside"),
    "to file": symlink("../outside/precious"),
    "dangling": symlink("nowhere"),
    "fifo": fifo(),
    "extra": dir({ "to directory": symlink("../../outside") }),
  });
  await mirrorAll(source, destination);
  assertSameTree(destination, source, { withoutTimes: true });
  assertEquals(Deno.readTextFileSync(scratch.join("outside", "precious")), "1");
});

testWhere(["unix"], "mirror() never follows a link that stands where the source has a directory", async () => {
  using scratch = new Scratch();
  buildTree(scratch.join("outside"), { "precious": "1" });
  const source = buildTree(scratch.join("source"), { "sub": dir({ "file": "2" }) });
  const destination = buildTree(scratch.join("destination"), { "sub": symlink("../outside") });
  await mirrorAll(source, destination);
  assertSameTree(destination, source);
  assertEquals(listPaths(scratch.join("outside")), ["precious"]);
});

Deno.test("mirror() refuses to empty a destination from an empty source", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  const destination = buildTree(scratch.join("destination"), { "precious": "1", "sub": dir({ "too": "2" }) });
  const error = await refusal(mirror(`${source}/`, destination));
  assertEquals(error.code, "refused");
  assertEquals(listPaths(destination), ["precious", "sub/", "sub/too"]);
  await mirrorAll(source, destination, { allowEmptySource: true });
  assertEquals(listPaths(destination), []);
});

Deno.test("blit mirror --yes refuses an empty source with exit status 3 and names the way out", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  const destination = buildTree(scratch.join("destination"), { "precious": "1" });
  const { code, stdout, stderr } = await blit(["mirror", "--yes", `${source}/`, destination]);
  assertEquals([code, stdout], [3, ""]);
  assertMatch(stderr, /^blit: Cannot .*empty/);
  assertMatch(stderr, /--allow-empty-source/);
  assertEquals(listPaths(destination), ["precious"]);
  const allowed = await blit(["mirror", "--yes", "--allow-empty-source", `${source}/`, destination]);
  assertEquals(allowed.code, 0);
  assertEquals(listPaths(destination), []);
});

Deno.test("mirror() from an empty source into an empty or missing destination is fine", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  await mirrorAll(source, scratch.directory("empty"));
  await mirrorAll(source, scratch.join("missing"));
  assertEquals(listPaths(scratch.join("missing")), []);
});

Deno.test("mirror() refuses a source whose every entry the filters leave out as it refuses an empty one", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a.tmp": "1", "b.tmp": "2" });
  const destination = buildTree(scratch.join("destination"), { "precious": "1" });
  const error = await refusal(mirror(`${source}/`, destination, { exclude: ["*.tmp"] }));
  assertEquals(error.code, "refused");
  assertEquals(listPaths(destination), ["precious"]);
});

Deno.test("mirror() with a missing source deletes nothing", async () => {
  using scratch = new Scratch();
  const destination = buildTree(scratch.join("destination"), { "precious": "1" });
  const error = await refusal(mirror(`${scratch.join("missing")}/`, destination, { allowEmptySource: true }));
  assertEquals(error.code, "not-found");
  assertEquals(listPaths(destination), ["precious"]);
});

Deno.test("mirror() stops before the first deletion when more than maxDelete entries would go", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "kept": "1" });
  const destination = buildTree(scratch.join("destination"), { "kept": "1", "a": "2", "b": dir({ "c": "3" }) });
  const error = await refusal(mirror(`${source}/`, destination, { maxDelete: 2 }));
  assertEquals(error.code, "refused");
  assertMatch(error.message, /3/);
  assertEquals(listPaths(destination), ["a", "b/", "b/c", "kept"]);
  await mirrorAll(source, destination, { maxDelete: 3 });
  assertEquals(listPaths(destination), ["kept"]);
});

Deno.test("blit mirror --max-delete refuses with exit status 3, after the copies", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const destination = buildTree(scratch.join("destination"), { "a": "2", "b": "3" });
  const { code, stderr } = await blit(["mirror", "--yes", "--max-delete", "1", `${source}/`, destination]);
  assertEquals(code, 3);
  assertMatch(stderr, /^blit: Cannot .*2 entries/m);
  assertEquals(listPaths(destination), ["a", "b", "new"]);
});

Deno.test("blit mirror without a terminal and without --yes copies, deletes nothing and exits with 3", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const destination = buildTree(scratch.join("destination"), { "extra": "2" });
  const { code, stderr } = await blit(["mirror", `${source}/`, destination], { stdin: "y\n" });
  assertEquals(code, 3);
  assertMatch(stderr, /--yes/);
  assertEquals(listPaths(destination), ["extra", "new"]);
  const nothingToDelete = await blit(["mirror", `${source}/`, scratch.join("elsewhere")]);
  assertEquals(nothingToDelete.code, 0);
});

Deno.test("mirror() asks once, with the number of entries, and false keeps everything", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1" });
  const destination = buildTree(scratch.join("destination"), { "a": "2", "b": dir({ "c": "3" }) });
  const plans: number[] = [];
  const confirmDeletions = (plan: { entries: number }) => {
    plans.push(plan.entries);
    return false;
  };
  await refusal(mirror(`${source}/`, destination, { confirmDeletions }));
  assertEquals(plans, [3]);
  assertEquals(listPaths(destination), ["a", "b/", "b/c", "new"]);
});

for (const { name, ...options } of allVariants) {
  Deno.test(`mirror({ dryRun }) writes nothing and reports exactly what the real run does, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "new": "1",
      "changed": "new content",
      "new directory": dir({ "with": "2" }),
      "same": { kind: "file", content: "3", mtime: "2020-01-01T00:00:00Z" },
    });
    const destination = buildTree(scratch.join("destination"), {
      "changed": "old",
      "same": { kind: "file", content: "3", mtime: "2020-01-01T00:00:00Z" },
      "extra": dir({ "deep": dir({ "file": "4" }) }),
      "extra file": "5",
    });
    const before = listPaths(destination);
    const planned = await record((onEvent) =>
      mirror(`${source}/`, destination, { ...options, onEvent, entryEvents: true, dryRun: true })
    );
    assertEquals(listPaths(destination), before);
    const done = await record((onEvent) =>
      mirror(`${source}/`, destination, { ...options, onEvent, entryEvents: true })
    );
    assertEquals(entryLines(planned), entryLines(done));
    assert(entryLines(done).length >= 7);
    assertSameTree(destination, source, { basic: options.fileSystem === "portable" });
  });
}

Deno.test("blit mirror --dry-run prints the plan that the real run then follows", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "new": "1", "changed": "new content", "sub": dir({ "x": "2" }) });
  const destination = buildTree(scratch.join("destination"), { "changed": "old", "gone": dir({ "file": "3" }) });
  const before = listPaths(destination);
  const planned = await blit(["mirror", "--dry-run", `${source}/`, destination]);
  assertEquals([planned.code, listPaths(destination)], [0, before]);
  const done = await blit(["mirror", "--yes", "-v", `${source}/`, destination]);
  assertEquals(done.code, 0);
  const entries = (text: string) => text.split("\n").filter((line) => /^[a-z,-]+ {2,}/.test(line)).sort();
  assertEquals(entries(planned.stdout), entries(done.stdout));
  assert(entries(planned.stdout).some((line) => /^delete +gone\/file$/.test(line)), planned.stdout);
  assertSameTree(destination, source);
});

testWhere(["native"], "mirror({ dryRun }) plans hard links in a directory that replaces something else", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "d": dir({ "a": "1", "b": link("d/a") }) });
  for (const old of [symlink("elsewhere"), file("old"), fifo()]) {
    using other = new Scratch();
    const destination = buildTree(other.join("destination"), { "d": old });
    const planned = await record((onEvent) =>
      mirror(`${source}/`, destination, { onEvent, entryEvents: true, dryRun: true })
    );
    const done = await record((onEvent) => mirror(`${source}/`, destination, { onEvent, entryEvents: true }));
    assertEquals(entryLines(planned), entryLines(done));
  }
});

Deno.test("mirror() deletes last, after every copy", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), Object.fromEntries(many("new", 50)));
  const destination = buildTree(scratch.join("destination"), Object.fromEntries(many("old", 50)));
  const events = await record((onEvent) => mirror(`${source}/`, destination, { onEvent, entryEvents: true }));
  const actions = events.flatMap((event) => event.type === "entry" && event.path !== "" ? [event.action] : []);
  assert(actions.lastIndexOf("create") < actions.indexOf("delete"), actions.join(" "));
});

Deno.test("mirror() never deletes what the filters leave out, unless deleteExcluded is given", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a.txt": "1", "b.log": "2" });
  const destination = buildTree(scratch.join("destination"), {
    "old.txt": "3",
    "old.log": "4",
    "cache": dir({ "kept": "5", "old.txt": "6" }),
    "sub": dir({ "kept.log": "7", "goes.txt": "8" }),
  });
  const filters = { exclude: ["*.log", "cache"] };
  await mirrorAll(source, destination, filters);
  assertEquals(listPaths(destination), [
    "a.txt",
    "cache/",
    "cache/kept",
    "cache/old.txt",
    "old.log",
    "sub/",
    "sub/kept.log",
  ]);
  await mirrorAll(source, destination, { ...filters, deleteExcluded: true });
  assertEquals(listPaths(destination), ["a.txt"]);
});

Deno.test("blit mirror says what is in the way where the filters protect it", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "cache": "a file", "other": "1" });
  const destination = buildTree(scratch.join("destination"), { "cache": dir({ "kept": "2" }) });
  const { code, stderr } = await blit(["mirror", "--yes", "--exclude", "cache/", `${source}/`, destination]);
  assertEquals([code, listPaths(destination)], [1, ["cache/", "cache/kept", "other"]]);
  assertMatch(stderr, /^blit: Cannot .*cache": .*(filter|excluded|left out|directory)/m);
});

Deno.test("mirror() with size filters deletes nothing that they leave out", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "small": "1" });
  const destination = buildTree(scratch.join("destination"), { "large": "x".repeat(2000), "tiny": "2" });
  await mirrorAll(source, destination, { maxSizeBytes: 1000 });
  assertEquals(listPaths(destination), ["large", "small"]);
});

for (const { name, fileSystem, workers } of allVariants.filter(({ workers }) => workers !== 1)) {
  testWhere(
    ["root", "setpriv"],
    `mirror() deletes nothing after a directory that it cannot read, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "closed": dir({ "inside": "1" }, { mode: 0o000 }),
        "new": "2",
        "sub": dir({ "also closed": dir({}, { mode: 0o300 }) }),
      });
      const destination = buildTree(scratch.join("destination"), { "extra": "3", "closed": dir({ "inside": "old" }) });
      const { summary } = await withoutReadOverride("mirror", `${source}/`, destination, { fileSystem, workers });
      assertEquals(summary?.status, "partial");
      assertEquals(summary?.deleted, 0);
      assertEquals(summary?.failures.map(({ path }) => path).sort(), ["closed", "sub/also closed"]);
      assertEquals(Deno.readTextFileSync(`${destination}/extra`), "3");
      assertEquals(Deno.readTextFileSync(`${destination}/closed/inside`), "old");
      assertEquals(Deno.readTextFileSync(`${destination}/new`), "2");
    },
  );
}

testWhere(
  ["root", "setpriv"],
  "blit mirror says that it deletes nothing, names what it missed and exits with 1",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "closed": dir({}, { mode: 0o000 }), "new": "2" });
    const destination = buildTree(scratch.join("destination"), { "extra": "3" });
    const { code, stderr } = await blit(["mirror", "--yes", `${source}/`, destination], { under: WITHOUT_OVERRIDE });
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*closed.*permission denied/m);
    assertMatch(stderr, /nothing (was|is) deleted|deletes nothing|no deletions|nothing has been deleted/i);
    assertEquals(listPaths(destination).includes("extra"), true);
  },
);

testWhere(["root", "setpriv"], "mirror() deletes nothing after a file that it cannot read", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), {
    "closed": { kind: "file", content: "1", mode: 0o000 },
    "new": "2",
  });
  const destination = buildTree(scratch.join("destination"), { "extra": "3" });
  const { code, stdout } = await blit(["mirror", "--yes", "--json", `${source}/`, destination], {
    under: WITHOUT_OVERRIDE,
  });
  assertEquals(code, 1);
  assertEquals(parseEvents(stdout).at(-1).summary.deleted, 0);
  assertEquals(listPaths(destination), ["extra", "new"]);
});

for (const { name, ...options } of allVariants) {
  testWhere(
    ["unix"],
    `mirror() keeps a directory in the way of a hard-linked file whole, and says so, when a filter protects some of it, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "a": "1", "b": link("a"), "sub": dir({ "c": link("a") }) });
      const destination = buildTree(scratch.join("destination"), { "a": dir({ "plain": "2", "protected": "3" }) });
      const { failures, status } = await mirror(`${source}/`, destination, { ...options, exclude: ["protected"] });
      assertEquals([status, failures.map(({ path }) => path)], ["partial", ["a"]]);
      assertEquals(listPaths(destination), ["a/", "a/plain", "a/protected", "b", "sub/", "sub/c"]);
      assertEquals(Deno.readTextFileSync(`${destination}/sub/c`), "1");
    },
  );
}

testWhere(["mounts"], "blit mirror names the hard-linked file for which it could not make room", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1", "b": link("a") });
  const destination = buildTree(scratch.join("destination"), { "a": dir({ "busy": dir() }) });
  using _bind = bindMount(scratch.directory("elsewhere"), `${destination}/a/busy`);
  const { code, stderr } = await blit(["mirror", "--yes", `${source}/`, destination]);
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot replace .*\/a": it is a directory/m);
  assertEquals(listPaths(destination), ["a/", "a/busy/", "b"]);
});

testWhere(["root", "setpriv"], "blit mirror deletes a user's own directories that he may not write to", async () => {
  using scratch = new Scratch();
  using home = new NobodysHome();
  const owner: [number, number] = [65534, 65534];
  const locked = (children: Tree) => dir(children, { mode: 0o555, owner });
  const source = buildTree(scratch.join("source"), { "new": file("1", { owner }) });
  const destination = buildTree(scratch.join("destination"), {
    "gone": locked({ "file": file("2", { owner }), "below": locked({ "file": file("3", { owner }) }) }),
    "kept": locked({ "protected": file("4", { owner }), "plain": file("5", { owner }) }),
  });
  Deno.chownSync(destination, ...owner);
  const mirrorAs = (...flags: string[]) =>
    blit(["mirror", "--yes", "--exclude", "protected", ...flags, `${source}/`, destination], {
      under: NOBODY,
      env: home.env,
    });
  const plan = await mirrorAs("--dry-run");
  const { code, stdout, stderr } = await mirrorAs("-v");
  assertEquals([code, plan.code], [0, 0], stderr);
  assertEquals(deletedIn(stdout), deletedIn(plan.stdout));
  assertEquals(listPaths(destination), ["kept/", "kept/protected", "new"]);
  assertEquals(Deno.statSync(`${destination}/kept`).mode! & 0o7777, 0o555);
});

function deletedIn(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line.startsWith("delete")).sort();
}

function many(prefix: string, count: number): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "content"]);
}

async function record(
  run: (onEvent: (event: TransferEvent) => void) => PromiseLike<unknown>,
): Promise<TransferEvent[]> {
  const events: TransferEvent[] = [];
  await run((event) => events.push(event));
  return events;
}
