import { assert, assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../errors.ts";
import { eachFileSystem, isUnix, shell } from "../fs/_testing.ts";
import { fsError } from "../fs/failures.ts";
import type { Directory } from "../fs/types.ts";
import { asByteString, type ByteString } from "../paths/bytes.ts";
import { type DirectoryUsage, DiskUsage } from "./disk_usage.ts";
import { Find, type FindQuery, KIND_NUMBERS } from "./find.ts";
import { inSlices } from "./slices.ts";
import { walk, type WalkFailure, type WalkRoot } from "./walk.ts";

const TREE = "mkdir -p a/b/c empty; echo one > a/1.txt; echo three > a/b/3.jpg; ln a/1.txt a/again; ln -s ../.. a/up;" +
  " mkfifo fifo; touch -d 2001-02-03 a/b/c/old";

interface FoundPaths {
  readonly paths: string[];
  readonly kinds: string[];
  readonly sizes: number[];
  readonly failures: WalkFailure[];
}

async function findAll(root: WalkRoot, query: Partial<FindQuery> = {}): Promise<FoundPaths> {
  const found: FoundPaths = { paths: [], kinds: [], sizes: [], failures: [] };
  for await (const { names, kinds, details, failures } of inSlices(new Find(root, { details: false, ...query }))) {
    let directory = "";
    for (const name of names.split("\0").slice(0, -1)) {
      if (name.startsWith("/")) directory = name === "/" ? "" : `${name.slice(1)}/`;
      else found.paths.push(directory + name);
    }
    found.kinds.push(...Array.from(kinds, (kind) => KIND_NUMBERS[kind]));
    found.sizes.push(...details?.sizes ?? []);
    found.failures.push(...failures);
  }
  return found;
}

async function pathsOf(directory: Directory, query: Partial<FindQuery>): Promise<string[]> {
  return (await findAll({ directory, shown: "x" }, query)).paths.sort();
}

eachFileSystem("a search finds what fits, and follows no link", async ({ root, path }) => {
  shell(path, TREE);
  const all = ["a", "a/1.txt", "a/again", "a/b", "a/b/3.jpg", "a/b/c", "a/b/c/old", "a/up", "empty", "fifo"];
  assertEquals(await pathsOf(root, {}), all);
  assertEquals(await pathsOf(root, { depth: 1 }), ["a", "empty", "fifo"]);
  assertEquals(await pathsOf(root, { kinds: ["directory"] }), ["a", "a/b", "a/b/c", "empty"]);
  assertEquals(await pathsOf(root, { kinds: ["symlink", "fifo"] }), ["a/up", "fifo"]);
  assertEquals(await pathsOf(root, { glob: "*.{txt,jpg}" }), ["a/1.txt", "a/b/3.jpg"]);
  assertEquals(await pathsOf(root, { glob: "a/*" }), ["a/1.txt", "a/again", "a/b", "a/up"]);
  assertEquals(await pathsOf(root, { minSizeBytes: 5 }), ["a/b/3.jpg"]);
  assertEquals(await pathsOf(root, { maxSizeBytes: 0 }), ["a/b/c/old"]);
  assertEquals(await pathsOf(root, { modifiedBeforeSeconds: 1e9 }), ["a/b/c/old"]);
  assertEquals((await pathsOf(root, { modifiedAfterSeconds: 1e9 })).length, all.length - 1);
  assertEquals((await pathsOf(root, { limit: 4 })).length, 4);
  const { paths, kinds, sizes } = await findAll({ directory: root, shown: "x" }, { details: true });
  assertEquals([kinds.length, sizes.length], [all.length, all.length]);
  assertEquals([kinds[paths.indexOf("fifo")], sizes[paths.indexOf("a/b/3.jpg")]], ["fifo", 6]);
}, { when: isUnix });

eachFileSystem("what directories take is what du says", async ({ root, path }) => {
  shell(path, TREE);
  const found: DirectoryUsage[] = [];
  for await (const { directories } of inSlices(new DiskUsage({ directory: root, shown: "x" }))) {
    found.push(...directories);
  }
  const du = new TextDecoder().decode(new Deno.Command("du", { args: ["-k", path] }).outputSync().stdout);
  const wanted = du.trimEnd().split("\n").map((line) => line.split("\t")).map(([size, name]) => [
    name.slice(path.length + 1),
    Number(size) * 1024,
  ]);
  const byPath = (a: unknown[], b: unknown[]) => String(a[0]) < String(b[0]) ? -1 : 1;
  assertEquals(found.map(({ path, allocatedBytes }) => [path, allocatedBytes]).sort(byPath), wanted.sort(byPath));
  const { path: last, sizeBytes, files, directories } = found.at(-1)!;
  // 4 + 6 bytes of files, 5 of a link; the second name of the first file counts as a file and takes nothing.
  assertEquals([last, sizeBytes, files, directories], ["", 15, 6, 4]);
  const rows: string[] = [];
  for await (const { directories } of inSlices(new DiskUsage({ directory: root, shown: "x" }, { depth: 1 }))) {
    rows.push(...directories.map(({ path }) => path));
  }
  assertEquals(rows.sort(), ["", "a", "empty"]);
}, { when: isUnix });

eachFileSystem("a walk needs neither handles nor stack for depth", async ({ root, path }) => {
  shell(path, `d=$(printf 'd/%.0s' $(seq 300)); mkdir -p "$d"; touch "$d/bottom"`);
  const paths = await pathsOf(root, {});
  assertEquals(paths.length, 301);
  assert(paths.at(-1)!.endsWith("/bottom"));
}, { when: isUnix });

eachFileSystem("a directory that cannot be read is a failure, and the rest is found", async ({ root, path, fs }) => {
  shell(path, "mkdir -p bad/below good; touch bad/below/x good/y");
  const openDirectory = (below: ByteString): Directory => {
    if (below === "bad") throw fsError("changed", "search", "bad");
    return root.openDirectory(below);
  };
  const bad: WalkRoot = { directory: { openDirectory } as Directory, shown: path };
  const { paths, failures } = await findAll(bad);
  assertEquals(paths.sort(), ["bad", "good", "good/y"], fs.name);
  assertEquals(failures.map(({ path, error }) => [path, error.code]), [[asByteString("bad"), "changed"]]);
  const missing = {
    directory: {
      openDirectory: () => {
        throw fsError("loop", "search", "x");
      },
    } as unknown as Directory,
    shown: path,
  };
  assertThrows(() => [...walk(missing)], BlitError, "symbolic links");
}, { when: isUnix });
