/**
 * The trailing-slash rule within a module of a daemon: everything is looked up beneath the module, and a symbolic link is
 * followed nowhere.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Verb } from "../../events.ts";
import { fsError } from "../../fs/failures.ts";
import type { Directory, EntryKind, FileSystem } from "../../fs/types.ts";
import { asByteString, type ByteString, displayPath, encodeText, joinBytes } from "../../paths/bytes.ts";
import type { ModulePlace } from "../threads/job.ts";
import { openModule } from "../threads/open_destination.ts";
import { holderOf, type RemoteRoot, type ResolvedRoots } from "./resolve.ts";

/** After so many links a path leads nowhere, as with the system itself. */
const MOST_LINKS = 40;

/** A place in a module as a peer has named it; its components have been checked. */
export interface NamedPlace {
  /** The directory that the module exports. */
  readonly root: string;
  /** What people call the module, such as `/media`. */
  readonly shownRoot: string;
  readonly path: readonly ByteString[];
  /** Typed with a slash at its end: into it. */
  readonly trailingSlash: boolean;
  /** Owners, set-id bits and device nodes are taken from the client. */
  readonly isTrusted: boolean;
  /** Opens the root where its path alone is no wall. @default by path */
  readonly openRoot?: (() => Directory) | undefined;
}

/** The roots of a transfer into a module. */
export interface RootsInModule extends ResolvedRoots {
  readonly module: ModulePlace;
}

/**
 * Applies the rule.
 *
 * @throws {BlitError} "not-directory", "refused" where a symbolic link is in the way, and whatever opening a directory throws
 */
export function resolveBeneath(
  verb: Verb,
  source: RemoteRoot,
  place: NamedPlace,
  fileSystem: FileSystem,
): RootsInModule {
  using root = openModule(fileSystem, place);
  const look = new ModuleLook(verb, root, place);
  const path = asByteString(place.path.join("/"));
  return source.isDirectory ? look.resolveDirectory(source, path) : look.resolveSingle(source, path);
}

/** Looks at what is in a module. */
class ModuleLook {
  constructor(readonly verb: Verb, readonly root: Directory, readonly place: NamedPlace) {}

  resolveDirectory({ label, name, contentsOnly }: RemoteRoot, path: ByteString): RootsInModule {
    const existing = this.kindAt(path);
    const what = `the directory "${label}"`;
    this.#requireDirectory(existing, what, path);
    const isContainer = !contentsOnly && (existing !== undefined || this.place.trailingSlash);
    let target = isContainer ? joinBytes(path, encodeText(name)) : path;
    let found = isContainer ? this.kindAt(target) : existing;
    // A copy that became the place itself is found again under the same arguments.
    if (this.verb === "verify" && isContainer && found === undefined && existing !== undefined) {
      target = path;
      found = existing;
    }
    this.#requireDirectory(found, what, target);
    return this.#roots(label, target, { destinationExists: found !== undefined, target, includesRoot: !contentsOnly });
  }

  resolveSingle({ label, name }: RemoteRoot, path: ByteString): RootsInModule {
    const existing = this.kindAt(path);
    const isContainer = existing === "directory" || this.place.trailingSlash || path === "";
    if (existing !== undefined && existing !== "directory" && this.place.trailingSlash) {
      throw fsError("not-directory", `${this.verb} "${label}" into`, this.show(path));
    }
    // On one machine it would go into that directory; here the link would be gone, and nobody has said that it may be.
    if (existing === "symlink" && this.verb !== "verify" && this.#mayLeadToDirectory(path)) {
      this.#requireDirectory(existing, `"${label}"`, path);
    }
    const slash = path.lastIndexOf("/");
    const directory = isContainer ? path : asByteString(path.slice(0, Math.max(0, slash)));
    const destinationName = isContainer ? encodeText(name) : asByteString(path.slice(slash + 1));
    const target = joinBytes(directory, destinationName);
    const holder = this.kindAt(directory);
    this.#requireDirectory(holder, `"${label}"`, directory);
    const replaces = holder !== undefined && this.kindAt(target) !== undefined;
    return this.#roots(holderOf(label, name), directory, {
      destinationExists: holder !== undefined,
      single: { source: encodeText(name), destination: destinationName, replaces },
      target,
      includesRoot: true,
    });
  }

  /** What is at a path; `undefined` where nothing is, or a directory on the way is missing. */
  kindAt(path: ByteString): EntryKind | undefined {
    if (path === "") return "directory";
    const slash = path.lastIndexOf("/");
    try {
      using parent = this.root.openDirectory(asByteString(path.slice(0, Math.max(0, slash))));
      return parent.statEntry(asByteString(path.slice(slash + 1)))?.kind;
    } catch (error) {
      const code = error instanceof BlitError ? error.code : undefined;
      if (code === "not-found") return undefined;
      if (code !== "loop") throw error;
      throw fsError("loop", `${this.verb} to`, this.show(path), error, { reason: "a symbolic link is on the way" });
    }
  }

  /** Whether a link leads to a directory; taken for granted where it leads out of the module, into which nobody looks. */
  #mayLeadToDirectory(path: ByteString): boolean {
    const rest = path.split("/");
    const reached: string[] = [];
    for (let links = 0; rest.length > 0;) {
      const name = rest.shift()!;
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (reached.pop() === undefined) return true;
        continue;
      }
      const here = asByteString([...reached, name].join("/"));
      const kind = this.kindAt(here);
      if (kind === "symlink") {
        const target = this.#readLink(here);
        if (/^\/|\\/.test(target)) return true; // a backslash separates on Windows
        if (++links > MOST_LINKS) return false;
        rest.unshift(...target.split("/"));
      } else if (kind === "directory") reached.push(name);
      else return false;
    }
    return true;
  }

  #readLink(path: ByteString): ByteString {
    const slash = path.lastIndexOf("/");
    using parent = this.root.openDirectory(asByteString(path.slice(0, Math.max(0, slash))));
    return parent.readLink(asByteString(path.slice(slash + 1)));
  }

  show(path: ByteString): string {
    return displayPath(this.place.shownRoot, path);
  }

  #requireDirectory(kind: EntryKind | undefined, what: string, path: ByteString): void {
    if (kind === undefined || kind === "directory") return;
    const reason = kind === "symlink" ? "the destination is a symbolic link" : "the destination is a file";
    throw fsError("not-directory", `${this.verb} ${what} to`, this.show(path), undefined, { reason });
  }

  #roots(
    label: string,
    directory: ByteString,
    rest: Omit<ResolvedRoots, "source" | "shownSource" | "destination" | "target"> & { target: ByteString },
  ): RootsInModule {
    const { root, shownRoot, openRoot } = this.place;
    return {
      ...rest,
      source: undefined,
      shownSource: label,
      destination: this.show(directory),
      target: this.show(rest.target),
      module: { root, shownRoot, beneath: directory, openRoot },
    };
  }
}

/**
 * Creates the receiving directory with its parents. Returns whether it was created here.
 *
 * @param mode of the directory itself
 */
export function createBeneath(
  fileSystem: FileSystem,
  module: ModulePlace,
  mode: number,
): boolean {
  let current = openModule(fileSystem, module);
  let created = false;
  try {
    const parts = module.beneath === "" ? [] : module.beneath.split("/");
    for (const [i, part] of parts.entries()) {
      const name = asByteString(part);
      created = createMissing(current, name, i === parts.length - 1 ? mode : 0o777);
      using parent = current;
      current = parent.openDirectory(name);
    }
    return created;
  } finally {
    current.close();
  }
}

function createMissing(parent: Directory, name: ByteString, mode: number): boolean {
  if (parent.statEntry(name) !== undefined) return false;
  try {
    parent.createDirectory(name, mode);
    return true;
  } catch (error) {
    if (error instanceof BlitError && error.code === "exists") return false; // somebody else was faster
    throw error;
  }
}
