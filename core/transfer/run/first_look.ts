/**
 * A first look at the source, ended as soon as it is more than matters.
 *
 * @module
 */

import type { Directory, FileSystem } from "../../fs/mod.ts";
import { asByteString, type ByteString } from "../../paths/bytes.ts";
import type { FirstLook, LookLimits } from "../../plan/route.ts";
import type { LocalRoots } from "./resolve.ts";

/** Looks at up to so much. What cannot be read counts as more than fits; the transfer itself reports it. */
export function firstLook(fileSystem: FileSystem, roots: LocalRoots, limits: LookLimits): FirstLook {
  const { source, single } = roots;
  const look = { single: single !== undefined, files: 0, bytes: 0, complete: false };
  try {
    using root = fileSystem.openRoot(source);
    look.complete = single === undefined
      ? lookIntoDirectories(root, look, limits)
      : addEntry(root, single.source, look) !== undefined;
  } catch {
    look.complete = false;
  }
  return look;
}

function lookIntoDirectories(
  root: Directory,
  look: { files: number; bytes: number },
  { files, bytes, directories }: LookLimits,
): boolean {
  const paths: ByteString[] = [asByteString("")];
  for (let opened = 0; paths.length > 0; opened++) {
    if (opened === directories) return false;
    const path = paths.pop()!;
    using directory = root.openDirectory(path);
    for (const batch of directory.list()) {
      for (const name of batch.names) {
        const kind = addEntry(directory, name, look);
        if (kind === "directory") paths.push(asByteString(path === "" ? name : `${path}/${name}`));
        if (look.files > files || look.bytes > bytes || paths.length > directories) return false;
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
