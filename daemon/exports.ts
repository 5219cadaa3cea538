/**
 * The directories that a daemon exports, and the way into them.
 *
 * A module is a wall: whatever a peer asks for is opened from the module's root, component by component, without ever
 * following a symbolic link. The native file system leaves no moment in which a link could be put in the way; with the
 * portable one {@linkcode Opened.verify} looks afterwards whether the directory still is where it was.
 *
 * @module
 */

import type { ModuleConfig } from "../core/config/daemon_config.ts";
import { BlitError, toBlitError } from "../core/errors.ts";
import { fsError } from "../core/fs/failures.ts";
import type { Directory, FileSystem } from "../core/fs/types.ts";
import { asByteString, type ByteString, cleanText, displayName } from "../core/paths/bytes.ts";
import { receivePath } from "../core/paths/receive_path.ts";
import { guardPath } from "./portable_guard.ts";

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

/** An open directory of a module. Close it with `using`. */
export interface Opened extends Disposable {
  readonly directory: Directory;
  /** Throws "changed" where the directory has been replaced by something outside. Before anything read is sent. */
  verify(): void;
}

/** The modules of a daemon; a reload replaces them all at once. */
export class Exports {
  readonly #fileSystem: FileSystem;
  get fileSystem(): FileSystem {
    return this.#fileSystem;
  }

  #modules: ReadonlyMap<string, ModuleConfig> = new Map();

  /** Exports these modules, whose paths exist and are canonical. */
  constructor(fileSystem: FileSystem, modules: readonly ModuleConfig[]) {
    this.#fileSystem = fileSystem;
    this.replace(modules);
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

  /**
   * Opens a directory of a module.
   *
   * @param action what for, with a verb first; part of the error's text
   */
  open(place: Place, action: string): Opened {
    const { module, path, shown } = place;
    const verify = this.#fileSystem.name === "native"
      ? () => {} // its handles cannot be swapped
      : guardPath({ root: module.path, names: path.map(displayName) }, action, shown);
    return withShownPath(action, shown, () => {
      using root = this.#fileSystem.openRoot(module.path);
      const directory = root.openDirectory(asByteString(path.join("/")));
      return { directory, verify, [Symbol.dispose]: () => directory.close() };
    });
  }
}

/** Runs calls of the file system; their errors name the place as its user writes it, not where it is on this disk. */
export function withShownPath<T>(action: string, shown: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const error = toBlitError(thrown);
    if (error.code === "internal") throw thrown;
    const reason = error.code === "loop" ? { reason: "a symbolic link is on the way" } : {};
    throw fsError(error.code, action, shown, error, reason);
  }
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
