/**
 * What holds for every tree, every edit, every worker count and both file systems.
 *
 * @module
 */

import fc from "fast-check";
import { mirror, type TransferEvent, verify } from "../mod.ts";
import { assert, assertEquals } from "./helpers/assert.ts";
import { assertComplete, assertNothingDone, copyAll, entryLines, mirrorAll } from "./helpers/engine.ts";
import { has, testWhere } from "./helpers/needs.ts";
import { assertFaithful } from "./helpers/rsync.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, findTemporaries, listPaths, snapshot } from "./helpers/snapshot.ts";
import { buildTree, type Entry, type Metadata, nameBytes, rawName, type Tree } from "./helpers/tree.ts";
import { displayName } from "../core/paths/bytes.ts";

/**
 * Runs of each property, and the time after which a slow machine stops with fewer of them. The gate draws the same cases every
 * time, so that it says something about the change and not about luck; `deno task fuzz` draws new ones, and many more.
 */
const BOUNDS = Deno.env.has("BLIT_FUZZ")
  ? { numRuns: 1_000_000, interruptAfterTimeLimit: 1000 * Number(Deno.env.get("BLIT_FUZZ")) }
  : { numRuns: 25, interruptAfterTimeLimit: 25_000, seed: 20_261_121 };

/** The names are few, so that edits meet what is there. */
const textNames = ["a", "b", "c c", "d\nd", "-e", "f'\"\\", "\u00fc", "z".repeat(200)];
const allNames = has("native") ? [...textNames, rawName("\xff\xfe"), rawName("caf\xe9")] : textNames;

interface Kinds {
  names: readonly string[];
  /** What only the native implementation keeps. */
  nativeOnly: boolean;
}

function modeOf(): fc.Arbitrary<number> {
  return fc.constantFrom(0o644, 0o600, 0o755, 0o400, 0o4755, 0o2640, 0o777);
}

function timeOf(nativeOnly: boolean): fc.Arbitrary<string> {
  const seconds = fc.integer({ min: -2_000_000_000, max: 5_000_000_000 });
  const fraction = nativeOnly ? fc.integer({ min: 0, max: 999_999_999 }) : fc.constantFrom(0, 500_000_000);
  return fc.tuple(seconds, fraction).map(([whole, nanoseconds]) => {
    // Before 1970 a fraction counts upwards from the second before, as it does for `touch`.
    const date = new Date(whole * 1000).toISOString().slice(0, 19);
    return `${date}.${String(nanoseconds).padStart(9, "0")}Z`;
  });
}

function fileOf({ nativeOnly }: Kinds): fc.Arbitrary<Entry> {
  const content = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.integer({ min: 0, max: 70_000 }).map((size) => "x".repeat(size)),
  );
  const xattrs = fc.constantFrom<Metadata["xattrs"]>(undefined, { "user.a": "1" }, { "user.a": "2", "user.b": '""' });
  const owner = fc.constantFrom(undefined, [1000, 1001] as const, [0, 12] as const);
  return fc.record({ content, mode: modeOf(), mtime: timeOf(nativeOnly), xattrs, owner }).map((fields) => ({
    kind: "file" as const,
    content: fields.content,
    mode: fields.mode,
    mtime: fields.mtime,
    ...(nativeOnly && fields.xattrs ? { xattrs: fields.xattrs } : {}),
    ...(Deno.uid() === 0 && fields.owner ? { owner: fields.owner } : {}),
  }));
}

function leafOf(kinds: Kinds): fc.Arbitrary<Entry> {
  const target = fc.constantFrom("a", "..", "nowhere", "b/c c");
  const symlinks = fc.record({ target, mtime: timeOf(kinds.nativeOnly) }).map(({ target, mtime }) =>
    kinds.nativeOnly ? { kind: "symlink" as const, target, mtime } : { kind: "symlink" as const, target }
  );
  const fifos = modeOf().map((mode) => ({ kind: "fifo" as const, mode: mode & 0o777 }));
  const choices: fc.Arbitrary<Entry>[] = [fileOf(kinds), fileOf(kinds), fileOf(kinds), symlinks];
  return fc.oneof(...choices, ...(kinds.nativeOnly ? [fifos] : []));
}

function treeOf(kinds: Kinds, depth = 3): fc.Arbitrary<Tree> {
  const name = fc.constantFrom(...kinds.names);
  const entry: fc.Arbitrary<Entry> = depth === 0 ? leafOf(kinds) : fc.oneof(
    { weight: 3, arbitrary: leafOf(kinds) },
    {
      weight: 2,
      arbitrary: fc.record({ entries: treeOf(kinds, depth - 1), mtime: timeOf(kinds.nativeOnly) })
        .map(({ entries, mtime }) => ({ kind: "directory" as const, entries, mode: 0o755, mtime })),
    },
  );
  return fc.dictionary(name, entry, { maxKeys: 5 }).map((tree) => ({ ...tree }));
}

/** A tree and another one that shares much with it. */
function editedTreeOf(kinds: Kinds): fc.Arbitrary<[Tree, Tree]> {
  return fc.tuple(treeOf(kinds), treeOf(kinds), fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }))
    .map(([tree, other, picks]) => {
      let next = 0;
      const pick = () => picks[next++ % picks.length];
      return [withHardLinks(tree), withHardLinks(blend(tree, other, pick))];
    });
}

/** Takes each entry of `tree` as it is, without it, from `other`, or with the content of one and the rest of the other. */
function blend(tree: Tree, other: Tree, pick: () => boolean): Tree {
  const result: Record<string, Entry | string> = {};
  for (const name of new Set([...Object.keys(tree), ...Object.keys(other)])) {
    const [old, replacement] = [tree[name], other[name]];
    if (old === undefined || replacement === undefined) {
      if (pick()) result[name] = old ?? replacement;
      continue;
    }
    if (typeof old === "string" || typeof replacement === "string") throw new Error("Generated entries are objects");
    if (old.kind === "directory" && replacement.kind === "directory") {
      result[name] = { ...old, entries: blend(old.entries, replacement.entries, pick) };
    } else if (old.kind === "file" && replacement.kind === "file") {
      result[name] = pick()
        ? { ...old, mode: replacement.mode }
        : pick()
        ? { ...old, mtime: replacement.mtime }
        : replacement;
    } else result[name] = pick() ? old : replacement;
  }
  return result;
}

/** Every file named "b" beside one named "a" becomes another name of it. */
function withHardLinks(tree: Tree, prefix = ""): Tree {
  const result: Record<string, Entry | string> = {};
  for (const [name, entry] of Object.entries(tree)) {
    const first = tree["a"];
    if (typeof entry === "string") throw new Error("Generated entries are objects");
    const linked = name === "b" && !isRaw(prefix) && entry.kind === "file" && typeof first === "object" &&
      first.kind === "file";
    if (linked) result[name] = { kind: "link", to: `${prefix}a` };
    else if (entry.kind === "directory") {
      result[name] = { ...entry, entries: withHardLinks(entry.entries, isRaw(name) ? "\0" : `${prefix}${name}/`) };
    } else result[name] = entry;
  }
  return result;
}

function isRaw(name: string): boolean {
  return name.startsWith("\0");
}

const SAME_SIZE_AND_TIME = "size and time alone decide, so equal ones stand for equal contents";

/** Makes the content of a file depend on its time and size, or a change of both sides could not be seen. */
function settle(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, entry]) => {
      if (typeof entry === "string") return [name, entry];
      if (entry.kind === "directory") return [name, { ...entry, entries: settle(entry.entries) }];
      if (entry.kind !== "file") return [name, entry];
      const seed = `${entry.mtime} ${SAME_SIZE_AND_TIME} `;
      return [name, { ...entry, content: seed.repeat(entry.content.length).slice(0, entry.content.length) }];
    }),
  );
}

async function recorded(run: (onEvent: (event: TransferEvent) => void) => PromiseLike<unknown>): Promise<string[]> {
  const events: TransferEvent[] = [];
  await run((event) => events.push(event));
  return entryLines(events);
}

testWhere(
  ["root", "native", "rsync", "attributes"],
  "any tree arrives as it is, with 0, 1, 2 and 4 workers",
  async () => {
    await fc.assert(
      fc.asyncProperty(treeOf({ names: allNames, nativeOnly: true }).map(withHardLinks), async (tree) => {
        using scratch = new Scratch();
        const source = buildTree(scratch.join("source"), settle(tree));
        const expected = snapshot(source);
        for (const workers of [0, 1, 2, 4]) {
          const destination = scratch.join(`destination ${workers}`);
          await copyAll(source, destination, { workers });
          assertSameTree(destination, expected);
          assertNothingDone(await copyAll(source, destination, { workers }));
        }
        assertFaithful(source, scratch.join("destination 2"));
      }),
      BOUNDS,
    );
  },
);

testWhere(
  ["root", "native", "rsync", "attributes"],
  "after any edits a mirror is exactly the source, with 1, 2 and 4 workers",
  async () => {
    await fc.assert(
      fc.asyncProperty(editedTreeOf({ names: allNames, nativeOnly: true }), async ([before, after]) => {
        using scratch = new Scratch();
        const old = buildTree(scratch.join("old"), settle(before));
        const source = buildTree(scratch.join("source"), settle(after));
        const expected = snapshot(source);
        for (const workers of [1, 2, 4]) {
          const destination = scratch.join(`destination ${workers}`);
          await copyAll(old, destination, { workers });
          await mirrorAll(source, destination, { workers, allowEmptySource: true });
          assertFaithful(source, destination);
          assertSameTree(destination, expected);
          assertNothingDone(await mirrorAll(source, destination, { workers, allowEmptySource: true }));
        }
        assertEquals(findTemporaries(scratch.path), []);
      }),
      BOUNDS,
    );
  },
);

testWhere(["unix"], "both file systems and all worker counts give the same tree", async () => {
  await fc.assert(
    fc.asyncProperty(editedTreeOf({ names: textNames, nativeOnly: false }), async ([before, after]) => {
      using scratch = new Scratch();
      // Roots made a moment apart could have times that differ by less than the portable file system shows.
      const old = buildTree(scratch.join("old"), settle(before), { mtime: "2020-01-01T00:00:00Z" });
      const source = buildTree(scratch.join("source"), settle(after), { mtime: "2021-01-01T00:00:00Z" });
      const expected = snapshot(source, { basic: true });
      for (const fileSystem of has("native") ? ["native", "portable"] as const : ["portable"] as const) {
        for (const workers of [0, 2]) {
          const destination = scratch.join(`${fileSystem} ${workers}`);
          const options = { fileSystem, workers, allowEmptySource: true };
          await copyAll(old, destination, options);
          await mirrorAll(source, destination, options);
          assertSameTree(snapshot(destination, { basic: true }), expected);
          assertNothingDone(await mirrorAll(source, destination, options));
        }
      }
    }),
    BOUNDS,
  );
});

testWhere(
  ["root", "native", "attributes"],
  "a dry run reports exactly what the real run then does, and writes nothing",
  async () => {
    await fc.assert(
      fc.asyncProperty(editedTreeOf({ names: allNames, nativeOnly: true }), async ([before, after]) => {
        using scratch = new Scratch();
        const destination = buildTree(scratch.join("destination"), settle(before));
        const source = buildTree(scratch.join("source"), settle(after));
        const untouched = snapshot(destination);
        const options = { workers: 2, allowEmptySource: true, entryEvents: true };
        const planned = await recorded((onEvent) =>
          mirror(`${source}/`, destination, { ...options, onEvent, dryRun: true })
        );
        assertSameTree(destination, untouched);
        const done = await recorded((onEvent) => mirror(`${source}/`, destination, { ...options, onEvent }));
        assertEquals(planned, done);
      }),
      BOUNDS,
    );
  },
);

testWhere(["unix"], "verify finds no difference after a mirror, and some wherever there is one", async () => {
  await fc.assert(
    fc.asyncProperty(editedTreeOf({ names: textNames, nativeOnly: false }), async ([before, after]) => {
      using scratch = new Scratch();
      const old = buildTree(scratch.join("old"), settle(before), { mtime: "2020-01-01T00:00:00Z" });
      const source = buildTree(scratch.join("source"), settle(after), { mtime: "2020-01-01T00:00:00Z" });
      const isEqual = JSON.stringify(snapshot(old)) === JSON.stringify(snapshot(source));
      const first = await verify(`${source}/`, old);
      assertEquals([first.failed, first.differences === 0], [0, isEqual]);
      assertComplete(await mirror(`${source}/`, old, { allowEmptySource: true }));
      assertEquals((await verify(`${source}/`, old)).differences, 0);
    }),
    BOUNDS,
  );
});

testWhere(["unix"], "a filtered mirror touches nothing that the filters leave out", async () => {
  const pattern = fc.constantFrom("a", "b", "*.x", "/a", "c c", "z*", "a/", "**/b");
  await fc.assert(
    fc.asyncProperty(
      editedTreeOf({ names: ["a", "b", "c c", "d.x"], nativeOnly: false }),
      fc.array(pattern, { minLength: 1, maxLength: 2 }),
      async ([before, after], exclude) => {
        using scratch = new Scratch();
        const destination = buildTree(scratch.join("destination"), settle(before));
        const source = buildTree(scratch.join("source"), settle(after));
        const old = snapshot(destination, { basic: true, withoutTimes: true });
        const { failures } = await mirror(`${source}/`, destination, { exclude, allowEmptySource: true });
        // An entry that the filters protect may be in the way of one that they do not: that is said.
        const reported = new Set(failures.map(({ path }) => path));
        const now = snapshot(destination, { basic: true, withoutTimes: true });
        const ignored = await ignoredPaths(exclude, [...Object.keys({ ...old, ...now }), ...listPaths(source)]);
        for (const path of ignored) {
          if (path.endsWith("/") || old[path] === now[path]) continue;
          throw new Error(`"${path}" is left out by ${exclude} and was ${old[path]}, is ${now[path]}`);
        }
        for (const path of listPaths(source)) {
          const isLeftOut = ignored.has(path) ||
            [...ignored].some((parent) => parent.endsWith("/") && path.startsWith(parent));
          if (!isLeftOut && !reported.has(path.replace(/\/$/, ""))) {
            assert(path in now, `"${displayName(nameBytes(path))}" is missing`);
          }
        }
      },
    ),
    BOUNDS,
  );
});

/** What git itself would ignore, asked entry by entry. */
async function ignoredPaths(patterns: readonly string[], paths: readonly string[]): Promise<Set<string>> {
  const { default: ignore } = await import("ignore");
  const matcher = (ignore as unknown as () => { add(lines: readonly string[]): { ignores(path: string): boolean } })()
    .add(patterns);
  return new Set(paths.filter((path) => path !== "" && matcher.ignores(path)));
}
