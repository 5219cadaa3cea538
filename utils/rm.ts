/**
 * `rm`: removes an entry of a module with everything below it.
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import type { Removed } from "../core/scan/remote/ask.ts";
import { connectTo, loadAsk, type RemoteTarget, type Target } from "./target.ts";

/** Options of {@linkcode remove}. */
export interface RemoveOptions {
  /** Count and name, remove nothing. */
  readonly dryRun: boolean;
  /** Name every entry. */
  readonly entries: boolean;
  /** Stops; what is gone by then stays gone. */
  readonly signal?: AbortSignal;
}

/**
 * Refuses what cannot be removed: what is here, and what is no place in a module.
 *
 * @throws {BlitError} "usage", and "refused" for a module itself
 */
export function requireRemovable(target: Target, text: string): RemoteTarget {
  if (target.kind === "local") {
    throw new BlitError("usage", `Cannot remove "${text}": it is a local path`, {
      hint: "This verb is for servers, server:/module/path, so that a mistyped server never removes something here",
    });
  }
  if (target.kind === "remote" && target.place.path.length > 0) return target;
  const what = target.kind === "server" ? "it is a server" : "it is the root of a module";
  throw new BlitError("refused", `Cannot remove "${text}": ${what}`, {
    hint: "Name what is in it, server:/module/path",
  });
}

/** Removes; tells what has gone as it goes. */
export async function* remove(target: RemoteTarget, options: RemoveOptions): AsyncGenerator<Removed> {
  const { signal } = options;
  using client = await connectTo(target, signal === undefined ? {} : { signal });
  const { removeRemote } = await loadAsk();
  yield* removeRemote(client, target.place, { ...options, directoryOnly: target.trailingSlash });
}
