/**
 * Whether a run could be recorded, found out without writing anything.
 *
 * @module
 */

import { reasonFor } from "../fs/failures.ts";
import { portableError } from "../fs/portable_errors.ts";
import type { FileSystem } from "../fs/types.ts";
import { parentOf } from "../transfer/run/resolve.ts";
import { locateHistory, refuseSpecial } from "./history_files.ts";

/**
 * Why a run could not be recorded in a directory now, as the rest of a sentence; `undefined` where nothing speaks against it.
 * A full disk shows by writing only, and so does, without the native implementation, a directory in which nothing can be
 * created yet.
 */
export function historyObstacle(directory: string, fileSystem: FileSystem): string | undefined {
  try {
    const nearest = nearestExisting(directory);
    if (!Deno.statSync(nearest).isDirectory) {
      return nearest === directory ? "it is not a directory" : `"${nearest}" is not a directory`;
    }
    if (nearest !== directory) return writeObstacle(nearest, fileSystem);
    const { home, current } = locateHistory(directory);
    refuseSpecial(current);
    return fileObstacle(current) ?? writeObstacle(home, fileSystem);
  } catch (thrown) {
    return portableError(thrown, "record runs in", directory).message;
  }
}

function writeObstacle(directory: string, fileSystem: FileSystem): string | undefined {
  const code = fileSystem.writeObstacle(directory);
  return code === undefined ? undefined : `nothing can be written to "${directory}": ${reasonFor(code)}`;
}

/** Opening for appending writes nothing. */
function fileObstacle(path: string): string | undefined {
  try {
    Deno.openSync(path, { append: true }).close();
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    return `nothing can be written to "${path}": ${reasonFor(portableError(thrown, "append to", path).code)}`;
  }
}

/** The path itself, or the nearest one above it that is there, whatever it is. A symbolic link to nothing is there. */
function nearestExisting(path: string): string {
  for (let at = path;;) {
    try {
      Deno.lstatSync(at);
      return at;
    } catch (error) {
      // Below a file there is nothing either.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
    const above = parentOf(at);
    if (above === at) return at;
    at = above;
  }
}
