/**
 * A whole tree, one directory after the other.
 *
 * ```text
 * enter  a directory is open
 * batch  about a thousand of its names, with what they are
 * leave  everything below it is done
 * ```
 *
 * One directory is open at a time, so that a deep tree needs no more handles than a flat one. Each is opened from the root
 * again, and no symbolic link is followed on the way. Kept in memory: the names of directories that are still to come, which
 * are at most those of the widest directory on each level.
 *
 * @module
 */

import { type BlitError, toBlitError } from "../errors.ts";
import { fsError } from "../fs/failures.ts";
import type { Directory, EntryKind } from "../fs/types.ts";
import { asByteString, type ByteString, displayPath, joinBytes } from "../paths/bytes.ts";

/** What a walk begins with. */
export interface WalkRoot {
  readonly directory: Directory;
  /** What people are told; see {@linkcode displayPath}. */
  readonly shown: string;
}

/** Options of {@linkcode walk}. */
export interface WalkOptions {
  /** How many levels of directories are entered; 1 is the root alone. @default {all} */
  readonly levels?: number;
}

/** An entry that could not be looked at, or a directory that could not be read. */
export interface WalkFailure {
  /** Below the root; empty for the root itself. */
  readonly path: ByteString;
  readonly error: BlitError;
}

/** One step of a walk; `depth` is 0 for the root. */
export type WalkStep =
  | { readonly type: "enter"; readonly path: ByteString; readonly depth: number; readonly directory: Directory }
  | WalkBatch
  | { readonly type: "leave"; readonly path: ByteString; readonly depth: number }
  | ({ readonly type: "failure" } & WalkFailure);

/** Names of one directory. */
export interface WalkBatch {
  readonly type: "batch";
  readonly path: ByteString;
  readonly depth: number;
  /** Valid until the next step. */
  readonly directory: Directory;
  readonly names: readonly ByteString[];
  readonly kinds: readonly EntryKind[];
}

interface Frame {
  readonly path: ByteString;
  /** Those still to come, the next one last. */
  readonly subdirectories: ByteString[];
}

/**
 * Walks a tree, depth first. The root's own failure is thrown; all others are steps.
 *
 * @throws {BlitError} where the root cannot be read
 */
export function* walk(root: WalkRoot, { levels = Infinity }: WalkOptions = {}): Generator<WalkStep> {
  const stack: Frame[] = [];
  let next: ByteString | undefined = asByteString("");
  while (next !== undefined) {
    const depth = stack.length;
    const subdirectories: ByteString[] = [];
    let entered = false;
    try {
      for (
        const step of readDirectory(root, next, { depth, subdirectories: depth + 1 < levels ? subdirectories : [] })
      ) {
        entered = true;
        yield step;
      }
    } catch (thrown) {
      if (depth === 0) throw thrown;
      yield { type: "failure", path: next, error: toBlitError(thrown) };
      subdirectories.length = 0;
    }
    if (entered) stack.push({ path: next, subdirectories: subdirectories.reverse() });
    next = undefined;
    while (next === undefined && stack.length > 0) {
      const { path, subdirectories: rest } = stack.at(-1)!;
      const name = rest.pop();
      if (name !== undefined) next = joinBytes(path, name);
      else {
        stack.pop();
        yield { type: "leave", path, depth: stack.length };
      }
    }
  }
}

function* readDirectory(
  root: WalkRoot,
  path: ByteString,
  { depth, subdirectories }: { depth: number; subdirectories: ByteString[] },
): Generator<WalkStep> {
  using directory = root.directory.openDirectory(path);
  yield { type: "enter", path, depth, directory };
  for (const { names, kinds: told, damaged } of directory.listKinds()) {
    const kinds = told.includes("unknown") ? resolveKinds(directory, names, told) : told;
    yield { type: "batch", path, depth, directory, names, kinds };
    kinds.forEach((kind, i) => kind === "directory" && subdirectories.push(names[i]));
    for (const name of damaged) yield damagedName(root, path, name);
  }
}

/** Some file systems do not tell kinds in listings. */
function resolveKinds(directory: Directory, names: readonly ByteString[], told: readonly EntryKind[]): EntryKind[] {
  return told.map((kind, i) => {
    if (kind !== "unknown") return kind;
    try {
      return directory.statEntry(names[i])?.kind ?? "unknown";
    } catch {
      return "unknown"; // whoever wants to know more about it is told why not
    }
  });
}

function damagedName(root: WalkRoot, path: ByteString, name: string): WalkStep {
  const reason = "the name is not UTF-8, which needs the native file system";
  const shown = `${displayPath(root.shown, path).replace(/\/$/, "")}/${name}`;
  return { type: "failure", path, error: fsError("invalid-name", "inspect", shown, undefined, { reason }) };
}
