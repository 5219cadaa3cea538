/**
 * The directories that a daemon exports, and the way into them.
 *
 * A module is a wall: whatever a peer asks for is opened from the module's root, component by component, without ever
 * following a symbolic link. The native file system leaves no moment in which a link could be put in the way; for the
 * portable one `core/fs/contained/` has what stands in for that.
 *
 * @module
 */

import type { ModuleConfig } from "../core/config/daemon_config.ts";
import { BlitError, toBlitError } from "../core/errors.ts";
import { fsError } from "../core/fs/failures.ts";
import { ContainedDirectory } from "../core/fs/contained/directory.ts";
import { openContained } from "../core/fs/contained/mod.ts";
import type { Directory, FileSystem } from "../core/fs/types.ts";
import { asByteString, type ByteString, cleanText, displayName } from "../core/paths/bytes.ts";
import { receivePath } from "../core/paths/receive_path.ts";

/** A place in a module as a peer names it. */
export interface ReceivedLocation {
  readonly module: string;
  readonly path: readonly Uint8Array[];
}

/** A place whose module exists and whose names are names. */
export interface Place {
  readonly module: ModuleConfig;
  readonly path: readonly ByteString[];
  /** As its user writes it behind the server's name. */
  readonly shown: string;
}

/** How a thread of a daemon gets at modules. */
export interface ModuleAccess {
  readonly fileSystem: FileSystem;
  /** From `createModuleLock`, one for all threads. */
  readonly lock: SharedArrayBuffer;
  /** How long a call on a directory may block the thread while names above it change, in milliseconds. Portable only. */
  readonly longestWaitMs: number;
}

/** The modules of a daemon; a reload replaces them all at once. */
export class Exports {
  readonly #access: ModuleAccess;
  #modules: ReadonlyMap<string, ModuleConfig> = new Map();

  /** Exports these modules, whose paths exist and are canonical. */
  constructor(access: ModuleAccess, modules: readonly ModuleConfig[]) {
    this.#access = access;
    this.replace(modules);
  }

  get fileSystem(): FileSystem {
    return this.#access.fileSystem;
  }

  /** All modules, sorted by name; the default root, which has none, is first. */
  get modules(): ModuleConfig[] {
    return [...this.#modules.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Exports other modules from now on; what is open stays open. */
  replace(modules: readonly ModuleConfig[]): void {
    this.#modules = new Map(modules.map((module) => [module.name, module]));
  }

  /**
   * Checks what a peer has named.
   *
   * @throws {BlitError} "not-found" for the module, "invalid-name" for the path.
   */
  locate(location: ReceivedLocation | undefined): Place {
    const name = location?.module ?? "";
    const module = this.#modules.get(name);
    if (module === undefined) throw noModule(name);
    const path = receivePath(location?.path ?? [], Deno.build.os === "windows" ? "windows" : "unix");
    return { module, path, shown: showPlace(module.name, path) };
  }

  /** What people call a module, as the beginning of a path. */
  showModule({ name }: ModuleConfig): string {
    return `/${name}`;
  }

  /** Opens the directory that a module exports. */
  openModule(module: ModuleConfig, longestWaitMs = this.#access.longestWaitMs): Directory {
    const { fileSystem, lock } = this.#access;
    const shown = this.showModule(module);
    if (fileSystem.name === "native") return fileSystem.openRoot(module.path, shown); // its handles cannot be swapped
    return openContained(module.path, { shown, lock, longestWaitMs });
  }

  /**
   * Opens a directory of a module. Close it with `using`.
   *
   * @param action what for, with a verb first; part of the error's text
   */
  open({ module, path, shown }: Place, action: string): Directory {
    return withShownPath(action, shown, () => {
      using root = this.openModule(module);
      return root.openDirectory(asByteString(path.join("/")));
    });
  }

  /**
   * {@linkcode open} for looks that never block the thread while names above the directory change: they fail with "changed"
   * instead, to be made again a little later. What is there is told by the first of them.
   */
  openUnproven({ module, path, shown }: Place, action: string): Directory {
    return withShownPath(action, shown, () => {
      using root = this.openModule(module, 0);
      const below = asByteString(path.join("/"));
      return root instanceof ContainedDirectory ? root.expectDirectory(below) : root.openDirectory(below);
    });
  }
}

/** Whether something was swapped while it was looked at. */
export function isChanged(error: unknown): boolean {
  return error instanceof BlitError && error.code === "changed";
}

/** Runs calls of the file system; their errors name the place as its user writes it, not where it is on this disk. */
export function withShownPath<T>(action: string, shown: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw asShown(thrown, action, shown);
  }
}

function asShown(thrown: unknown, action: string, shown: string): unknown {
  const error = toBlitError(thrown);
  if (error.code === "internal") return thrown;
  const reason = error.code === "loop"
    ? { reason: "a symbolic link is on the way" }
    : error.code === "changed"
    ? { reason: "the directories above it change all the time" }
    : {};
  return fsError(error.code, action, shown, error, reason);
}

/** `/module/path`, or `//path` below the default root. */
function showPlace(module: string, path: readonly ByteString[]): string {
  return `/${module}/${path.map(displayName).join("/")}`;
}

function noModule(name: string): BlitError {
  const hint = "Ask for the modules of the server, they have names like the ones in server:/module/path";
  if (name !== "") {
    return new BlitError("not-found", `Cannot open module "${cleanText(name)}": no such module`, { hint });
  }
  return new BlitError("not-found", "Cannot open the default root: this server exports modules only", { hint });
}
