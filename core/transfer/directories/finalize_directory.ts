/**
 * Metadata of directories, which is set after their contents.
 *
 * Creating or removing an entry moves the time of its directory only, so most directories are finished as soon as their own
 * entries are done. The others wait for the end of the run: those whose entries were spread over several engines or deferred,
 * and those whose mode would lock this user out.
 *
 * @module
 */

import type { Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { Engine } from "../threads/engine.ts";
import { inSteps, type Steps } from "../threads/steps.ts";
import { repairMetadata, targetIn } from "../entries/metadata.ts";
import { DirectoryPair } from "./pair.ts";

/** Whether this process can work below a directory of this mode. */
export function canStayOpen(engine: Engine, mode: number): boolean {
  const { owners, unixModes } = engine.fileSystem.capabilities;
  return owners || !unixModes || (mode & 0o700) === 0o700;
}

/** Gives an open directory of the destination the metadata of its source. */
export function completeDirectory(pair: DirectoryPair, source: Stat): void {
  const { engine } = pair;
  const destination = pair.destination!;
  const current = destination.stat();
  const attributes = {
    source: pair.source.readAttributes(undefined),
    current: destination.readAttributes(undefined),
  };
  const target = targetIn(destination, undefined);
  const failure = repairMetadata(target, source, current, attributes, engine.job.rules);
  if (failure !== undefined) engine.handleFailure(pair.path, failure);
}

/** Does the directories that had to wait. They come deepest first, so that no mode locks out what is still to do. */
export function* finalizeDirectories(engine: Engine, paths: readonly ByteString[]): Steps {
  for (const step of inSteps(paths)) {
    for (const path of step) {
      if (engine.stopped) return;
      engine.enter(path);
      try {
        using pair = DirectoryPair.open(engine, path, "present");
        completeDirectory(pair, pair.source.stat());
      } catch (error) {
        engine.handleFailure(path, error);
      }
    }
    yield;
  }
}
