/**
 * How a run is carried out: the rules of `plan/route.ts`, and what this process may do.
 *
 * @module
 */

import type { Verb } from "../../events.ts";
import { type FileSystem, isSameVolume, profileOf, type Volume, volumeOf } from "../../fs/mod.ts";
import type { RunProfile } from "../../plan/predictor.ts";
import { chooseRoute, FAST_PATH_LIMITS } from "../../plan/route.ts";
import type { FirstLook, RouteChoice, RouteQuestion } from "../../plan/route.ts";
import { firstLook } from "./first_look.ts";
import type { LocalRoots } from "./resolve.ts";
import { workersCanStart } from "./worker_permission.ts";

/** The file systems of both sides, `undefined` where that cannot be told. */
export interface Volumes {
  readonly source: Volume | undefined;
  readonly destination: Volume | undefined;
}

/** What {@linkcode chooseRun} decides from. */
export interface Circumstances {
  readonly verb: Verb;
  readonly fileSystem: FileSystem;
  readonly roots: LocalRoots;
  readonly volumes: Volumes;
  /** Contents will be read and compared. */
  readonly checksum: boolean;
  /** A dry run that has to see the whole tree in one place. */
  readonly inOnePlace: boolean;
  /** Worker count demanded by the caller. */
  readonly workers?: number | undefined;
}

/** The file systems that both roots are on. */
export function volumesOf(fileSystem: FileSystem, { source, destination }: LocalRoots): Volumes {
  return { source: volumeOf(fileSystem, source), destination: volumeOf(fileSystem, destination) };
}

/** Whether a call on one of the file systems may never return. */
export function mayHang({ source, destination }: Volumes): boolean {
  return [source, destination].some((volume) => volume?.mayHang);
}

/** What the costs of a run depend on. */
export function runProfile(verb: Verb, fileSystem: FileSystem, { source, destination }: Volumes): RunProfile {
  return {
    verb,
    fileSystem: fileSystem.name,
    source: profileOf(source),
    destination: profileOf(destination),
    sameDevice: isSameVolume(source, destination),
  };
}

const NO_LOOK: FirstLook = { single: false, files: 0, bytes: 0, complete: false };

/** Chooses route and workers. */
export function chooseRun(circumstances: Circumstances): RouteChoice {
  const { verb, fileSystem, roots, volumes, checksum, inOnePlace, workers } = circumstances;
  const isRisky = mayHang(volumes);
  const question: RouteQuestion = {
    verb,
    checksum,
    // The main thread does not look where a call may never return.
    look: isRisky ? NO_LOOK : firstLook(fileSystem, roots, FAST_PATH_LIMITS),
    processors: navigator.hardwareConcurrency,
    mayHang: isRisky,
    ...(workers === undefined ? {} : { workers }),
  };
  const choice = chooseRoute(question);
  if (choice.workers > 0 && !workersCanStart()) {
    return { route: "fast", workers: 0, reason: "no permission to read Blit's own files, so no workers" };
  }
  if (inOnePlace) return { route: "fast", workers: 0, reason: "a filtered dry run is planned in one place" };
  return choice;
}
