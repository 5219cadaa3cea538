/**
 * The portable implementation: `Deno.*Sync`, on every platform and also under scoped permissions.
 *
 * A directory is a path here, so what Deno's API cannot say is not kept, and each such entry is reported: names that are
 * not UTF-8, times finer than a millisecond, attributes, special files. Calls that follow symbolic links are preceded by a
 * look at the entry; somebody who swaps an entry between the two calls can win that race, unlike with the native one. What a
 * daemon exports is opened through `contained/` instead.
 *
 * @module
 */

import { factsFrom, type FileSystemFacts } from "./facts.ts";
import { fsError } from "./failures.ts";
import { PortableDirectory } from "./portable_directory.ts";
import { portableError } from "./portable_errors.ts";
import { loadNodeFs } from "./portable_node.ts";
import { Location } from "./portable_location.ts";
import { TIME_STEP_NANOSECONDS } from "./portable_stat.ts";
import type { Directory, FileSystem } from "./types.ts";

/** The portable file system. */
export const portableFileSystem: FileSystem = {
  name: "portable",
  capabilities: {
    byteNames: false,
    timeStepNanoseconds: TIME_STEP_NANOSECONDS,
    attributes: false,
    specialFiles: false,
    flushAll: false,
    unixModes: Deno.build.os !== "windows",
    owners: isRoot(),
  },
  openRoot,
  factsOf,
  writeObstacle: () => undefined, // Node's `access` is computed from the mode here, which is wrong as often as not
};

function factsOf(path: string): FileSystemFacts | undefined {
  try {
    const { type, bsize, blocks, bfree, bavail, files, ffree } = loadNodeFs().statfsSync(path);
    const inBlocks = { blockBytes: bsize, blocks, emptyBlocks: bfree, freeBlocks: bavail };
    return factsFrom({ magic: type, ...inBlocks, files, freeFiles: ffree });
  } catch {
    return undefined; // it does not exist, or this platform or permission set does not tell
  }
}

function openRoot(path: string, shown: string = path): Directory {
  const action = "open directory";
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    throw portableError(error, action, shown);
  }
  if (!info.isDirectory) throw fsError("not-directory", action, shown);
  return new PortableDirectory(new Location(absolute(path), shown), true);
}

/** Independent of a later change of the working directory. */
function absolute(path: string): string {
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return path;
  try {
    return `${Deno.cwd()}/${path}`;
  } catch {
    return path; // the working directory is gone or not allowed: the relative path works as long as nobody changes it
  }
}

/** Asks for nothing: without `--allow-sys=uid` the answer is no. */
function isRoot(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted" && Deno.uid() === 0;
}
