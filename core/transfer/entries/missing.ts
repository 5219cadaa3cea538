/**
 * Names that should be in the source and are not.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type ByteString, displayPath } from "../../paths/bytes.ts";
import type { DirectoryPair } from "../directories/pair.ts";

/** Reports an entry that is not there: it vanished since it was listed, or a list names it and what is below it. */
export function reportMissing(pair: DirectoryPair, name: ByteString): void {
  const { engine } = pair;
  const path = pair.pathOf(name);
  const listed = engine.filter.listedBelow(path);
  for (const missing of listed.length > 0 ? listed : [path]) {
    const shown = displayPath(engine.job.shownSource, missing);
    const message = `Cannot ${engine.job.verb} "${shown}": no such file or directory`;
    engine.outbox.failure(missing, new BlitError("not-found", message, { path: shown }));
  }
}
