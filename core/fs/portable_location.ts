/**
 * Where a portable directory is: the path that Deno is given, the path that people are told, and calls on entries in it.
 *
 * @module
 */

import type { BlitError, ErrorCode } from "../errors.ts";
import { asByteString, type ByteString, displayPath } from "../paths/bytes.ts";
import { fsError } from "./failures.ts";
import { portableError } from "./portable_errors.ts";
import { spellName, whyUnspelled } from "./portable_names.ts";

/** Elsewhere than on Windows a backslash is a character of a name. */
const endsInSeparator = Deno.build.os === "windows" ? /[/\\]$/ : /\/$/;

/** An entry that was looked at. */
export interface FoundEntry {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** A directory's path, and what turns names in it into paths and failures into errors. */
export class Location {
  readonly path: string;
  /** What people are told. */
  readonly shown: string;
  readonly #prefix: string;

  /** Both paths belong to the same directory. */
  constructor(path: string, shown: string) {
    this.path = path;
    this.shown = shown;
    this.#prefix = endsInSeparator.test(path) ? path : `${path}/`;
  }

  /** A path below for people; without a name, this directory's own. */
  display(name: ByteString | undefined): string {
    return name === undefined ? this.shown : displayPath(this.shown, name);
  }

  /** The path of an entry; a name that cannot be spelled is an error. */
  spell(action: string, name: ByteString): string {
    const text = spellName(name);
    if (text === undefined) throw this.#unspelled(action, name, name);
    return this.#prefix + text;
  }

  /** The path of an entry by the name that Deno itself told. */
  join(text: string): string {
    return this.#prefix + text;
  }

  /** Runs a call and turns its failure into an error with this path. */
  attempt<T>(action: string, name: ByteString | undefined, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw portableError(error, action, this.display(name));
    }
  }

  /** Looks at an entry that must exist, without following a symbolic link. */
  find(action: string, name: ByteString): FoundEntry {
    const path = this.spell(action, name);
    return { path, info: this.attempt(action, name, () => Deno.lstatSync(path)) };
  }

  /** The location of a directory below, reached without a symbolic link on the way; the empty path is this one. */
  descend(path: ByteString): Location {
    const action = "open directory";
    if (path === "") return this;
    const reached = this.spellWay(action, path);
    for (const each of reached) {
      const info = this.attempt(action, path, () => Deno.lstatSync(each));
      if (!info.isDirectory) throw this.wrongKind(info, "not-directory", action, path);
    }
    return new Location(reached.at(-1)!, this.display(path));
  }

  /** The path of every directory on the way to one below, from the first below this one to the last. */
  spellWay(action: string, path: ByteString): string[] {
    let reached = "";
    return path.split("/").map((component) => {
      const name = spellName(asByteString(component));
      if (name === undefined) throw this.#unspelled(action, path, asByteString(component));
      return reached = reached === "" ? this.join(name) : `${reached}/${name}`;
    });
  }

  /** Looks at an entry that must be a regular file: opening a FIFO would block, opening a device can do things. */
  findFile(action: string, name: ByteString): FoundEntry {
    const found = this.find(action, name);
    if (!found.info.isFile) throw this.wrongKind(found.info, "unsupported", action, name);
    return found;
  }

  /** The error for an entry of another kind than the action needs. */
  wrongKind(info: Deno.FileInfo, otherwise: ErrorCode, action: string, name: ByteString): BlitError {
    const shown = this.display(name);
    if (info.isSymlink) return fsError("loop", action, shown, undefined, { reason: "it is a symbolic link" });
    if (info.isDirectory) return fsError("is-directory", action, shown);
    const options = otherwise === "unsupported" ? { reason: "it is not a regular file" } : {};
    return fsError(otherwise, action, shown, undefined, options);
  }

  #unspelled(action: string, path: ByteString, name: ByteString): BlitError {
    return fsError("invalid-name", action, this.display(path), undefined, { reason: whyUnspelled(name) });
  }
}
