/**
 * What a copy would meet and how it would be carried out, without writing anything.
 *
 * It asks what a run asks, in the same order and through the same functions. Where a run ends at the first problem, this goes
 * on and tells what it can: it is used when something is wrong.
 *
 * @module
 */

import { type BlitError, endsRun, toBlitError } from "../errors.ts";
import { chooseFileSystem, explainFileSystem, type FileSystem, isSameVolume, volumeOf } from "../fs/mod.ts";
import { fsError } from "../fs/failures.ts";
import { missingWritePermission, portableError } from "../fs/portable_errors.ts";
import type { RouteChoice } from "../plan/route.ts";
import type { CommonOptions } from "./options.ts";
import { chooseRun, type Volumes, volumesOf } from "./run/choose_run.ts";
import { probePaths } from "./run/probe.ts";
import { type LocalRoots, parentOf, resolveRoots } from "./run/resolve.ts";
import { STALL_LIMIT_MS } from "./run/stall.ts";

const VERB = "copy";

/** A copy that is only looked at. */
export interface InspectRequest {
  /** As typed; without one this side is not looked at. */
  readonly source: string | undefined;
  /** The same for the other side. */
  readonly destination: string | undefined;
  readonly options?: Pick<CommonOptions, "comparison" | "fileSystem" | "stallTimeoutMs">;
}

/** Something that a run would report. */
export interface Problem {
  readonly error: BlitError;
  /** It would end the run; otherwise only what cannot be done fails, and the rest is done. */
  readonly ends: boolean;
}

/** What was found. */
export interface Inspection {
  readonly fileSystem: FileSystem;
  /** Why this implementation, as the rest of a sentence. */
  readonly fileSystemReason: string;
  /** Logical processors. */
  readonly processors: number;
  /** What the trailing-slash rule makes of both paths; `undefined` where it cannot be applied. */
  readonly roots: LocalRoots | undefined;
  /** Those of the roots, or of the paths where there are no roots; of the nearest existing directory above what is missing. */
  readonly volumes: Volumes;
  /** Both sides are certainly on one device. */
  readonly sameDevice: boolean;
  /** `undefined` where a run would not come so far. */
  readonly choice: RouteChoice | undefined;
  /** In the order in which a run would meet them. */
  readonly problems: readonly Problem[];
}

/** Looks at what a copy would meet. Never throws for what is wrong with the paths: that is in the result. */
export async function inspect(request: InspectRequest): Promise<Inspection> {
  const { source, destination, options = {} } = request;
  const fileSystem = chooseFileSystem(options.fileSystem);
  const limitMs = options.stallTimeoutMs ?? STALL_LIMIT_MS;
  const silence = await Promise.all([source, destination].map((path) => probe(path, limitMs)));
  const found: (Problem | undefined)[] = [...silence];
  const [from, to] = [source, destination].map((path, i) => silence[i] === undefined ? path : undefined);
  let roots: LocalRoots | undefined;
  if (from !== undefined && to !== undefined) {
    found.push(catchProblem(true, () => void (roots = resolveRoots(VERB, from, to))));
  } else if (from !== undefined) {
    found.push(missingSource(from));
  }
  const volumes = roots === undefined
    ? { source: volumeIfAsked(fileSystem, from), destination: volumeIfAsked(fileSystem, to) }
    : volumesOf(fileSystem, roots);
  if (roots !== undefined) found.push(destinationProblem(fileSystem, roots), sourceProblem(fileSystem, roots));
  return {
    fileSystem,
    fileSystemReason: explainFileSystem(fileSystem, options.fileSystem),
    processors: navigator.hardwareConcurrency,
    roots,
    volumes,
    sameDevice: isSameVolume(volumes.source, volumes.destination),
    choice: roots && choose(request, { fileSystem, roots, volumes }),
    problems: found.filter((problem) => problem !== undefined),
  };
}

function choose(
  { options = {} }: InspectRequest,
  looked: { fileSystem: FileSystem; roots: LocalRoots; volumes: Volumes },
): RouteChoice {
  const checksum = options.comparison === "checksum";
  return chooseRun({ verb: VERB, ...looked, checksum, inOnePlace: false });
}

async function probe(path: string | undefined, limitMs: number): Promise<Problem | undefined> {
  try {
    if (path !== undefined) await probePaths([path], limitMs);
  } catch (error) {
    return { error: toBlitError(error), ends: true };
  }
}

function volumeIfAsked(fileSystem: FileSystem, path: string | undefined): Volumes["source"] {
  return path === undefined ? undefined : volumeOf(fileSystem, path);
}

function missingSource(path: string): Problem | undefined {
  try {
    Deno.lstatSync(path);
  } catch (error) {
    return { error: portableError(error, VERB, path), ends: true };
  }
}

/** A directory that cannot be read ends the run, a file fails. */
function sourceProblem(fileSystem: FileSystem, { source, single }: LocalRoots): Problem | undefined {
  return catchProblem(single === undefined, () => {
    using root = fileSystem.openRoot(source);
    if (single === undefined) { for (const _batch of root.list()) break; }
    else if (root.statEntry(single.source)?.kind === "file") root.openFile(single.source).close();
  });
}

/** What would fail as soon as something had to be written. A directory that cannot be created ends the run. */
function destinationProblem(fileSystem: FileSystem, roots: LocalRoots): Problem | undefined {
  const { destination, destinationExists } = roots;
  const action = destinationExists ? "write to" : "create directory";
  // Where the directory is there, the native implementation does not ask Deno.
  if (!destinationExists || fileSystem.name === "portable") {
    const error = missingWritePermission(action, destination);
    if (error !== undefined) return { error, ends: !destinationExists };
  }
  const code = fileSystem.writeObstacle(destinationExists ? destination : nearestExisting(destination));
  if (code === undefined) return undefined;
  return { error: fsError(code, action, destination), ends: !destinationExists || endsRun(code) };
}

function nearestExisting(path: string): string {
  for (let at = path;;) {
    const above = parentOf(at);
    if (above === at || isThere(above)) return above;
    at = above;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // missing, or not to be seen: what is above it tells more
  }
}

function catchProblem(ends: boolean, action: () => void): Problem | undefined {
  try {
    action();
  } catch (error) {
    return { error: toBlitError(error), ends };
  }
}
