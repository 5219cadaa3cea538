/**
 * `df`: how full file systems are, here or those of the modules of a server.
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import { chooseFileSystem, type FileSystemFacts } from "../core/fs/mod.ts";
import { portableError } from "../core/fs/portable_errors.ts";
import { connectTo, loadAsk, showPlace, type Target } from "./target.ts";

/** A file system. */
export interface FileSystemState {
  /** As its user writes it. */
  readonly place: string;
  /** What is known of it, or why nothing is. */
  readonly facts: Omit<FileSystemFacts, "mayHang"> | BlitError;
}

/**
 * The file systems of a target, each as soon as it is known.
 *
 * @throws {BlitError} "usage" for a path in a module: modules are what it is about
 */
export async function* fileSystems(target: Target): AsyncGenerator<FileSystemState> {
  if (target.kind === "local") return yield { place: target.path, facts: factsHere(target.path) };
  if (target.kind === "remote" && target.place.path.length > 0) {
    throw new BlitError("usage", `Cannot use df with "${target.shown}": it is about modules as a whole`, {
      hint: "Leave out the path behind the module",
    });
  }
  using client = await connectTo(target);
  const { fileSystemsRemote } = await loadAsk();
  const modules = target.kind === "remote" ? [target.place.module ?? ""] : [];
  for await (const { module, facts } of fileSystemsRemote(client, modules)) {
    yield { place: target.kind === "remote" ? target.shown : showPlace(target.typed, module), facts };
  }
}

function factsHere(path: string): FileSystemFacts {
  try {
    Deno.statSync(path);
  } catch (error) {
    throw portableError(error, "inspect", path);
  }
  const facts = chooseFileSystem().factsOf(path);
  if (facts !== undefined) return facts;
  throw new BlitError("unsupported", `Cannot tell how full the file system of "${path}" is`, {
    hint: "The platform or the permissions do not say",
  });
}
