/**
 * Names that the destination has although it was not expected to.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type ByteString, displayName, displayPath } from "../../paths/bytes.ts";
import { destinationNames } from "../../scan/batches.ts";
import type { DirectoryPair } from "../directories/pair.ts";

/**
 * The error for a name that exists although the destination did not list it (it folds case or normalises names) or although it
 * was to be deleted first (something in it stayed).
 */
export function nameCollision(pair: DirectoryPair, name: ByteString): BlitError {
  const path = displayPath(pair.engine.job.destination ?? "", pair.pathOf(name));
  if (pair.engine.job.mirror && pair.statDestination(name)?.kind === "directory") return keptDirectory(pair, name);
  return new BlitError("name-collision", `Cannot create "${path}": the destination has this name in another spelling`, {
    path,
  });
}

/** The error for a directory that has to make room and does not: a filter protects something in it, or it failed. */
export function keptDirectory(pair: DirectoryPair, name: ByteString): BlitError {
  const path = displayPath(pair.engine.job.destination ?? "", pair.pathOf(name));
  return new BlitError("is-directory", `Cannot replace "${path}": it is a directory and not all of it may go`, {
    path,
  });
}

/**
 * Whether a name that collided is one that another program has created since the directory was read: the destination lists it by
 * now in this very spelling, and no other name of the source can be what stands there (file systems that fold case may list
 * every spelling in the same way).
 */
export function appearedMeanwhile(pair: DirectoryPair, name: ByteString, error: unknown): boolean {
  if (!(error instanceof BlitError) || error.code !== "name-collision") return false;
  // The names of a remote source are not kept, so nobody can say whether one of them is what stands there.
  if (pair.engine.remote !== undefined) return false;
  if (pair.engine.job.single !== undefined || !destinationNames(pair.destination!).names.has(name)) return false;
  const folded = foldName(name);
  for (const other of destinationNames(pair.source).names) {
    if (other !== name && foldName(other) === folded) return false;
  }
  return true;
}

/** A name as a file system that folds case and normalises sees it, at its broadest. */
function foldName(name: ByteString): string {
  return displayName(name).normalize("NFKC").toLowerCase().toUpperCase();
}
