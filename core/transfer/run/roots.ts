/**
 * What is done to the roots of a transfer by the main thread.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Directory, FileSystem } from "../../fs/mod.ts";
import { isNotFound, portableError } from "../../fs/portable_errors.ts";
import { encodeText } from "../../paths/bytes.ts";
import type { MoveOptions } from "../options.ts";
import { baseName, type LocalRoots, parentOf, type ResolvedRoots } from "./resolve.ts";

/** Whether a directory has no entry at all. */
export function isEmptyDirectory(directory: Directory): boolean {
  for (const batch of directory.list()) {
    if (batch.names.length > 0 || batch.damaged.length > 0) return false;
  }
  return true;
}

/**
 * Creates the receiving directory with its parents. It stays closed to others until it has its metadata.
 *
 * @returns whether it was created here; another program may have been faster
 */
export function createDestination({ destination, single }: ResolvedRoots): boolean {
  const options = single === undefined ? { mode: 0o700 } : {};
  try {
    try {
      Deno.mkdirSync(destination, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      Deno.mkdirSync(parentOf(destination), { recursive: true });
      Deno.mkdirSync(destination, options);
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && isDirectory(destination)) return false;
    throw portableError(error, "create directory", destination);
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // gone, or a symbolic link to nothing
  }
}

/**
 * Moves the whole source by renaming it, which is atomic and keeps everything. Only where nothing would be compared, filtered
 * or replaced; `false` when it has to be copied. A dry run says what would happen.
 */
export function renameSource(fileSystem: FileSystem, roots: LocalRoots, options: MoveOptions): boolean {
  const { source, destination, destinationExists, single, includesRoot } = roots;
  if (!includesRoot || isSelective(options)) return false;
  if (single === undefined ? destinationExists : single.replaces || !destinationExists) return false;
  const from = single === undefined ? parentOf(source) : source;
  const to = single === undefined ? parentOf(destination) : destination;
  const fromName = single?.source ?? encodeText(baseName(source));
  const toName = single?.destination ?? encodeText(baseName(destination));
  try {
    using fromDirectory = fileSystem.openRoot(from);
    using toDirectory = fileSystem.openRoot(to);
    if (options.dryRun) return fromDirectory.statEntry(fromName)?.dev === toDirectory.stat().dev;
    toDirectory.moveHere(fromDirectory, fromName, toName);
    return true;
  } catch (error) {
    // Another file system, a mount point inside, a missing parent, a name that cannot be spelled: copying says what is wrong.
    if (error instanceof BlitError) return false;
    throw error;
  }
}

/** Removes the emptied source directory. Returns why it could not. */
export function removeEmptySource(path: string): BlitError | undefined {
  try {
    Deno.removeSync(path);
    return undefined;
  } catch (error) {
    return portableError(error, "remove directory", path);
  }
}

function isSelective(options: MoveOptions): boolean {
  return Boolean(options.exclude?.length || options.include?.length || options.filesFrom) ||
    [options.minSizeBytes, options.maxSizeBytes, options.minAgeMs, options.maxAgeMs].some((v) => v !== undefined);
}
