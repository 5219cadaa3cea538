/**
 * What is promised wherever a transfer goes: said once, literally, and asked of every route.
 *
 * @module
 */

import {
  AllRoutes,
  assertEverywhere,
  MOVING,
  runOnce,
  type RunOutcome,
  runWithoutOverride,
} from "./helpers/all_routes.ts";
import { assertEquals } from "./helpers/assert.ts";
import { changedAnything } from "../core/events.ts";
import { entryLines } from "./helpers/engine.ts";
import { bindMount, mountImage } from "./helpers/mounts.ts";
import { has, testWhere } from "./helpers/needs.ts";
import type { TransferEvent } from "../mod.ts";
import { removeTree, Scratch } from "./helpers/scratch.ts";
import { requireTool } from "./helpers/shell.ts";
import { listPaths } from "./helpers/snapshot.ts";
import { dir, file, rawName, type Tree } from "./helpers/tree.ts";
import { awkwardNames } from "./fixtures/rich_tree.ts";

const OLD = "2020-01-01T00:00:00Z";
const NOTHING_DELETED = "Nothing was deleted, because not everything could be read and copied";

/** How a run ended, and what it says it has copied: files and bytes. */
function copied({ end, summary }: RunOutcome): unknown[] {
  return [end, summary?.filesCopied, summary?.bytesCopied];
}

/** The same, and whether anything at all was done. */
function nothing(outcome: RunOutcome): unknown[] {
  return [...copied(outcome), changedAnything(outcome.summary!)];
}

const NOTHING_DONE = ["done", 0, 0, false];

testWhere(["root", "setpriv", "native"], "what is promised for every route is kept on every route", async (t) => {
  using scratch = new Scratch();
  await using routes = await AllRoutes.start(scratch);

  await t.step("a mirror that could not read a directory, or a file, deletes nothing, names it and fails", async () => {
    const unreadable: Record<string, Tree[string]> = {
      "shut": dir({ "x": "1" }, { mode: 0 }),
      "closed\x1b[31m": file("new", { mode: 0, mtime: OLD }),
    };
    for (const [name, entry] of Object.entries(unreadable)) {
      const old = name === "shut" ? dir({ "old": "2" }) : "old";
      const sides = routes.build({ source: { "a": "1", [name]: entry }, destination: { "extra": "2", [name]: old } });
      const before = listPaths(sides[0].destination);
      const outcomes = await runWithoutOverride(sides, "mirror");
      await assertEverywhere(
        sides,
        ["partial", [`permission-denied ${name}`], 0, [NOTHING_DELETED], false],
        (_, i) => {
          const { end, failures, summary } = outcomes[i];
          // deno-lint-ignore no-control-regex
          const hasControls = /[\x00-\x1f]/.test(JSON.stringify(summary!.failures.map(({ message }) => message)));
          return [end, failures, summary!.deleted, summary!.notices, hasControls];
        },
      );
      await assertEverywhere(sides, ["a", ...before], ({ destination }) => listPaths(destination));
    }
  });

  await t.step("what has vanished is named, and keeps no mirror from deleting", async () => {
    const sides = routes.build({ source: { "sub": dir({ "a": "1" }) }, destination: { "sub": dir({ "extra": "2" }) } });
    // For a name that a list gives it is the same as for one that was listed a moment ago.
    await assertEverywhere(sides, ["partial", ["not-found gone"], 1], async (side) => {
      const { end, failures, summary } = await side.run("mirror", { filesFrom: ["gone", "sub"] });
      return [end, failures, summary!.deleted];
    });
    await assertEverywhere(sides, ["sub/", "sub/a"], ({ destination }) => listPaths(destination));
  });

  await t.step("a mirror from an empty source into something is refused, unless that is allowed", async () => {
    const sides = routes.build({ source: {}, destination: { "precious": "1" } });
    await assertEverywhere(sides, ["refused", ["precious"]], async (side) => [
      (await side.run("mirror")).end,
      listPaths(side.destination),
    ]);
    await assertEverywhere(sides, ["done", []], async (side) => [
      (await side.run("mirror", { allowEmptySource: true })).end,
      listPaths(side.destination),
    ]);
  });

  await t.step("--max-delete stops before the first deletion", async () => {
    const sides = routes.build({
      source: { "a": "1" },
      destination: { "extra": "2", "sub": dir({ "x": "3" }) },
    });
    await assertEverywhere(sides, ["refused", ["a", "extra", "sub/", "sub/x"]], async (side) => [
      (await side.run("mirror", { maxDelete: 2 })).end,
      listPaths(side.destination),
    ]);
    await assertEverywhere(sides, ["done", ["a"]], async (side) => [
      (await side.run("mirror", { maxDelete: 3 })).end,
      listPaths(side.destination),
    ]);
  });

  await t.step("a move keeps what failed and what was left out, with the directories above", async () => {
    const source = {
      "a": "1",
      "closed": file("2", { mode: 0 }),
      "left out.tmp": file("3", { mtime: OLD }),
      "sub": dir({ "b": "4", "x.tmp": "5" }),
      "gone": dir({ "c": "6", "deep": dir() }),
    };
    // What is left out is at the destination as well, as it is.
    const sides = routes.build({ source, destination: { "left out.tmp": source["left out.tmp"] } }, MOVING);
    const outcomes = await runWithoutOverride(sides, "move", { exclude: ["*.tmp"] });
    await assertEverywhere(sides, ["partial", ["permission-denied closed"]], (_, i) => {
      return [outcomes[i].end, outcomes[i].failures];
    });
    await assertEverywhere(sides, ["closed", "left out.tmp", "sub/", "sub/x.tmp"], (side) => listPaths(side.source));
    const arrived = ["a", "gone/", "gone/c", "gone/deep/", "left out.tmp", "sub/", "sub/b"];
    await assertEverywhere(sides, arrived, ({ destination }) => listPaths(destination));
  });

  await t.step("what a filter leaves out is deleted with --delete-excluded only", async () => {
    const sides = routes.build({
      source: { "a": "1" },
      destination: { "x.tmp": "2", "sub": dir({ "y.tmp": "3", "z": "4" }) },
    });
    await assertEverywhere(sides, ["a", "sub/", "sub/y.tmp", "x.tmp"], async (side) => {
      await side.run("mirror", { exclude: ["*.tmp"] });
      return listPaths(side.destination);
    });
    await assertEverywhere(sides, ["a"], async (side) => {
      await side.run("mirror", { exclude: ["*.tmp"], deleteExcluded: true });
      return listPaths(side.destination);
    });
  });

  await t.step(
    "a dry run tells exactly the plan of the real run, which deletes last, and verify changes nothing",
    async () => {
      const sides = routes.build({
        source: { "new": "1", "changed": "22", "deep": dir({ "er": dir({ "n": "3" }) }), "file now": "4" },
        destination: { "changed": "1", "extra": dir({ "x": "2", "y": dir() }), "file now": dir({ "was": "5" }) },
      });
      const before = listPaths(sides[0].destination);
      const plans = await Promise.all(sides.map((side) => side.run("mirror", { dryRun: true })));
      await assertEverywhere(sides, ["differences", before], async (side) => {
        return [(await side.run("verify")).end, listPaths(side.destination)];
      });
      await assertEverywhere(sides, ["done", 0, []], async (side, i) => {
        const done = await side.run("mirror");
        const planned = entryLines(plans[i].events);
        const lines = entryLines(done.events);
        const actions = done.events.flatMap((event) => event.type === "entry" ? [event] : []);
        const firstDeletion = actions.findIndex(({ action }) => action === "delete");
        const late = actions.slice(firstDeletion).filter(({ action, path }) =>
          action !== "delete" && path !== "file now"
        );
        const wrong = [
          ...planned.filter((line) => !lines.includes(line)),
          ...lines.filter((line) => !planned.includes(line)),
        ];
        return [done.end, late.length, wrong];
      });
      const after = ["changed", "deep/", "deep/er/", "deep/er/n", "file now", "new"];
      await assertEverywhere(sides, after, ({ destination }) => listPaths(destination));
    },
  );

  await t.step("bytes are counted once, a second run has nothing to do, and a deep change is found", async () => {
    const source = { "a": file("1", { mtime: OLD }), "d": dir({ "e": dir({ "f": file("333", { mtime: OLD }) }) }) };
    const sides = routes.build({ source });
    await assertEverywhere(sides, ["done", 2, 4], async (side) => copied(await side.run("copy")));
    await assertEverywhere(sides, NOTHING_DONE, async (side) => nothing(await side.run("copy")));
    for (const side of sides) {
      const path = `${side.source}/d/e/f`;
      const above = [`${side.source}/d/e`, `${side.source}/d`].map((directory) => Deno.statSync(directory).mtime!);
      Deno.writeTextFileSync(path, "444");
      [`${side.source}/d/e`, `${side.source}/d`].forEach((d, i) => Deno.utimeSync(d, above[i], above[i]));
    }
    await assertEverywhere(sides, ["done", 1, 3], async (side) => copied(await side.run("copy")));
    await assertEverywhere(sides, "444", ({ destination }) => Deno.readTextFileSync(`${destination}/d/e/f`));
  });

  await t.step("equal bytes with another time or mode are repaired without a copy, once", async () => {
    const sides = routes.build({
      source: { "time": file("same", { mtime: OLD, mode: 0o640 }), "mode": file("same", { mtime: OLD, mode: 0o600 }) },
      destination: { "time": file("same", { mode: 0o640 }), "mode": file("same", { mtime: OLD, mode: 0o644 }) },
    });
    await assertEverywhere(sides, ["done", 0, 0], async (side) => copied(await side.run("copy")));
    const expected = [[0o640, OLD], [0o600, OLD]];
    await assertEverywhere(sides, expected, ({ destination }) =>
      ["time", "mode"].map((name) => {
        const { mode, mtime } = Deno.statSync(`${destination}/${name}`);
        return [mode! & 0o7777, mtime!.toISOString().replace(".000", "")];
      }));
    await assertEverywhere(sides, NOTHING_DONE, async (side) => nothing(await side.run("copy")));
  });

  await t.step("one entry or a directory goes where the trailing slashes say", async () => {
    const cases: [source: string, destination: string, there: string[]][] = [
      ["file", "", ["file"]],
      ["file", "new", ["new"]],
      ["dir", "new", ["new/", "new/x"]],
      ["dir", "", ["dir/", "dir/x"]],
      ["dir/", "", ["x"]],
    ];
    for (const [source, destination, there] of cases) {
      const sides = routes.build({ source: { "file": "1", "dir": dir({ "x": "2" }) } });
      await assertEverywhere(sides, ["done", there], async ({ from, to, ...side }) => {
        const request = {
          verb: "copy",
          source: from(source),
          destination: to(destination),
          options: side.options,
        } as const;
        return [(await runOnce(request)).end, listPaths(side.destination)];
      });
    }
  });

  await t.step("a run in which nothing takes part says so", async () => {
    const sides = routes.build({ source: { "a.tmp": "1", "b.tmp": "2" } });
    const notice = "Nothing took part: the filters left out all 2 entries that were looked at";
    await assertEverywhere(sides, ["done", [notice]], async (side) => {
      const { end, summary } = await side.run("copy", { exclude: ["*.tmp"] });
      return [end, [...summary!.notices]];
    });
  });

  await t.step("files of size 0 that have content arrive with it", async () => {
    const sides = routes.build({ source: {} });
    await assertEverywhere(sides, ["done", Deno.readTextFileSync("/proc/sys/kernel/ostype")], async (side) => {
      const { route, destination, options } = side;
      const source = routes.proc(route, "ostype");
      const { end } = await runOnce({ verb: "copy", source, destination: side.to("file"), options });
      return [end, Deno.readTextFileSync(`${destination}/file`)];
    });
  });

  await t.step("a destination that is removed meanwhile ends the run with one error", async () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`f${i}`, "1"]));
    const sides = routes.build({ source: many }, ["local, native", "local, portable", "pull", "pull in calls"]);
    await assertEverywhere(sides, ["io", true, 0], async (side) => {
      let isThere = true;
      const onEvent = ({ type, ...event }: TransferEvent): void => {
        if (!isThere || type !== "entry" || !("path" in event) || event.path === "") return;
        removeTree(side.destination);
        isThere = false;
      };
      // On one thread everything stands still while an event is heard.
      const { end, message, events } = await side.run("copy", { workers: 0, onEvent });
      const failures = events.filter(({ type }) => type === "failed");
      return [end, message.includes(side.destination), failures.length];
    });
  });

  await t.step("names are bytes, whatever they hold", async () => {
    const bytes = [rawName("\xff\xfe\x80"), rawName("latin1-\xe9")];
    const sides = routes.build({ source: { ...awkwardNames, [bytes[0]]: dir({ "x": "1" }), [bytes[1]]: "2" } });
    const names = (root: string): string[] => {
      const found = requireTool("find", [root, "-mindepth", "1", "-printf", "%P\\0"]);
      return new TextDecoder("latin1").decode(found).split("\0").filter((path) => path !== "").sort();
    };
    await Promise.all(sides.map((side) => side.run("copy")));
    const native = sides.filter(({ route }) => route !== "local, portable");
    await assertEverywhere(native, names(sides[0].source), ({ destination }) => names(destination));
    // Deno cannot spell two of them: they are named as failed, and the rest is there.
    const [portable] = sides.filter(({ route }) => route === "local, portable");
    assertEquals(names(portable.destination), names(portable.source).filter((path) => !/^(\xff|latin1)/.test(path)));
    assertEquals((await portable.run("copy")).failures.length, 2);
  });

  await t.step("what a peer names has no control byte in a daemon's log", async () => {
    const name = "a\x1b[31m\x7f\u009b2J\u202e";
    const sides = routes.build({ source: { "x": "1" }, destination: { [name]: "a file" } }, ["push", "push in calls"]);
    await assertEverywhere(sides, "not-directory", async ({ from, to, options }) => {
      const outcome = await runOnce({ verb: "copy", source: from(""), destination: to(name), options });
      return outcome.end;
    });
    const { daemon } = routes.destinations;
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(daemon.logText), false);
    assertEquals(daemon.log.filter(({ error }) => `${error}`.includes("\\u202e")).length, 2);
  });

  await t.step({
    name: "names that the destination folds into one are reported, and neither is lost",
    ignore: !has("folding"),
    fn: async () => {
      using disk = mountImage("ntfs-folding", 16);
      using _bind = bindMount(disk.path, scratch.directory("destinations/folding"));
      const sides = routes.build({ source: { "Readme": "first", "README": "second" }, below: "folding" });
      await assertEverywhere(sides, ["partial", "name-collision", true], async (side) => {
        const { end, failures } = await side.run("copy");
        const [code, lost] = failures[0].split(" ");
        const survivor = lost === "Readme" ? "README" : "Readme";
        const [there, ...others] = listPaths(side.destination);
        // The name that is there has its own content, not that of the other.
        const content = Deno.readTextFileSync(`${side.destination}/${there}`);
        return [end, code, others.length === 0 && content === Deno.readTextFileSync(`${side.source}/${survivor}`)];
      });
    },
  });

  await t.step({
    name: "times that the destination cannot hold are no reason to copy again",
    ignore: !has("loop"),
    fn: async () => {
      using disk = mountImage("ext4-coarse", 16);
      using _bind = bindMount(disk.path, scratch.directory("destinations/coarse"));
      const fine = "2021-03-04T05:06:07.123456789Z";
      const sides = routes.build({ source: { "a": file("1", { mtime: fine }) }, below: "coarse" });
      await assertEverywhere(sides, ["done", 1, 1], async (side) => copied(await side.run("copy")));
      // Deno shows no second time of the file from which its steps could be told: it is set again, and nothing is copied.
      const known = sides.filter(({ route }) => route !== "local, portable");
      await assertEverywhere(known, NOTHING_DONE, async (side) => nothing(await side.run("copy")));
      await assertEverywhere(sides, ["done", 0, 0], async (side) => copied(await side.run("copy")));
    },
  });
});
