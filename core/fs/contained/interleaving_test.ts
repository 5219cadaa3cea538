/**
 * Another process swaps a directory for a link at every moment of an operation: before each of its system calls, for one or several of
 * them. Nothing may come from outside, and nothing outside may be lost.
 */

import { assert, assertEquals } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { encodeText } from "../../paths/bytes.ts";
import { get, isUnix, put } from "../_testing.ts";
import { loadNodeFs } from "../portable_node.ts";
import { type ContainedDirectory, createModuleLock, openContained } from "./mod.ts";

const FILE = encodeText("file");
const TEMPORARY = encodeText(".blit-0123456789abcdef.tmp");
/** Longer than what counts as old. */
const OLD_MS = 2100;
/** So many calls into an operation a swap can come, and so many calls it can last. */
const [CALLS, LENGTHS] = [12, [1, 4]];

const OPERATIONS: Readonly<Record<string, (directory: ContainedDirectory) => void>> = {
  "removeFile()": (directory) => directory.removeFile(FILE),
  "removeDirectory()": (directory) => directory.removeDirectory(encodeText("empty")),
  "createFile()": (directory) => put(directory, "new", "from inside"),
  "createDirectory()": (directory) => directory.createDirectory(encodeText("new"), 0o755),
  "createSymlink()": (directory) => directory.createSymlink(encodeText("new"), encodeText("x")),
  "createHardLink()": (directory) => {
    directory.createHardLink(directory, FILE, encodeText("new"));
    assertEquals(get(directory, encodeText("new")), "inside");
  },
  "rename() of a temporary file": (directory) => directory.rename(TEMPORARY, FILE),
  "rename() to a temporary name": (directory) => directory.rename(FILE, encodeText(".blit-1123456789abcdef.tmp")),
  "moveHere()": (directory) => directory.moveHere(directory, TEMPORARY, encodeText("new")),
  "openFile()": (directory) => assertEquals(get(directory, FILE), "inside"),
  "openForUpdate()": (directory) => {
    const sink = directory.openForUpdate(FILE);
    sink.write(new TextEncoder().encode("INSIDE"), 6);
    sink.close();
  },
  "list()": (directory) => {
    const names = [...directory.list()].flatMap((batch) => batch.names);
    assertEquals(names.includes(encodeText("secret")), false);
  },
  "statEntry()": (directory) => assertEquals(directory.statEntry(encodeText("secret")), undefined),
  "readLink()": (directory) => assertEquals(directory.readLink(encodeText("link")), "inside"),
  "setMode()": (directory) => directory.setMode(FILE, 0o600),
  "setTimes()": (directory) => directory.setTimes(FILE, { mtimeSeconds: 1, mtimeNanoseconds: 0 }),
  "setMode() of itself": (directory) => directory.setMode(undefined, 0o700),
  "setTimes() of itself": (directory) => directory.setTimes(undefined, { mtimeSeconds: -1, mtimeNanoseconds: 0 }),
};

/** Both sides, so that everything that is inside has a counterpart outside. */
function createFixture(path: string): void {
  for (const each of ["", "/module", "/module/d", "/module/d/empty", "/outside", "/outside/empty"]) {
    Deno.mkdirSync(path + each);
  }
  Deno.chmodSync(`${path}/module`, 0o777); // as another user would need it
  Deno.symlinkSync("../outside", `${path}/module/aside`);
  for (const side of ["module/d", "outside"]) {
    const text = side === "outside" ? "secret" : "inside";
    Deno.writeTextFileSync(`${path}/${side}/file`, text);
    Deno.symlinkSync(text, `${path}/${side}/link`);
  }
  Deno.writeTextFileSync(`${path}/module/d/${TEMPORARY}`, "temporary");
  Deno.writeTextFileSync(`${path}/outside/secret`, "secret");
}

/** What is there, by identity. */
function describe(root: string): Map<number, string> {
  const all = new Map<number, string>();
  for (const name of ["", ...[...Deno.readDirSync(root)].map((entry) => entry.name)]) {
    const { ino, mode, uid, mtime, isFile, isDirectory } = Deno.lstatSync(`${root}/${name}`);
    // The time of a directory moves with every stray entry that comes and goes.
    const time = isDirectory ? "" : mtime?.getTime();
    all.set(ino!, `${mode} ${uid} ${time} ${isFile ? Deno.readTextFileSync(`${root}/${name}`) : ""}`);
  }
  return all;
}

/** Runs something while a hook runs before each system call of the portable file system. */
function withHook(hook: () => void, run: () => void): void {
  const patched: [holder: Record<string, unknown>, name: string, original: unknown][] = [];
  const patch = (holder: object, names: string[]): void => {
    for (const name of names) {
      const record = holder as Record<string, unknown>;
      const original = record[name] as (...args: unknown[]) => unknown;
      patched.push([record, name, original]);
      record[name] = (...args: unknown[]) => {
        hook();
        return original(...args);
      };
    }
  };
  patch(Deno, ["lstatSync", "statSync", "readDirSync", "openSync", "mkdirSync", "symlinkSync", "linkSync"]);
  patch(Deno, ["renameSync", "removeSync", "readLinkSync", "chmodSync", "chownSync", "utimeSync"]);
  patch(loadNodeFs(), ["openSync", "rmdirSync", "fchmodSync", "futimesSync", "fstatSync", "lchownSync", "lutimesSync"]);
  try {
    run();
  } finally {
    for (const [holder, name, original] of patched) holder[name] = original;
  }
}

const { renameSync } = Deno;

/** The directory and the link change places. */
function swap(module: string): void {
  renameSync(`${module}/d`, `${module}/between`);
  renameSync(`${module}/aside`, `${module}/d`);
  renameSync(`${module}/between`, `${module}/aside`);
}

/** Carries an operation out with a swap in it. Whether it came to the swap at all. */
function runSwapped(
  path: string,
  operation: (directory: ContainedDirectory) => void,
  at: number,
  length: number,
): boolean {
  const module = `${path}/module`;
  let calls = 0;
  const hook = (): void => {
    calls++;
    if (calls === at || calls === at + length) swap(module);
  };
  const options = { shown: "/m", lock: createModuleLock(), longestWaitMs: 0 };
  withHook(hook, () => {
    try {
      operation(openContained(module, options).openDirectory(encodeText("d")));
    } catch (error) {
      if (!(error instanceof BlitError)) throw error;
    }
  });
  if (calls >= at && calls < at + length) swap(module);
  return calls >= at;
}

Deno.test({
  name: "a swap at any moment of any operation gets nothing out of a module, and destroys nothing outside",
  ignore: !isUnix,
  fn: async () => {
    const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blit-contained-" }));
    try {
      const cases = Object.entries(OPERATIONS).flatMap(([name, operation]) =>
        LENGTHS.flatMap((length) => Array.from({ length: CALLS }, (_, i) => ({ name, operation, length, at: i + 1 })))
      );
      for (const i of cases.keys()) createFixture(`${path}/${i}`);
      await new Promise((resolve) => setTimeout(resolve, OLD_MS));
      const swapped = new Map<string, number>();
      for (const [i, { name, operation, at, length }] of cases.entries()) {
        const outside = `${path}/${i}/outside`;
        const before = describe(outside);
        const what = `${name}, swapped before call ${at} for ${length}`;
        if (runSwapped(`${path}/${i}`, operation, at, length)) swapped.set(name, (swapped.get(name) ?? 0) + 1);
        const after = describe(outside);
        for (const [ino, was] of before) assertEquals(after.get(ino), was, what);
        for (const [ino, is] of after) assert(before.has(ino) || / $/.test(is), `${what}: ${is} is new`);
      }
      for (const name of Object.keys(OPERATIONS)) {
        assert((swapped.get(name) ?? 0) > 10, `${name}: ${swapped.get(name)}`);
      }
    } finally {
      Deno.removeSync(path, { recursive: true });
    }
  },
});
