/**
 * Entries without content: symbolic links, FIFOs, device nodes.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import { repairMetadata, targetIn } from "./metadata.ts";
import { nameCollision } from "./name_collision.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "./entry.ts";

/** Creates or replaces a symbolic link, FIFO or device node. */
export function createNode(pair: DirectoryPair, entry: Entry): void {
  const { engine } = pair;
  const { source, destination, destinationName } = entry;
  if (engine.job.mode === "write") {
    const directory = pair.ensureDestination();
    placeNode(pair, directory, destinationName, destination !== undefined, (name) => {
      if (source.kind === "symlink") directory.createSymlink(name, pair.source.readLink(entry.name));
      // Closed to others until it has its owner and its ACL.
      else directory.createSpecial(name, source.kind, source.mode & 0o700, source.rdev);
      completeNode(pair, directory, name, entry);
    });
  } else {
    pair.planDestination();
    if (source.nlink > 1) engine.links.markRewritten(source);
  }
  if (source.kind === "symlink") engine.outbox.counters.symlinksCopied++;
  else engine.outbox.counters.specialsCopied++;
  const action = destination === undefined ? "create" : "replace";
  engine.outbox.entry(action, source.kind, () => pair.pathOf(entry.name));
}

/**
 * Creates something under its own name, or under a temporary one that then replaces what is there, so that there is always
 * either the old or the new.
 */
export function placeNode(
  pair: DirectoryPair,
  directory: Directory,
  name: ByteString,
  replaces: boolean,
  create: (name: ByteString) => void,
): void {
  if (!replaces) {
    try {
      return create(name);
    } catch (error) {
      if (error instanceof BlitError && error.code === "exists") throw nameCollision(pair, name);
      throw error;
    }
  }
  const temporary = pair.engine.temporaryNames.next();
  try {
    create(temporary);
    directory.rename(temporary, name);
  } catch (error) {
    removeQuietly(directory, temporary);
    throw error;
  }
}

/** Removes a temporary name after a failure; the failure is what gets reported. */
export function removeQuietly(directory: Directory, name: ByteString): void {
  try {
    directory.removeFile(name);
  } catch {
    // It was never created, or has its final name by now.
  }
}

function completeNode(pair: DirectoryPair, directory: Directory, name: ByteString, entry: Entry): void {
  const created = directory.statEntry(name);
  if (created === undefined) return; // removed by somebody else at once: nothing to complete
  const attributes = {
    source: pair.source.readAttributes(entry.name),
    current: directory.readAttributes(name),
  };
  const failure = repairMetadata(targetIn(directory, name), entry.source, created, attributes, pair.engine.job.rules);
  if (failure !== undefined) pair.engine.handleFailure(pair.pathOf(entry.name), failure);
}
