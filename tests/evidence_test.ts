/**
 * Nothing is removed, replaced or deleted unless there is evidence that it may go, and what could not be done is said.
 *
 * @module
 */

import { copy, mirror, move, type TransferEvent, verify } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, assertNothingDone, copyAll, entryLines, mirrorAll } from "./helpers/engine.ts";
import { mountImage, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { injecting } from "./helpers/strace.ts";
import { buildTree, dir, file, link, rawName } from "./helpers/tree.ts";
import { NOBODY, NobodysHome, withoutReadOverride } from "./helpers/users.ts";
import { untilThere } from "./helpers/wait.ts";

const fewVariants = allVariants.filter(({ workers }) => workers === 0 || workers === 2);
const MTIME = "2020-01-01T00:00:00Z";

testWhere(
  ["mounts", "native", "strace"],
  "blit move removes nothing from the source when the destination cannot be flushed",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(4);
    const source = buildTree(scratch.join("source"), { "a": "1", "sub": dir({ "b": "2" }) });
    const under = injecting({ call: "syncfs", fault: "error=EIO" });
    const { code, stderr } = await blit(["move", `${source}/`, `${disk.path}/moved`], { under });
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot flush .*input\/output error/m);
    assertEquals(listPaths(source), ["a", "sub/", "sub/b"]);
    assertEquals(Deno.readTextFileSync(`${source}/sub/b`), "2");
  },
);

for (const { name, ...options } of fewVariants.filter(({ fileSystem }) => fileSystem === "native")) {
  testWhere(
    ["loop", "native"],
    `move() to a file system of whole seconds keeps a file that is edited within its second, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "edited": file("old", { mtime: "2020-01-01T00:00:00.100Z" }),
        "still": file("1", { mtime: "2020-01-01T00:00:00.100Z" }),
      });
      using disk = mountImage("ext4-coarse", 16);
      const edit = (event: TransferEvent) => {
        if (event.type !== "entry" || event.action !== "create" || event.path !== "edited") return;
        Deno.writeTextFileSync(`${source}/edited`, "new");
        const later = new Date("2020-01-01T00:00:00.300Z");
        Deno.utimeSync(`${source}/edited`, later, later);
      };
      const summary = await move(`${source}/`, `${disk.path}/moved`, { ...options, entryEvents: true, onEvent: edit });
      assertEquals([summary.status, summary.failures.map(({ path }) => path)], ["partial", ["edited"]]);
      assertEquals(listPaths(source), ["edited"]);
      assertEquals(Deno.readTextFileSync(`${source}/edited`), "new");
    },
  );
}

for (const { name, ...options } of fewVariants) {
  Deno.test(`copy({ comparison: ignore-existing }) leaves a file where the source has a directory, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "entry": dir({ "x": "1" }), "other": "2" });
    const destination = buildTree(scratch.join("destination"), { "entry": "precious" });
    await copyAll(source, destination, { ...options, comparison: "ignore-existing" });
    assertEquals(listPaths(destination), ["entry", "other"]);
    assertEquals(Deno.readTextFileSync(`${destination}/entry`), "precious");
  });

  Deno.test(`move({ comparison: ignore-existing }) keeps the source of an equal file too, ${name}`, async () => {
    using scratch = new Scratch();
    const same = file("same", { mtime: MTIME });
    const source = buildTree(scratch.join("source"), { "a": same, "b": "1", "sub": dir({ "c": same, "d": "2" }) });
    const destination = buildTree(scratch.join("destination"), { "a": same, "sub": dir({ "c": same }) });
    assertComplete(await move(`${source}/`, destination, { ...options, comparison: "ignore-existing" }));
    assertEquals(listPaths(source), ["a", "sub/", "sub/c"]);
    assertEquals(listPaths(destination), ["a", "b", "sub/", "sub/c", "sub/d"]);
  });
}

Deno.test("blit copy --ignore-existing leaves a file where the source has a directory and exits with 0", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "entry": dir({ "x": "1" }) });
  const destination = buildTree(scratch.join("destination"), { "entry": "precious" });
  const { code } = await blit(["copy", "--ignore-existing", `${source}/`, destination]);
  assertEquals([code, listPaths(destination)], [0, ["entry"]]);
  assertEquals(Deno.readTextFileSync(`${destination}/entry`), "precious");
});

testWhere(
  ["root", "setpriv"],
  "blit by somebody who is not root deletes nothing for what he cannot read, and says so",
  async () => {
    using scratch = new Scratch();
    using home = new NobodysHome();
    const source = buildTree(scratch.join("source"), {
      "closed": file("new", { mode: 0o600 }),
      "entry": file("new", { mode: 0o600 }),
      "listed": dir({ "inside": "new" }, { mode: 0o444 }),
      "new": "1",
    });
    const owner = [65534, 65534] as const;
    const old = {
      "closed": file("old", { owner }),
      "entry": dir({ "old": file("2", { owner }) }, { owner }),
      "extra": file("3", { owner }),
      "listed": dir({ "extra": file("4", { owner }), "inside": file("old", { owner }) }, { owner }),
    };
    for (const command of [["mirror", "--yes"], ["copy", "--force"]]) {
      const destination = buildTree(scratch.join(command[0]), old, { owner });
      const run = await blit([...command, `${source}/`, destination], { under: NOBODY, env: home.env });
      assertEquals([command[0], run.code], [command[0], 1]);
      for (const name of ["closed", "entry", "listed/inside"]) {
        assertMatch(run.stderr, new RegExp(`^blit: Cannot .*${name}": permission denied$`, "m"));
      }
      if (command[0] === "mirror") assertMatch(run.stderr, /Nothing was deleted/);
      const kept = ["closed", "entry/", "entry/old", "extra", "listed/", "listed/extra", "listed/inside", "new"];
      assertEquals(listPaths(destination), kept);
      for (const path of ["closed", "listed/inside"]) {
        assertEquals(Deno.readTextFileSync(`${destination}/${path}`), "old");
      }
    }
  },
);

for (const { name, fileSystem, workers } of fewVariants) {
  testWhere(
    ["root", "setpriv"],
    `mirror() deletes nothing when a directory can be listed and not entered, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "listed": dir({ "inside": "1" }, { mode: 0o444 }) });
      const destination = buildTree(scratch.join("destination"), { "extra": "2", "listed": dir({ "extra": "3" }) });
      const { summary } = await withoutReadOverride("mirror", `${source}/`, destination, { fileSystem, workers });
      assertEquals([summary?.status, summary?.deleted], ["partial", 0]);
      assertEquals(summary?.failures.map(({ path }) => path), ["listed/inside"]);
      assert(summary?.notices.some((notice) => /nothing was deleted/i.test(notice)));
      assertEquals(listPaths(destination), ["extra", "listed/", "listed/extra"]);
    },
  );

  for (const verb of ["copy", "mirror"] as const) {
    const call = verb === "copy" ? "copy({ force })" : "mirror()";
    const options = { fileSystem, workers, ...(verb === "copy" ? { force: true } : {}) };
    testWhere(
      ["root", "setpriv"],
      `${call} keeps a directory that a file would replace which it cannot read, ${name}`,
      async () => {
        using scratch = new Scratch();
        const source = buildTree(scratch.join("source"), { "entry": file("new", { mode: 0o000 }), "fine": "1" });
        const destination = buildTree(scratch.join("destination"), { "entry": dir({ "old": "2" }) });
        const { summary } = await withoutReadOverride(verb, `${source}/`, destination, options);
        assertEquals(summary?.failures.map(({ path, code }) => [path, code]), [["entry", "permission-denied"]]);
        assertEquals(listPaths(destination), ["entry/", "entry/old", "fine"]);
      },
    );

    testWhere(
      ["root", "setpriv"],
      `${call} keeps a file that a directory would replace which it cannot read, ${name}`,
      async () => {
        using scratch = new Scratch();
        const source = buildTree(scratch.join("source"), {
          "entry": dir({ "new": "1" }, { mode: 0o000 }),
          "fine": "2",
        });
        const destination = buildTree(scratch.join("destination"), { "entry": "old" });
        const { summary } = await withoutReadOverride(verb, `${source}/`, destination, options);
        assertEquals(summary?.failures.map(({ path, code }) => [path, code]), [["entry", "permission-denied"]]);
        assertEquals(listPaths(destination), ["entry", "fine"]);
        assertEquals(Deno.readTextFileSync(`${destination}/entry`), "old");
      },
    );
  }

  Deno.test(`copy({ force }) never deletes what the filters leave out, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "entry": "file" });
    const destination = buildTree(scratch.join("destination"), {
      "entry": dir({ "kept.log": "1", "sub": dir({ "kept.log": "2" }) }),
    });
    const options = { fileSystem, workers, force: true, exclude: ["*.log"] };
    const summary = await copy(`${source}/`, destination, options);
    assertEquals(summary.failures.map(({ path, code }) => [path, code]), [["entry", "is-directory"]]);
    assertEquals(listPaths(destination), ["entry/", "entry/kept.log", "entry/sub/", "entry/sub/kept.log"]);
  });

  Deno.test(`copy({ force, dryRun }) lists exactly the deletions of the real run, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "entry": "file" });
    const destination = buildTree(scratch.join("destination"), {
      "entry": dir({ "a": "1", "sub": dir({ "b": "2" }), "empty": dir() }),
    });
    const before = listPaths(destination);
    const run = async (dryRun: boolean) => {
      const events: TransferEvent[] = [];
      const onEvent = (event: TransferEvent) => void events.push(event);
      const options = { fileSystem, workers, force: true, entryEvents: true, dryRun, onEvent };
      const summary = await copy(`${source}/`, destination, options);
      assertComplete(summary);
      return { lines: entryLines(events).filter((line) => line.startsWith("delete ")), deleted: summary.deleted };
    };
    const planned = await run(true);
    assertEquals(listPaths(destination), before);
    assertEquals(planned.lines, [
      "delete directory entry",
      "delete directory entry/empty",
      "delete directory entry/sub",
      "delete file entry/a",
      "delete file entry/sub/b",
    ]);
    assertEquals(planned, await run(false));
    assertEquals(Deno.readTextFileSync(`${destination}/entry`), "file");
  });
}

testWhere(["native", "strace"], "blit copy fails when the file system reports an error only at close", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "f": "content" });
  const destination = scratch.directory("destination");
  const under = injecting({ call: "close", fault: "error=EDQUOT", path: `${destination}/f` });
  const { code, stderr } = await blit(["copy", `${source}/f`, `${destination}/f`], { under });
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot .*quota/m);
  assertEquals(findTemporaries(destination), []);
  // Nothing is left that a later run could take for complete.
  assertEquals(listPaths(destination), []);
});

for (const { name, ...options } of fewVariants) {
  testWhere(["mounts"], `move() keeps and names a file that is created in the source meanwhile, ${name}`, async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(4);
    const source = buildTree(scratch.join("source"), { "a": "1", "b": "2" });
    const create = (event: TransferEvent) => {
      if (event.type === "entry" && event.action === "create" && event.path === "a") {
        Deno.writeTextFileSync(`${source}/late`, "3");
      }
    };
    const summary = await move(`${source}/`, `${disk.path}/moved`, { ...options, entryEvents: true, onEvent: create });
    assertEquals(summary.status, "partial");
    assertEquals(summary.failures.map(({ path, code }) => [path, code]), [["late", "changed"]]);
    assertEquals([listPaths(source), listPaths(`${disk.path}/moved`)], [["late"], ["a", "b"]]);
  });
}

testWhere(
  ["mounts", "native", "strace"],
  "blit move exits with 1 and names a file that is created in the source before it is emptied",
  async () => {
    using scratch = new Scratch();
    using disk = mountTmpfs(4);
    const source = buildTree(scratch.join("source"), { "a": "1" });
    const under = injecting({ call: "syncfs", fault: "delay_enter=700000" });
    const program = startBlit(["move", `${source}/`, `${disk.path}/moved`], { under });
    await untilThere(`${disk.path}/moved/a`);
    Deno.writeTextFileSync(`${source}/late`, "2");
    const { code, stderr } = await program.result;
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*late"/m);
    assertEquals(listPaths(source), ["late"]);
  },
);

testWhere(["loop"], "copy() reports a time that the file system clamps on every run, and copies once", async () => {
  using scratch = new Scratch();
  const mtime = "2050-01-01T00:00:00Z";
  const source = buildTree(scratch.join("source"), { "d": dir({}, { mtime }), "f": file("1", { mtime }), "g": "2" });
  using disk = mountImage("ext4-coarse", 16);
  for (const { name, ...options } of fewVariants) {
    for (const filesCopied of [2, 0]) {
      const summary = await copy(`${source}/`, `${disk.path}/${name}`, options);
      const failures = summary.failures.map(({ path, code }) => [path, code]).sort();
      const expected = ["d", "f"].map((path) => [path, "metadata"]);
      assertEquals([name, summary.status, failures], [name, "partial", expected]);
      assertEquals([name, summary.filesCopied], [name, filesCopied]);
    }
  }
});

testWhere(["loop"], "blit copy says which time it cannot keep and exits with 1 on every run", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "f": file("1", { mtime: "2050-01-01T00:00:00Z" }) });
  using disk = mountImage("ext4-coarse", 16);
  for (const run of [1, 2]) {
    const { code, stderr } = await blit(["copy", `${source}/`, `${disk.path}/copy`]);
    assertEquals([run, code], [run, 1]);
    assertMatch(stderr, /^blit: Cannot keep the time 2050-01-01/m);
  }
});

testWhere(["linux"], "verify() without FFI reports names of the destination that are not UTF-8", async () => {
  using scratch = new Scratch();
  const same = file("1", { mtime: MTIME });
  const source = buildTree(scratch.join("source"), { "file": same });
  const destination = buildTree(scratch.join("destination"), { "file": same, [rawName("bad-\xff")]: "2" });
  const summary = await verify(`${source}/`, destination, { fileSystem: "portable" });
  assertEquals(summary.status, "partial");
  assertEquals(summary.failures.map(({ code }) => code), ["invalid-name"]);
  assertMatch(summary.failures[0].message, /^Cannot .*destination\/bad-.*UTF-8/);
});

testWhere(["linux"], "mirror() without FFI reports such names and deletes nothing", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "file": "1" });
  const destination = buildTree(scratch.join("destination"), { "extra": "2", [rawName("bad-\xff")]: "3" });
  const summary = await mirror(`${source}/`, destination, { fileSystem: "portable" });
  assertEquals([summary.status, summary.deleted], ["partial", 0]);
  assertEquals(summary.failures.map(({ code }) => code), ["invalid-name"]);
  assertEquals(Object.keys(snapshot(destination)).sort(), [".", "bad-\\xff", "extra", "file"]);
});

for (const { name, ...options } of fewVariants) {
  Deno.test(`mirror({ include }) keeps directories that the source does not have, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a.txt": "1" });
    const destination = buildTree(scratch.join("destination"), {
      "empty": dir(),
      "old.txt": "2",
      "sub": dir({ "kept.log": "3", "old.txt": "4", "empty": dir() }),
    });
    await mirrorAll(source, destination, { ...options, include: ["*.txt"] });
    assertEquals(listPaths(destination), ["a.txt", "empty/", "sub/", "sub/empty/", "sub/kept.log"]);
  });

  Deno.test(`copy({ include }) into existing directories leaves nothing to do for a second run, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), {
      "p": dir({
        "q": dir({ "a.txt": "1", "b.log": "2" }, { mtime: "2021-01-01T00:00:00Z" }),
        "none": dir({ "c.log": "3" }, { mtime: MTIME }),
        "d.txt": "4",
      }, { mtime: MTIME }),
    }, { mtime: MTIME });
    const destination = buildTree(scratch.join("destination"), { "p": dir({}, { mtime: MTIME }) }, { mtime: MTIME });
    await copyAll(source, destination, { ...options, include: ["*.txt"] });
    assertEquals(listPaths(destination), ["p/", "p/d.txt", "p/q/", "p/q/a.txt"]);
    for (const path of ["", "p", "p/q"]) {
      const times = [destination, source].map((root) => Deno.statSync(`${root}/${path}`).mtime?.toISOString());
      assertEquals([path, times[0]], [path, times[1]]);
    }
    assertNothingDone(await copyAll(source, destination, { ...options, include: ["*.txt"] }));
  });
}

for (const { name, ...options } of fewVariants) {
  testWhere(
    ["root", "setpriv"],
    `copy() links no name to an old file where the first name could not be copied, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), {
        "a": file("new", { mode: 0o000 }),
        "b": link("a"),
      });
      const destination = buildTree(scratch.join("destination"), { "a": "much older" });
      const { summary } = await withoutReadOverride("copy", `${source}/`, destination, options);
      assertEquals([summary?.hardLinksCreated, summary?.failed], [0, 2]);
      assertEquals(listPaths(destination), ["a"]);
      assertEquals(Deno.readTextFileSync(`${destination}/a`), "much older");
    },
  );
}

Deno.test("a dry run of a mirror is refused where --max-delete refuses the real one", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const destination = buildTree(scratch.join("destination"), { "a": "1", "b": "2", "c": "3" });
  for (const flags of [["--dry-run"], ["--yes"]]) {
    const { code, stderr } = await blit(["mirror", ...flags, "--max-delete", "1", `${source}/`, destination]);
    assertEquals(code, 3);
    assertMatch(stderr, /^blit: Cannot delete 2 entries/m);
  }
  assertEquals(listPaths(destination), ["a", "b", "c"]);
});
