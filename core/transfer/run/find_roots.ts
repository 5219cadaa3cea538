/**
 * Where a run reads and writes: what the request names, looked up on this machine, on another one, or in a module.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { loadLater } from "../../load_later.ts";
import { type Directory, type FileSystem, volumeOf } from "../../fs/mod.ts";
import { openDestination } from "../threads/open_destination.ts";
import type { Volumes } from "./choose_run.ts";
import { throwIfAborted } from "./interrupted.ts";
import type { TransferRequest } from "./orchestrator.ts";
import { probePaths } from "./probe.ts";
import { isSourceHere, type ResolvedRoots, resolveReceiving, resolveRoots } from "./resolve.ts";
import { resolveBeneath, type RootsInModule } from "./resolve_beneath.ts";
import { isEmptyDirectory } from "./roots.ts";

/** The roots of a run; the module where the destination is in one. */
export type RunRoots = ResolvedRoots & Partial<RootsInModule>;

/**
 * Finds the roots and what they are on, once both sides have shown that they answer.
 *
 * @throws {BlitError} "stalled" when a side does not answer within `limitMs`, and whatever the trailing-slash rule throws
 */
export async function findRoots(
  request: TransferRequest,
  fileSystem: FileSystem,
  limitMs: number,
): Promise<{ roots: RunRoots; volumes: Volumes }> {
  const { source, destination, options, origin, place } = request;
  const received = place?.root ?? destination;
  await probePaths(origin === undefined ? [source, received] : [received], limitMs);
  throwIfAborted(options.signal);
  const roots = resolve(request, fileSystem);
  if (origin?.identities !== undefined && origin.identities.length > 0) {
    const { refuseOnePlace } = await loadLater<typeof import("./identity.ts")>(
      new URL("./identity.ts", import.meta.url),
    );
    refuseOnePlace({ verb: request.verb, roots, source, identities: origin.identities, fileSystem });
  }
  const volumes = {
    source: isSourceHere(roots) ? volumeOf(fileSystem, roots.source) : undefined,
    destination: volumeOf(fileSystem, place?.root ?? roots.destination),
  };
  return { roots, volumes };
}

function resolve({ verb, source, destination, origin, place }: TransferRequest, fileSystem: FileSystem): RunRoots {
  if (origin === undefined) return resolveRoots(verb, source, destination);
  if (place === undefined) return resolveReceiving(verb, origin.root, destination);
  return resolveBeneath(verb, origin.root, place, fileSystem);
}

/**
 * An unmounted disk looks like an empty directory.
 *
 * @throws {BlitError} "refused" for a mirror from an empty source into a destination that is not
 */
export function refuseEmptyMirror(request: TransferRequest, roots: RunRoots, fileSystem: FileSystem): void {
  const { verb, options, origin } = request;
  const { shownSource, destination, destinationExists, single } = roots;
  if (verb !== "mirror" || single !== undefined || options.allowEmptySource || !destinationExists) return;
  const isEmpty = isSourceHere(roots) ? isEmptyOnce(fileSystem.openRoot(roots.source)) : origin!.isEmpty;
  if (!isEmpty || isEmptyOnce(openDestination(fileSystem, roots)!)) return;
  throw new BlitError("refused", `Cannot mirror "${shownSource}": it is empty and "${destination}" is not`, {
    hint: "If the source is meant to be empty, use --allow-empty-source",
  });
}

/** Looks, and closes it. */
function isEmptyOnce(opened: Directory): boolean {
  using directory = opened;
  return isEmptyDirectory(directory);
}
