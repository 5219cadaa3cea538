/**
 * What careful readers and hostile users have found: each of these once lost data, left something out, or said what was not
 * so.
 *
 * @module
 */

import { type BlitError, copy, mirror, move, type TransferEvent } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants, assertComplete, assertNothingDone, copyAll, entryLines, mirrorAll } from "./helpers/engine.ts";
import { mountImage, mountTmpfs } from "./helpers/mounts.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, commandLine, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, listPaths } from "./helpers/snapshot.ts";
import { injecting } from "./helpers/strace.ts";
import { buildTree, dir, file, link, symlink } from "./helpers/tree.ts";

const fewVariants = allVariants.filter(({ workers }) => workers === 0 || workers === 2);
const native = fewVariants.filter(({ fileSystem }) => fileSystem === "native");

function inodeOf(path: string): number | null {
  return Deno.lstatSync(path).ino;
}

for (const fileSystem of ["native", "portable"] as const) {
  for (const fault of ["error=EIO", "error=ENODATA", "error=ENOENT"]) {
    // Deno's runtime takes ENOENT for the end of a directory that was removed meanwhile, in every call that it has.
    if (fileSystem === "portable" && fault === "error=ENOENT") continue;
    testWhere(
      ["linux", "native", "strace"],
      `blit mirror deletes nothing after a directory that it could not list, ${fileSystem}, ${fault}`,
      async () => {
        using scratch = new Scratch();
        const source = buildTree(scratch.join("source"), { "x": dir({ "1": "1", "2": "2" }), "y": "3" });
        const destination = buildTree(scratch.join("destination"), { "x": dir({ "1": "1", "2": "2", "3": "3" }) });
        const under = injecting({ call: "getdents64", fault, path: Deno.realPathSync(`${source}/x`) });
        const permissions = fileSystem === "native" ? ["-A"] : ["--no-prompt", "--allow-read", "--allow-write"];
        const { code } = await blit(["mirror", "--yes", `${source}/`, destination], { under, permissions });
        assertEquals(code, 1);
        assertEquals(listPaths(destination), ["x/", "x/1", "x/2", "x/3", "y"]);
      },
    );
  }
}

for (const kind of ["dense", "sparse"]) {
  testWhere(
    ["loop", "native", "strace"],
    `a ${kind} file left by SIGKILL is copied again where times are whole seconds`,
    async () => {
      using scratch = new Scratch();
      using disk = mountImage("ext4-coarse", 64);
      const source = scratch.directory("source");
      const content = new Uint8Array(6 << 20).map((_, i) => i % 251);
      const under = injecting({ call: kind === "dense" ? "write" : "pwrite64", fault: "signal=SIGKILL:when=3" });
      const path = `${disk.path}/copy/f`;
      const only = under.toSpliced(-4, 0, "-P", path);
      // The remnant has the time of its creation: the source has to be of that very second.
      await new Promise((resolve) => setTimeout(resolve, 1000 - Date.now() % 1000));
      Deno.writeFileSync(`${source}/f`, content);
      if (kind === "sparse") Deno.truncateSync(`${source}/f`, 9 << 20);
      await blit(["copy", `${source}/`, `${disk.path}/copy`], { under: only });
      const seconds = Math.floor((Deno.statSync(path).mtime?.getTime() ?? 0) / 1000);
      Deno.utimeSync(`${source}/f`, seconds, seconds);
      assertComplete(await copy(`${source}/`, `${disk.path}/copy`));
      assertEquals(Deno.readFileSync(path).subarray(0, content.length), content);
    },
  );
}

for (const { name, ...options } of fewVariants) {
  testWhere(["unix"], `mirror() makes room for every name of a hard-linked file, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1", "b": link("a"), "sub": dir({ "c": link("a") }) });
    const blocked = { "a": dir({ "q": "2" }), "b": dir(), "sub": dir({ "c": dir({ "r": "3" }) }) };
    const destination = buildTree(scratch.join("destination"), blocked);
    const planned: TransferEvent[] = [];
    const done: TransferEvent[] = [];
    const listen = { ...options, entryEvents: true };
    const plan = await mirror(`${source}/`, destination, {
      ...listen,
      dryRun: true,
      onEvent: (event) => planned.push(event),
    });
    assertEquals([plan.status, plan.failures], ["done", []]);
    await mirrorAll(source, destination, { ...listen, maxDelete: 5, onEvent: (event) => done.push(event) });
    assertSameTree(destination, source, { basic: options.fileSystem === "portable" });
    assertEquals(entryLines(planned), entryLines(done));
    assertEquals(inodeOf(`${destination}/a`), inodeOf(`${destination}/sub/c`));
  });

  testWhere(["unix"], `copy({ force }) keeps hard links together, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "a": "1", "b": link("a"), "c": link("a") });
    const destination = buildTree(scratch.join("destination"), { "a": dir({ "q": "2" }), "b": dir() });
    await copyAll(source, destination, { ...options, force: true });
    const inodes = ["a", "b", "c"].map((path) => inodeOf(`${destination}/${path}`));
    assertEquals(inodes, [inodes[0], inodes[0], inodes[0]]);
    assertNothingDone(await copyAll(source, destination, options));
  });

  testWhere(
    ["unix"],
    `names of a hard-linked file stay together when some of them cannot be copied, ${name}`,
    async () => {
      using scratch = new Scratch();
      const names = ["a", "b", "c", "d", "e"];
      const tree = Object.fromEntries(names.map((path) => [path, path === "a" ? "1" : link("a")]));
      const source = buildTree(scratch.join("source"), tree);
      for (const taken of [["a"], ["b"], ["a", "b"], ["e"]]) {
        const destination = buildTree(
          scratch.join(`left ${taken}`),
          Object.fromEntries(taken.map((path) => [path, "old"])),
        );
        const blocked = buildTree(
          scratch.join(`blocked ${taken}`),
          Object.fromEntries(taken.map((path) => [path, dir()])),
        );
        await copyAll(source, destination, { ...options, comparison: "ignore-existing" });
        const { failures } = await copy(`${source}/`, blocked, options);
        assertEquals(failures.map(({ path }) => path).sort(), taken);
        for (const root of [destination, blocked]) {
          const rest = names.filter((path) => !taken.includes(path)).map((path) => inodeOf(`${root}/${path}`));
          assertEquals(new Set(rest).size, 1, `${root}: ${rest}`);
        }
      }
    },
  );

  testWhere(["unix"], `what is in the way of a directory that is only walked is replaced, ${name}`, async () => {
    for (const obstacle of ["file", symlink("elsewhere")]) {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "d": dir({ "x.txt": "1", "y": "2" }) });
      const destination = buildTree(scratch.join("destination"), { "d": obstacle });
      const planned: TransferEvent[] = [];
      const done: TransferEvent[] = [];
      const listen = { ...options, include: ["*.txt"], entryEvents: true };
      await copy(`${source}/`, destination, { ...listen, dryRun: true, onEvent: (event) => planned.push(event) });
      await copyAll(source, destination, { ...listen, onEvent: (event) => done.push(event) });
      assertEquals(listPaths(destination), ["d/", "d/x.txt"]);
      assertEquals(entryLines(planned), entryLines(done));
    }
  });

  testWhere(
    ["unix"],
    `move() leaves alone what is in the place of a directory that takes no part, ${name}`,
    async () => {
      using scratch = new Scratch();
      const source = buildTree(scratch.join("source"), { "a": dir({ "x": "1" }), "b": dir({ "y": "2" }) });
      const destination = buildTree(scratch.join("destination"), { "a": "3" });
      const { status, failures } = await move(`${source}/`, destination, { ...options, include: ["b/"] });
      assertEquals([status, failures], ["done", []]);
      assertEquals([listPaths(source), listPaths(destination)], [["a/", "a/x"], ["a", "b/", "b/y"]]);
    },
  );

  testWhere(["unix"], `copy() misses a listed path below a listed directory, ${name}`, async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "dir": dir({ "x": "1" }) });
    const filesFrom = ["dir", "dir/missing", "dir/x", "dir/deeper/missing"];
    const { failures } = await copy(`${source}/`, scratch.join("destination"), { ...options, filesFrom });
    assertEquals(failures.map(({ path, code }) => [path, code]).sort(), [
      ["dir/deeper/missing", "not-found"],
      ["dir/missing", "not-found"],
    ]);
  });
}

testWhere(["native"], "a dry run counts hard links as the real run does, whichever worker meets them", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  buildTree(`${source}/d0`, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, `${i}`])));
  for (let i = 1; i < 20; i++) {
    Deno.mkdirSync(`${source}/d${i}`);
    for (let j = 0; j < 100; j++) Deno.linkSync(`${source}/d0/f${j}`, `${source}/d${i}/f${j}`);
  }
  const destination = scratch.join("destination");
  await copyAll(source, destination, { workers: 2 });
  const again = { workers: 4, comparison: "ignore-times" } as const;
  const plan = await copyAll(source, destination, { ...again, dryRun: true });
  const done = await copyAll(source, destination, again);
  assertEquals([plan.hardLinksCreated, plan.filesCopied], [1900, 100]);
  assertEquals([done.hardLinksCreated, done.filesCopied], [1900, 100]);
});

for (const verb of ["copy", "mirror", "move"]) {
  testWhere(["unix"], `blit ${verb} does not follow a link that nobody named`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, {
      "src": dir({ "a": "1" }),
      "dst": dir({ "src": symlink("../precious") }),
      "precious": dir({ "p": "2" }),
    });
    const flags = verb === "mirror" ? ["--yes"] : [];
    const { code, stderr } = await blit([verb, ...flags, "src", "dst/"], { cwd: scratch.path });
    assertEquals(code, 3);
    assertMatch(stderr, /^blit: Cannot .*"dst\/src": a symbolic link is there/m);
    assertEquals(listPaths(scratch.join("precious")), ["p"]);
    assertEquals(listPaths(scratch.join("src")), ["a"]);
  });

  testWhere(["unix"], `blit ${verb} to a link that leads nowhere says so and exits with 2`, async () => {
    using scratch = new Scratch();
    buildTree(scratch.path, { "src": dir({ "a": "1" }), "link": symlink("nowhere") });
    const { code, stderr } = await blit([verb, "src", "link"], { cwd: scratch.path });
    assertEquals([code, stderr.includes("Internal error")], [2, false], stderr);
    assertEquals(listPaths(scratch.join("src")), ["a"]);
  });
}

testWhere(["linux"], "blit refuses an argument that is not UTF-8 instead of using another path", async () => {
  using scratch = new Scratch();
  buildTree(scratch.path, { "s": dir({ "k": "1" }), "back\ufffd": dir({ "other": "2" }) });
  const command = commandLine(["mirror", "--yes", "s/"]).map((word) => `'${word}'`).join(" ");
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${command} $'back\\xff/'`],
    cwd: scratch.path,
  }).output();
  assertEquals(code, 2);
  assertMatch(new TextDecoder().decode(stderr), /^blit: Cannot use the argument .*UTF-8/m);
  assertEquals(listPaths(scratch.join("back\ufffd")), ["other"]);
});

testWhere(["unix"], "Ctrl-C ends the copy of one wide directory soon", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  for (let i = 0; i < 60_000; i++) Deno.writeTextFileSync(`${source}/f${i}`, "");
  const destination = scratch.join("destination");
  const program = startBlit(["copy", `${source}/`, destination]);
  while (!listsSomething(destination)) await new Promise((resolve) => setTimeout(resolve, 5));
  program.kill("SIGINT");
  assertEquals((await program.result).code, 130);
  const copied = [...Deno.readDirSync(destination)].length;
  assert(copied < 50_000, `${copied} of 60,000 files were copied before it ended`);
});

function listsSomething(directory: string): boolean {
  try {
    for (const _ of Deno.readDirSync(directory)) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

testWhere(["unix"], "verify whose reader leaves early never says that both sides are equal", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  for (let i = 0; i < 5000; i++) Deno.writeTextFileSync(`${source}/f${i}`, "");
  const destination = scratch.directory("destination");
  const command = commandLine(["verify", `${source}/`, destination]).map((word) => `'${word}'`).join(" ");
  const { code } = await new Deno.Command("bash", { args: ["-c", `set -o pipefail; ${command} | head -n 1`] }).output();
  assert(code !== 0);
});

for (const { name, ...options } of native) {
  testWhere(
    ["mounts", "native"],
    `a full disk is reported for the file and not for its temporary name, ${name}`,
    async () => {
      using scratch = new Scratch();
      using disk = mountTmpfs(8);
      const source = scratch.directory("source");
      Deno.writeFileSync(`${source}/big`, new Uint8Array(70 << 20).fill(1));
      const { failures } = await copy(`${source}/`, disk.path, options).then(
        (summary) => summary,
        (error) => ({ failures: [error as BlitError] }),
      );
      assertMatch(failures[0].message, /\/big": no space left/);
    },
  );
}

testWhere(["unix"], "mirror() deletes a directory that only has the name of a temporary file", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "k": "1" });
  const destination = buildTree(scratch.join("destination"), { ".blit-0123456789abcdef.tmp": dir({ "f": "2" }) });
  await mirrorAll(source, destination);
  assertEquals(listPaths(destination), ["k"]);
});

testWhere(["native"], "copy() counts everything with the most workers that may be asked for", async () => {
  using scratch = new Scratch();
  const source = buildTree(
    scratch.join("source"),
    Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, file("1")])),
  );
  assertEquals((await copyAll(source, scratch.join("destination"), { workers: 64 })).filesCopied, 2000);
});

Deno.test("events can be asked for several at a time", async () => {
  using scratch = new Scratch();
  const source = buildTree(scratch.join("source"), { "a": "1" });
  const run = copy(`${source}/`, scratch.join("destination"));
  const events = run[Symbol.asyncIterator]();
  const first = await Promise.all([events.next(), events.next(), events.next()]);
  assertEquals(first.map(({ value }) => value?.type), ["started", "route", "finished"]);
  await run;
});
