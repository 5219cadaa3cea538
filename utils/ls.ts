/**
 * `ls`: what is in a directory, here or on a server, as it is read.
 *
 * @module
 */

import { displayName } from "../core/paths/bytes.ts";
import { listAsRead, type Listed, type ListTarget, sortListed } from "./list.ts";
import { explainWord, type Target } from "./target.ts";

/** Up to so many entries are sorted: few enough to be there in a moment, and more are not read by people. */
const MOST_SORTED = 10_000;

/**
 * Lists a target: modules of a server, entries of a directory, anything else as itself.
 *
 * @throws {BlitError} whatever keeps the target itself from being listed
 */
export async function* ls(target: Target): AsyncGenerator<Listed> {
  let kept: Listed[] | undefined = [];
  try {
    for await (const listed of listAsRead(toListTarget(target))) {
      if (kept === undefined || listed.kind === "module") yield listed;
      else if (kept.push(listed) > MOST_SORTED) {
        yield* kept;
        kept = undefined;
      }
    }
  } catch (error) {
    throw explainWord(error, target);
  }
  yield* sortListed(kept ?? []);
}

function toListTarget(target: Target): ListTarget {
  if (target.kind !== "remote") return target;
  const { server, place: { module, path }, trailingSlash } = target;
  return {
    kind: "remote",
    endpoint: { kind: "remote", ...server, module, path: path.map(displayName).join("/"), trailingSlash },
  };
}
