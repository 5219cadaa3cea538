import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileSystems, isUnix, shell } from "../../fs/_testing.ts";
import { asByteString, type ByteString, encodeText } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import type { ConfirmedEntry, SinkRecord } from "../../wire/records.ts";
import { bestFileSystem, exchange, failedExchange, inTree, type TestSink } from "./_testing.ts";

/** Confirms everything in a directory as it was listed. */
function confirmAll(
  sink: TestSink,
  parent: string,
  change: (entry: ConfirmedEntry) => ConfirmedEntry = (e) => e,
): SinkRecord {
  const entries: ConfirmedEntry[] = [];
  for (const [path, { entry }] of sink.entries) {
    if (path.slice(0, Math.max(0, path.lastIndexOf("/"))) !== parent || entry.filtered) continue;
    const { kind, size, mtimeSeconds, mtimeNanoseconds } = entry.stat;
    const version = kind === "directory"
      ? { size: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 }
      : { size, mtimeSeconds, mtimeNanoseconds };
    entries.push(change({ name: entry.name, kind, ...version }));
  }
  return { kind: "confirmed", path: parent === "" ? [] : parent.split("/") as ByteString[], entries };
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

for (const fileSystem of fileSystems) {
  Deno.test(`${fileSystem.name}: a move removes what is confirmed, directories when they are empty`, () =>
    inTree(async (root) => {
      Deno.mkdirSync(`${root}/a/b`, { recursive: true });
      Deno.mkdirSync(`${root}/kept`);
      for (const path of ["top", "a/one", "a/b/two", "kept/stays"]) Deno.writeTextFileSync(`${root}/${path}`, path);
      Deno.symlinkSync("nowhere", `${root}/link`);
      const { sink, totals } = await exchange({ root, fileSystem, move: {} }, {
        onEnd: async (sink) => {
          // Parents first: directories wait for what is in them.
          for (const parent of ["", "a", "a/b"]) await sink.lane.write(confirmAll(sink, parent));
        },
      });
      assertEquals(namesIn(root), ["kept"]);
      assertEquals(namesIn(`${root}/kept`), ["stays"]);
      assertEquals(sink.failures, []);
      assertEquals(totals.removed, 6);
    }));

  Deno.test(`${fileSystem.name}: a move keeps what is not what was confirmed, and says so`, () =>
    inTree(async (root) => {
      for (const name of ["same", "edited", "grown", "replaced"]) Deno.writeTextFileSync(`${root}/${name}`, name);
      const { sink, totals } = await exchange({ root, fileSystem, move: {} }, {
        onEnd: async (sink) => {
          const { mtimeSeconds } = sink.entries.get(asByteString("grown"))!.entry.stat;
          Deno.writeTextFileSync(`${root}/edited`, "EDITED");
          Deno.utimeSync(`${root}/edited`, 5, 5);
          Deno.writeTextFileSync(`${root}/grown`, "grown more");
          Deno.utimeSync(`${root}/grown`, mtimeSeconds, mtimeSeconds);
          Deno.removeSync(`${root}/replaced`);
          Deno.mkdirSync(`${root}/replaced`);
          await sink.lane.write(confirmAll(sink, ""));
        },
      });
      assertEquals(namesIn(root), ["edited", "grown", "replaced"]);
      assertEquals(sink.failures.map(({ path, code }) => `${path}: ${code}`).sort(), [
        "edited: changed",
        "grown: changed",
        "replaced: changed",
      ]);
      assertEquals([totals.removed, totals.failures], [1, 3]);
    }));
}

Deno.test("a move keeps what has become something else, whatever its size and time are", () =>
  inTree(async (root) => {
    // Size and time of a confirmed directory are 0, and so are those of these files.
    for (const name of ["file", "directory", "link"]) {
      Deno.writeTextFileSync(`${root}/${name}`, "");
      Deno.utimeSync(`${root}/${name}`, 0, 0);
    }
    Deno.mkdirSync(`${root}/was a directory`);
    const { sink, totals } = await exchange({ root, move: {} }, {
      onEnd: async (sink) => {
        for (const name of ["directory", "link"]) Deno.removeSync(`${root}/${name}`);
        Deno.mkdirSync(`${root}/directory`);
        Deno.symlinkSync("file", `${root}/link`);
        Deno.removeSync(`${root}/was a directory`);
        Deno.writeTextFileSync(`${root}/was a directory`, "");
        Deno.utimeSync(`${root}/was a directory`, 0, 0);
        await sink.lane.write(confirmAll(sink, ""));
      },
    });
    assertEquals(namesIn(root), ["directory", "link", "was a directory"]);
    assertEquals(sink.failures.map(({ code }) => code), ["changed", "changed", "changed"]);
    assertEquals(totals.removed, 1);
  }));

Deno.test("a move with coarser times removes only what was not touched since it began", () =>
  inTree(async (root) => {
    Deno.writeTextFileSync(`${root}/old`, "old");
    Deno.utimeSync(`${root}/old`, 1000.25, 1000.25);
    const coarse = (entry: ConfirmedEntry) => ({ ...entry, mtimeNanoseconds: 0 });
    const onEnd = async (sink: TestSink) => await sink.lane.write(confirmAll(sink, "", coarse));
    // Its ctime is now, which is later than a run that began before.
    const began = await exchange({ root, move: { startedSeconds: Date.now() / 1000 - 100 } }, { onEnd });
    assertEquals(began.sink.failures.map(({ code }) => code), ["changed"]);
    assertEquals(namesIn(root), ["old"]);
    const later = await exchange({ root, move: { startedSeconds: Date.now() / 1000 + 100 } }, { onEnd });
    assertEquals(later.sink.failures, []);
    assertEquals(namesIn(root), []);
  }));

Deno.test("a move removes nothing that the filter leaves out", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/private`);
    Deno.writeTextFileSync(`${root}/private/key`, "key");
    Deno.writeTextFileSync(`${root}/a.tmp`, "tmp");
    const statOf = (path: string, name: string): ConfirmedEntry => {
      using directory = bestFileSystem.openRoot(path);
      return { name: encodeText(name), ...directory.statEntry(encodeText(name))! };
    };
    const filter = await loadFilter({ exclude: ["private", "*.tmp"], include: [] });
    const { sink } = await exchange({ root, filter, move: {} }, {
      onEnd: async (sink) => {
        await sink.lane.write({ kind: "confirmed", path: [], entries: [statOf(root, "a.tmp")] });
        const path = [encodeText("private")];
        await sink.lane.write({ kind: "confirmed", path, entries: [statOf(`${root}/private`, "key")] });
      },
    });
    assertEquals(sink.failures, []);
    assertEquals(namesIn(root), ["a.tmp", "private"]);
    assertEquals(namesIn(`${root}/private`), ["key"]);
  }));

Deno.test("a move is not troubled by what only the sink has", () =>
  inTree(async (root) => {
    Deno.writeTextFileSync(`${root}/file`, "file");
    const version = { kind: "directory", size: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 } as const;
    const { sink, totals } = await exchange({ root, move: {} }, {
      onEnd: async (sink) => {
        const name = encodeText("x");
        const path = [encodeText("only"), encodeText("there")];
        await sink.lane.write({ kind: "confirmed", path, entries: [{ name, ...version }] });
        await sink.lane.write({ kind: "confirmed", path: [], entries: [{ name, ...version }] });
        await sink.lane.write(confirmAll(sink, ""));
      },
    });
    assertEquals([sink.failures, totals.removed, namesIn(root)], [[], 1, []]);
  }));

Deno.test({
  name: "a move removes nothing through a symbolic link",
  ignore: !isUnix,
  fn: () =>
    inTree(async (outer) => {
      const root = `${outer}/root`;
      Deno.mkdirSync(`${root}/d`, { recursive: true });
      Deno.mkdirSync(`${outer}/outside`);
      shell(outer, "printf x > root/d/f && cp -p root/d/f outside/f");
      const { sink } = await exchange({ root, move: {} }, {
        onEnd: async (sink) => {
          const record = confirmAll(sink, "d");
          Deno.renameSync(`${root}/d`, `${root}/away`);
          Deno.symlinkSync("../outside", `${root}/d`);
          await sink.lane.write(record);
        },
      });
      assertEquals(namesIn(`${outer}/outside`), ["f"]);
      assertEquals(sink.failures.length, 1);
    }),
});

Deno.test("a sink that confirms before everything is listed is told that this is wrong", () =>
  inTree(async (root) => {
    for (let i = 0; i < 10; i++) {
      Deno.mkdirSync(`${root}/${i}`);
      for (let j = 0; j < 20; j++) Deno.writeFileSync(`${root}/${i}/${j}`, new Uint8Array());
    }
    // Nothing is given back, so the window fills up before the end of the listing.
    const { error } = await failedExchange({ root, move: {}, windowEntries: 100 }, {
      want: () => undefined,
      onDirectory: () => [],
      onRecord: async (record, sink) => {
        if (record.kind === "directory") await sink.lane.write({ kind: "confirmed", path: [], entries: [] });
      },
    });
    assertEquals(error.code, "protocol");
    assertStringIncludes(error.message, "before everything was listed");
  }));
