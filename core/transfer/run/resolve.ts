/**
 * What the user typed becomes the two roots of a transfer: rsync's trailing-slash rule, the same for every verb.
 *
 * ```text
 * SRC   DEST/ or an existing directory   DEST/<name of SRC>
 * SRC/  DEST                             the contents of SRC go into DEST
 * SRC   DEST, which does not exist       DEST becomes the copy of SRC
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Verb } from "../../events.ts";
import { type ByteString, encodeText } from "../../paths/bytes.ts";
import { fsError } from "../../fs/failures.ts";
import { isNotFound, portableError } from "../../fs/portable_errors.ts";

/** The roots of a transfer. */
export interface ResolvedRoots {
  /** Directory that holds what is transferred: a path of this machine, absent where the source is on another one. */
  readonly source: string | undefined;
  /** The same for people. A peer may have made it up: never a path to open. */
  readonly shownSource: string;
  /** Directory that receives. */
  readonly destination: string;
  /** The receiving directory exists. */
  readonly destinationExists: boolean;
  /** Names on both sides, where one entry that is not a directory is transferred. */
  readonly single?: {
    readonly source: ByteString;
    readonly destination: ByteString;
    /** Something has the destination's name already. */
    readonly replaces: boolean;
  };
  /** Where the data goes, for people: the directory or the single entry. */
  readonly target: string;
  /** The source directory itself is transferred, not its contents only: a move removes it too. */
  readonly includesRoot: boolean;
}

/** Roots whose source is on this machine. */
export interface LocalRoots extends ResolvedRoots {
  readonly source: string;
}

/** Whether the source is on this machine. */
export function isSourceHere<Roots extends ResolvedRoots>(roots: Roots): roots is Roots & LocalRoots {
  return roots.source !== undefined;
}

/**
 * Applies the trailing-slash rule and refuses what cannot end well.
 *
 * @throws {BlitError} "not-found", "not-directory", "permission-denied" for roots that do not fit, "refused" for a
 * destination that is or contains the source, or lies inside it.
 */
export function resolveRoots(verb: Verb, source: string, destination: string): LocalRoots {
  requirePath("source", source);
  requirePath("destination", destination);
  const contentsOnly = namesContents(source);
  const info = contentsOnly ? statRoot(verb, source) : lstatRoot(verb, source);
  if (contentsOnly && !info.isDirectory) throw fsError("not-directory", `${verb} the contents of`, source);
  const { isDirectory } = info;
  const root = { shown: source, name: baseName(source), isDirectory, contentsOnly, here: { path: source, info } };
  return { ...resolve(verb, root, destination), source: isDirectory ? source : parentOf(source) };
}

/** A source on this machine whose destination is on another one. */
export interface LocalSource {
  /** Its last component. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** What is in it is meant, not the directory itself. */
  readonly contentsOnly: boolean;
  /** The directory has no entry at all. */
  readonly isEmpty: boolean;
  /** The directory to list; where a single entry is sent, the one that holds it. */
  readonly root: string;
  readonly single?: ByteString;
}

/**
 * Looks at a source whose destination is on another machine.
 *
 * @throws {BlitError} "not-found", "not-directory", "permission-denied"
 */
export function lookAtLocalSource(verb: Verb, source: string): LocalSource {
  requirePath("source", source);
  const contentsOnly = namesContents(source);
  const { isDirectory } = contentsOnly ? statRoot(verb, source) : lstatRoot(verb, source);
  if (contentsOnly && !isDirectory) throw fsError("not-directory", `${verb} the contents of`, source);
  const name = baseName(source);
  if (!isDirectory) {
    return { name, isDirectory, contentsOnly, isEmpty: false, root: parentOf(source), single: encodeText(name) };
  }
  return { name, isDirectory, contentsOnly, isEmpty: isEmptyListing(verb, source), root: source };
}

function isEmptyListing(verb: Verb, path: string): boolean {
  try {
    for (const _ of Deno.readDirSync(path)) return false;
    return true;
  } catch (error) {
    throw portableError(error, verb, path);
  }
}

/** What stands before the name in the label of a single entry on another machine. */
export function holderOf(label: string, name: string): string {
  return label.endsWith(name) ? label.slice(0, label.length - name.length) : label;
}

/** The root of a source on another machine. */
export interface RemoteRoot {
  /** For people, such as `nas:/media/photos`. */
  readonly label: string;
  /** Its last component. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** What is in it is meant, not the directory itself. */
  readonly contentsOnly: boolean;
}

/**
 * The same for a source on another machine: its own directory is the other side's business.
 *
 * @throws {BlitError} as {@linkcode resolveRoots}
 */
export function resolveReceiving(verb: Verb, root: RemoteRoot, destination: string): ResolvedRoots {
  requirePath("destination", destination);
  const { label, name, isDirectory, contentsOnly } = root;
  if (contentsOnly && !isDirectory) throw fsError("not-directory", `${verb} the contents of`, label);
  const from = { shown: label, name, isDirectory, contentsOnly, here: undefined };
  return { ...resolve(verb, from, destination), source: undefined };
}

/** A root of the source that was looked at. */
interface SourceRoot {
  /** For people. */
  readonly shown: string;
  readonly name: string;
  readonly isDirectory: boolean;
  readonly contentsOnly: boolean;
  /** Absent where it is on another machine. */
  readonly here: { readonly path: string; readonly info: Deno.FileInfo } | undefined;
}

/** What both kinds of source have in common. */
type CommonRoots = Omit<ResolvedRoots, "source">;

function resolve(verb: Verb, source: SourceRoot, destination: string): CommonRoots {
  const existing = statIfThere(destination);
  return source.isDirectory
    ? resolveDirectory(verb, source, destination, existing)
    : resolveSingle(verb, source, destination, existing);
}

function resolveDirectory(
  verb: Verb,
  { shown, name, contentsOnly, here }: SourceRoot,
  destination: string,
  existing: Deno.FileInfo | undefined,
): CommonRoots {
  if (existing !== undefined && !existing.isDirectory) {
    throw fsError("not-directory", `${verb} the directory "${shown}" to`, destination, undefined, {
      reason: "the destination is a file",
    });
  }
  const isContainer = !contentsOnly && (existing !== undefined || namesContents(destination));
  let target = isContainer ? joinPath(destination, name) : destination;
  let found = isContainer ? statIfThere(target) : existing;
  if (isContainer && verb !== "verify") refuseLink(verb, shown, target);
  // A copy that became DEST itself is found again under the same two arguments.
  if (verb === "verify" && isContainer && found === undefined && existing !== undefined) {
    target = destination;
    found = existing;
  }
  if (found !== undefined && !found.isDirectory) {
    throw fsError("not-directory", `${verb} the directory "${shown}" to`, target, undefined, {
      reason: "the destination is a file",
    });
  }
  if (here !== undefined) refuseOverlap(verb, here.path, target);
  return {
    shownSource: shown,
    destination: target,
    destinationExists: found !== undefined,
    target,
    includesRoot: !contentsOnly,
  };
}

/** The user did not name this link, so nobody has said that what it points to may change. */
function refuseLink(verb: Verb, source: string, target: string): void {
  if (!lstatIfThere(target)?.isSymlink) return;
  throw new BlitError("refused", `Cannot ${verb} "${source}" to "${target}": a symbolic link is there`, {
    path: target,
    hint: `Name it with a slash at the end, "${target}/", and the source too, to use the directory that it points to`,
  });
}

function resolveSingle(
  verb: Verb,
  { shown, name: sourceName, here }: SourceRoot,
  destination: string,
  existing: Deno.FileInfo | undefined,
): CommonRoots {
  const isContainer = existing?.isDirectory || namesContents(destination);
  if (existing !== undefined && !existing.isDirectory && namesContents(destination)) {
    throw fsError("not-directory", `${verb} "${shown}" into`, destination);
  }
  const directory = isContainer ? destination : parentOf(destination);
  const name = isContainer ? sourceName : baseName(destination);
  const target = isContainer ? joinPath(destination, name) : destination;
  const found = lstatIfThere(target);
  // A link that would replace its own target would be all that is left of it.
  if (here !== undefined && isSameFile(here, target, found)) {
    throw new BlitError("refused", `Cannot ${verb} "${shown}" to "${target}": they are the same file`, { path: shown });
  }
  return {
    shownSource: here === undefined ? holderOf(shown, sourceName) : parentOf(here.path),
    destination: directory,
    destinationExists: statIfThere(directory) !== undefined,
    single: { source: encodeText(sourceName), destination: encodeText(name), replaces: found !== undefined },
    target,
    includesRoot: true,
  };
}

function isSameFile({ path, info }: NonNullable<SourceRoot["here"]>, target: string, found?: Deno.FileInfo): boolean {
  return isSameEntry(found, info) || (found !== undefined && realPath(path) === realPath(target));
}

function requirePath(role: string, path: string): void {
  if (path === "") throw new BlitError("usage", `Cannot use an empty ${role}: it must name a file or directory`);
  if (path.includes("\0")) throw new BlitError("usage", `Cannot use the ${role}: it contains a NUL`);
}

/** A directory is never copied into itself, nor over something that contains it. */
function refuseOverlap(verb: Verb, source: string, target: string): void {
  const from = realPath(source);
  const to = realPath(target);
  // Two paths can lead to one directory without a symbolic link: by a bind mount.
  if (isSameEntry(statIfThere(source), statIfThere(target))) {
    throw new BlitError("refused", `Cannot ${verb} "${source}" to "${target}": they are the same directory`);
  }
  if (from === undefined || to === undefined) return;
  if (from === to) {
    throw new BlitError("refused", `Cannot ${verb} "${source}" to "${target}": they are the same directory`);
  }
  if (verb === "verify") return;
  if (isInside(to, from)) {
    throw new BlitError("refused", `Cannot ${verb} "${source}" to "${target}": the destination is inside the source`);
  }
  if (isInside(from, to)) {
    throw new BlitError("refused", `Cannot ${verb} "${source}" to "${target}": the source is inside the destination`);
  }
}

function isSameEntry(a: Deno.FileInfo | undefined, b: Deno.FileInfo | undefined): boolean {
  return a !== undefined && b !== undefined && a.ino !== null && a.ino === b.ino && a.dev === b.dev;
}

function isInside(inner: string, outer: string): boolean {
  return inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

const isWindows = Deno.build.os === "windows";
const separator = isWindows ? "\\" : "/";
const slashes = isWindows ? /[\\/]+$/ : /\/+$/;

/** Whether a path ends in a slash or in `.` or `..`: it names what is inside. */
function namesContents(path: string): boolean {
  return slashes.test(path) || /(^|[\\/])\.{1,2}$/.test(isWindows ? path : path.replaceAll("\\", "_"));
}

/** The last component of a path as typed. */
export function baseName(path: string): string {
  const trimmed = path.replace(slashes, "");
  const start = Math.max(trimmed.lastIndexOf("/"), isWindows ? trimmed.lastIndexOf("\\") : -1);
  return trimmed.slice(start + 1);
}

/** The directory that holds a path as typed. */
export function parentOf(path: string): string {
  const trimmed = path.replace(slashes, "");
  const end = Math.max(trimmed.lastIndexOf("/"), isWindows ? trimmed.lastIndexOf("\\") : -1);
  if (end < 0) return ".";
  return end === 0 ? "/" : trimmed.slice(0, end);
}

function joinPath(directory: string, name: string): string {
  return slashes.test(directory) ? directory + name : directory + separator + name;
}

/** The real path of something, or of its nearest existing parent with the rest put behind; `undefined` without permission. */
function realPath(path: string): string | undefined {
  const missing: string[] = [];
  for (let current = path.replace(slashes, "") || "/";;) {
    try {
      const real = Deno.realPathSync(current);
      return missing.length === 0 ? real : joinPath(real, missing.reverse().join(separator));
    } catch (error) {
      if (!isNotFound(error)) return undefined;
    }
    const parent = parentOf(current);
    if (parent === current) return undefined;
    missing.push(baseName(current));
    current = parent;
  }
}

function statRoot(verb: Verb, path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw portableError(error, verb, path);
  }
}

function lstatRoot(verb: Verb, path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    throw portableError(error, verb, path);
  }
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw portableError(error, "use", path);
  }
}

function lstatIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw portableError(error, "use", path);
  }
}
