/**
 * A first look at the source, ended as soon as it is more than the fast path takes.
 *
 * @module
 */

import type { Directory, FileSystem } from "../../fs/mod.ts";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import { FAST_PATH_BYTES, FAST_PATH_FILES, type FirstLook } from "../../plan/route.ts";
import type { ResolvedRoots } from "./resolve.ts";

/** Directories that the look opens at most; a tree of more is no small one. */
const MOST_DIRECTORIES = 8;

/** Looks at up to a few directories. What cannot be read counts as more than fits; the transfer itself reports it. */
export function firstLook(fileSystem: FileSystem, { source, single }: ResolvedRoots): FirstLook {
  const look = { single: single !== undefined, files: 0, bytes: 0, complete: false };
  try {
    using root = fileSystem.openRoot(source);
    look.complete = single === undefined
      ? lookIntoDirectories(root, look)
      : addEntry(root, single.source, look) !== undefined;
  } catch {
    look.complete = false;
  }
  return look;
}

function lookIntoDirectories(root: Directory, look: { files: number; bytes: number }): boolean {
  const paths: ByteString[] = [asByteString("")];
  for (let opened = 0; paths.length > 0; opened++) {
    if (opened === MOST_DIRECTORIES) return false;
    const path = paths.pop()!;
    using directory = root.openDirectory(path);
    for (const batch of directory.list()) {
      for (const name of batch.names) {
        const kind = addEntry(directory, name, look);
        if (kind === "directory") paths.push(asByteString(path === "" ? name : `${path}/${name}`));
        if (look.files > FAST_PATH_FILES || look.bytes > FAST_PATH_BYTES) return false;
        if (paths.length > MOST_DIRECTORIES) return false;
      }
    }
  }
  return true;
}

function addEntry(
  directory: Directory,
  name: ByteString,
  look: { files: number; bytes: number },
): string | undefined {
  const stat = directory.statEntry(name);
  if (stat !== undefined && stat.kind !== "directory") {
    look.files++;
    look.bytes += stat.size;
  }
  return stat?.kind;
}
