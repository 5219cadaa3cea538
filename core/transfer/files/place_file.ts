/**
 * The last steps of a file, whichever way its content came: put in place, counted, reported.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import type { Directory, SinkFile } from "../../fs/types.ts";
import { type ByteString, displayName, displayPath } from "../../paths/bytes.ts";
import type { Engine } from "../threads/engine.ts";
import type { Entry } from "../entries/entry.ts";
import { nameCollision } from "../entries/name_collision.ts";
import type { DirectoryPair } from "../directories/pair.ts";

/** Tries for one file: a source that changed while it was copied is copied once more. */
export const COPY_ATTEMPTS = 2;

/** Counts and reports a file that is in place. */
export function countCopied(engine: Engine, pair: DirectoryPair, entry: Entry, bytes: number): void {
  engine.outbox.counters.filesCopied++;
  engine.outbox.counters.bytesCopied += bytes;
  const action = entry.destination === undefined ? "create" : "replace";
  engine.outbox.entry(action, "file", () => pair.pathOf(entry.name), bytes);
}

/** The error for a source that was not the same before and after. */
export function sourceChanged(engine: Engine, path: ByteString): BlitError {
  const readable = displayPath(engine.job.shownSource, path);
  return new BlitError("changed", `Cannot copy "${readable}": it changed while it was read`, { path: readable });
}

/** Puts a complete temporary file in its place. Where nothing was, nothing may be replaced. */
export function putInPlace(
  pair: DirectoryPair,
  directory: Directory,
  temporary: ByteString,
  name: ByteString,
  replaces: boolean,
): void {
  try {
    if (replaces) return directory.rename(temporary, name);
    directory.moveHere(directory, temporary, name);
  } catch (error) {
    if (error instanceof BlitError && error.code === "exists") throw nameCollision(pair, name);
    throw goneIsChanged(error);
  }
}

/**
 * The error for a temporary file that cannot be renamed. It is gone where a concurrent run took it for a remnant, after it was
 * closed or before it was locked: written once more, it will be there, so whoever has another try left for a source that changed
 * uses it for this as well.
 */
export function goneIsChanged(error: unknown): unknown {
  if (!(error instanceof BlitError) || error.code !== "not-found") return error;
  return new BlitError("changed", error.message, { cause: error });
}

/** People know the file by its name, not by the temporary one. */
export function withFinalName(thrown: unknown, temporary: ByteString, name: ByteString): BlitError {
  const { code, message, hint } = toBlitError(thrown);
  const options = { cause: thrown, ...(hint === undefined ? {} : { hint }) };
  return new BlitError(code, message.replace(temporary, displayName(name)), options);
}

/** Writers of less are closed at once: on some file systems closing sends what is cached to another machine. */
const SLOW_CLOSE_BYTES = 16 * 1024 * 1024;

/** Closes a file that has been written; on some file systems only this says that a write failed. */
export function closeWritten(engine: Engine, sink: SinkFile, sizeBytes: number): void {
  if (sizeBytes < SLOW_CLOSE_BYTES) sink.close();
  else engine.inSlowCall(() => sink.close());
}
